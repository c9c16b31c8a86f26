"""Somebody is erased: what the law has kept stays until its day, of everything else not a word is left anywhere."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from audit import chain
from audit.models import AuditEntry, AuditRedaction
from identity.models import User
from kernel.errors import DomainError
from modules.billing.models import Invoice
from modules.billing.services import draft_invoice_for_visit, issue_invoice
from modules.crm.models import Client, Erasure, Note, Patient
from modules.crm.services import (
    PatientDetails,
    register_patient,
    take_into_care,
)
from modules.crm.services.erasing import (
    CannotErase,
    ErasedOtherwise,
    carry_out,
    due_erasures,
    erase_person,
    people_of_client,
    people_with,
)
from modules.crm.services.erasing.closing import plan_here
from modules.scheduling.models import Appointment, WaitingEntry
from modules.scheduling.services import Wish, book_appointment
from notify.models import Message
from tenancy import TenantRef, use_owner
from tests.erasing.doing import DAY, WORDS, YEAR, begun, erased, left_of, sums
from tests.every_kind import leave_rows


def test_where_nothing_hangs_on_somebody_they_are_gone(
    quirina: Patient, ana: User, now: datetime, clinic: TenantRef
) -> None:
    erasure = erased(quirina, by=ana, at=now + DAY)

    assert left_of(WORDS, clinic) == []
    assert not Patient.with_merged.filter(pk=quirina.pk).exists()
    assert not Client.with_merged.filter(pk=quirina.client_id).exists()
    assert (erasure.next_on, erasure.kept(), erasure.by_name) == (None, [], "Ana")


def test_what_law_has_kept_stays_and_the_rest_is_gone(
    treated: Patient, visit: Appointment, ana: User, now: datetime, clinic: TenantRef
) -> None:
    erasure = erased(treated, by=ana, at=now + DAY)

    record = Patient.with_merged.get(pk=treated.pk)
    client = Client.with_merged.get(pk=treated.client_id)
    kept = {line["key"]: line["until"] for line in erasure.kept()}
    assert (record.name, client.email, client.phone, client.street) == ("Quirina Zwickel", "", "", "")
    assert Note.objects.get(patient=treated.pk).plan == "Rest."
    assert Invoice.objects.get().client_name == "Quirina Zwickel"
    assert (kept["crm.Note:clinical"], kept["billing.Invoice:money"]) == ("2039-03-03", "2037-12-31")
    assert not Message.objects.filter(person_id=treated.pk).exists()
    assert left_of(("q@zwickel", "7700900555", "Zwickelgasse 3, "), clinic) == []
    assert not Patient.objects.filter(pk=treated.pk).exists()


def test_when_the_last_term_is_over_not_a_word_is_left_and_the_books_are_what_they_were(
    treated: Patient, ana: User, now: datetime, clinic: TenantRef
) -> None:
    books = sums()
    erasure = erased(treated, by=ana, at=now + DAY)

    for years in (7, 12):
        at = now + years * YEAR
        assert due_erasures(at=at) == [erasure.pk]
        carry_out(erasure_id=erasure.pk, at=at)

    done = Erasure.objects.get()
    assert left_of(WORDS, clinic) == []
    assert sums() == books
    assert (done.next_on, done.kept(), done.files) == (None, [], [])
    assert due_erasures(at=now + 13 * YEAR) == []
    assert Patient.with_merged.get(pk=treated.pk).name == "Erased"


def test_the_log_forgets_values_and_its_chain_holds(
    treated: Patient, ana: User, rita: User, now: datetime, clinic: TenantRef
) -> None:
    chain.chain_up()
    before = AuditEntry.objects.count()
    erased(treated, by=ana, at=now + DAY)
    chain.chain_up()

    verdict = chain.verify()
    registered = AuditEntry.objects.get(action="crm.patient.registered", subject_id=treated.pk)
    assert verdict.findings == []
    assert (registered.changes, registered.origin, registered.user_label) == ({}, None, "Rita")
    assert AuditEntry.objects.count() > before
    assert AuditRedaction.objects.exists()


def test_who_changes_an_entry_that_was_emptied_is_found(
    treated: Patient, ana: User, now: datetime, clinic: TenantRef
) -> None:
    chain.chain_up()
    erased(treated, by=ana, at=now + DAY)
    chain.chain_up()
    with use_owner(clinic.schema_name), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE audit_auditentry DISABLE TRIGGER USER")
        cursor.execute("UPDATE audit_auditentry SET user_label = 'Cai' WHERE action = 'crm.patient.registered'")
        cursor.execute("ALTER TABLE audit_auditentry ENABLE TRIGGER USER")

    assert [each.what for each in chain.verify().findings] == ["an entry was changed"]


def test_whoever_was_erased_is_found_and_booked_no_more(
    treated: Patient, visit: Appointment, ana: User, rita: User, now: datetime, pages: Any
) -> None:
    begun(treated, by=ana, at=now + DAY)  # and no job has run yet
    wish = Wish(
        service_id=visit.service_id,
        patient_id=treated.pk,
        practitioner_id=visit.practitioner_id,
        starts_at=now + timedelta(days=3),
    )

    with pytest.raises(DomainError):
        book_appointment(wish=wish, by=rita, at=now + DAY)
    assert list(Patient.objects.matching("Zwickel")) == []
    assert pages(rita).get(f"/patients/{treated.pk}/").status_code == 404


def test_what_was_seen_is_what_is_done(quirina: Patient, ana: User, bo: User, rita: User, now: datetime) -> None:
    mark = plan_here(people_with(quirina), at=now).mark
    take_into_care(patient=quirina, user_id=bo.pk, reason="new", by=rita, at=now)

    with pytest.raises(ErasedOtherwise):
        erase_person(patient_id=quirina.pk, mark=mark, by=ana, at=now)


def test_a_visit_to_come_and_a_bill_not_issued_come_first(
    quirina: Patient, visit: Appointment, ana: User, rita: User, now: datetime
) -> None:
    draft_invoice_for_visit(appointment_id=visit.pk, by=rita, at=now)

    with pytest.raises(CannotErase) as refused:
        begun(quirina, by=ana, at=now)

    assert "A visit is still to come." in str(refused.value)
    assert "Issue it or throw it away first." in str(refused.value)


def test_nobody_is_erased_twice(quirina: Patient, ana: User, now: datetime) -> None:
    first = begun(quirina, by=ana, at=now)

    again = erase_person(patient_id=quirina.pk, mark="whatever", by=ana, at=now + DAY)

    assert (again.pk, Erasure.objects.count()) == (first.pk, 1)


def test_a_child_goes_and_a_parent_of_others_stays(quirina: Patient, ana: User, rita: User, now: datetime) -> None:
    child = register_patient(
        patient=PatientDetails(first_name="Kim", last_name="Zwickel"),
        contact=None,
        client_id=quirina.client_id,
        by=rita,
        at=now,
    )

    erased(child, by=ana, at=now)

    assert not Patient.with_merged.filter(pk=child.pk).exists()
    assert Client.objects.get(pk=quirina.client_id).email == "q@zwickel.example"
    assert people_of_client(quirina.client).patients == {quirina.pk}


def test_whatever_rows_somebody_has_nothing_of_them_is_left_and_the_books_stay(
    in_clinic: TenantRef, ana: User, bo: User, bea: User, rita: User, pia: User, now: datetime, run_jobs: Any
) -> None:
    leave_rows(ana=ana, bo=bo, bea=bea, rita=rita, pia=pia, now=now)
    run_jobs()
    WaitingEntry.objects.update(state="WITHDRAWN", ended_at=now)
    for invoice in Invoice.objects.filter(status="DRAFT", deposit=None):
        issue_invoice(invoice=invoice, by=ana, at=now)
    books, at = sums(), now + 200 * DAY
    whom = list(Patient.objects.filter(first_name__startswith="paul "))

    for patient in whom:
        erasure = erased(patient, by=ana, at=at)
        carry_out(erasure_id=erasure.pk, at=now + 13 * YEAR)

    assert len(whom) == 3
    words = tuple(patient.first_name for patient in whom) + tuple(
        patient.first_name.replace(" ", "") for patient in whom
    )
    assert left_of(words, in_clinic) == []
    assert sums() == books
