"""Somebody is erased: what the law has kept stays until its day, of everything else not a word is left anywhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.db import DatabaseError, OperationalError, connection, transaction
from django.db.models import Sum
from psycopg.errors import LockNotAvailable

from audit import chain
from audit.models import AuditEntry, AuditRedaction
from filestore.models import StoredFile
from filestore.tests.uploads import pdf
from identity.models import User
from kernel.errors import DomainError
from modules.billing.domain.states import Method
from modules.billing.models import Invoice, InvoiceLine, Payment
from modules.billing.services import draft_invoice_for_visit, issue_invoice, record_payment
from modules.crm.domain.erasing import Rule, Term, booked_until, kept_until, rule_of
from modules.crm.models import Client, DocumentVersion, Erasure, ImportedRow, Note, Patient, Retention
from modules.crm.services import (
    ContactDetails,
    DocumentDetails,
    PatientDetails,
    Upload,
    add_document,
    register_patient,
    save_note,
    sign_note,
    take_into_care,
)
from modules.crm.services.erasing import (
    CannotErase,
    ErasedOtherwise,
    carry_out,
    due_erasures,
    erase_person,
    going,
    people_of_client,
    people_with,
    set_years,
)
from modules.crm.services.erasing.closing import plan_here
from modules.crm.tests.imported import imported_from, undone
from modules.inventory.models import Item
from modules.scheduling.models import Appointment, Practitioner, Service, WaitingEntry
from modules.scheduling.services import Wish, book_appointment
from notify.models import Message
from tenancy import TenantRef, use, use_owner, use_platform
from tests.cast import tenant_called
from tests.every_kind import leave_rows
from tests.test_sealed_fields import every_text
from tests.together import all_at_once

WORDS = ("Quirina", "Zwickel", "zwickel", "7700900555", "Zwickelgasse", "1971-05-06", "Bring the crutches")
DAY, YEAR = timedelta(days=1), timedelta(days=366)


@pytest.fixture
def quirina(in_clinic: TenantRef, rita: User, now: datetime) -> Patient:
    return register_patient(
        patient=PatientDetails(first_name="Quirina", last_name="Zwickel", birth_date=date(1971, 5, 6)),
        contact=ContactDetails(
            first_name="Quirina",
            last_name="Zwickel",
            email="q@zwickel.example",
            phone="+447700900555",
            street="Zwickelgasse 3",
        ),
        by=rita,
        at=now,
    )


@pytest.fixture
def visit(quirina: Patient, bo: User, rita: User, now: datetime) -> Appointment:
    wish = Wish(
        service_id=Service.objects.get(name="Follow-up").pk,
        patient_id=quirina.pk,
        practitioner_id=Practitioner.objects.get(user_id=bo.pk).pk,
        starts_at=now + timedelta(hours=2),
        remark="Bring the crutches",
    )
    return book_appointment(wish=wish, by=rita, at=now)


@pytest.fixture
def treated(quirina: Patient, visit: Appointment, bo: User, rita: User, now: datetime, run_jobs: Any) -> Patient:
    """Quirina with a signed note, a document, a bill that is paid, and mails about all of it."""
    sign_note(
        note=save_note(
            patient=quirina, appointment_id=visit.pk, sections={"plan": "Rest."}, shared=False, by=bo, at=now
        ),
        by=bo,
        at=now,
    )
    invoice = issue_invoice(invoice=draft_invoice_for_visit(appointment_id=visit.pk, by=rita, at=now), by=rita, at=now)
    record_payment(invoice=invoice, amount=invoice.to_pay, method=Method.CASH, by=rita, at=now)
    run_jobs()
    return quirina


def erased(patient: Patient, *, by: User, at: datetime) -> Erasure:
    erasure = begun(patient, by=by, at=at)
    carry_out(erasure_id=erasure.pk, at=at)
    return Erasure.objects.get(pk=erasure.pk)


def begun(patient: Patient, *, by: User, at: datetime) -> Erasure:
    mark = plan_here(people_with(patient), at=at).mark
    return erase_person(patient_id=patient.pk, mark=mark, by=by, at=at)


def left_of(words: tuple[str, ...], tenant: TenantRef) -> list[str]:
    rows: Iterator[str] = (row for schema in (tenant.schema_name, "public") for row in every_text(schema))
    return [row for row in rows if any(word in row for word in words)]


# Rules


@pytest.mark.parametrize(
    ("country", "born", "until"),
    [
        ("DE", date(1971, 5, 6), date(2041, 3, 3)),
        ("GB", date(1971, 5, 6), date(2039, 3, 3)),
        ("GB", date(2029, 5, 6), date(2054, 5, 6)),
        ("FR", None, date(2051, 3, 3)),
        ("ZZ", date(1971, 5, 6), None),
    ],
    ids=["germany", "britain", "a child", "france", "no rule"],
)
def test_records_are_kept_as_long_as_the_country_asks(country: str, born: date | None, until: date | None) -> None:
    rule = rule_of(country, Term.CLINICAL, is_clinical=True)

    assert kept_until(rule, last=date(2031, 3, 3), born=born) == until


def test_a_voucher_is_kept_from_the_end_of_its_year_and_animals_have_no_health_record() -> None:
    assert booked_until(rule_of("DE", Term.MONEY, is_clinical=True), day=date(2031, 3, 3)) == date(2039, 12, 31)
    assert booked_until(rule_of("ZZ", Term.MONEY, is_clinical=True), day=date(2031, 3, 3)) == date(2041, 12, 31)
    assert rule_of("DE", Term.CLINICAL, is_clinical=False) == Rule(0, "")


# Erasing


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


def test_in_a_file_somebody_came_with_nobody_reads_them_any_more(
    in_clinic: TenantRef, ana: User, now: datetime
) -> None:
    file = "First name;Last name;Born;Phone\nQuirina;Zwickel;6.5.1971;07700 900555\nPaul;Alt;1.2.1960;\n"
    file += "Quirina;Zwickel;6.5.1971;07700 900555\nQuirina;Zwickel;31/02/1971;\n"
    imported = imported_from(file, by=ana, at=now)
    assert imported.counts == {"new": 2, "twice": 1, "error": 1, "created": 2, "skipped": 1}

    erased(Patient.objects.get(last_name="Zwickel"), by=ana, at=now + DAY)

    (left,) = ImportedRow.objects.filter(imported=imported)
    assert "Alt" in left.cells
    assert undone(imported, by=ana, at=now + DAY).counts["removed"] == 1  # whoever else came with it


def test_the_file_that_somebody_sent_goes_from_the_storage_with_the_last_of_its_terms(
    quirina: Patient, ana: User, rita: User, now: datetime, run_jobs: Any
) -> None:
    upload = Upload(name="letter.pdf", content=pdf())
    details = DocumentDetails(title="Letter of the hospital", dated=now.date())
    document = add_document(patient=quirina, details=details, upload=upload, by=rita, at=now)
    run_jobs()
    version = DocumentVersion.objects.select_related("file", "preview").get(document=document)
    keys = [each.key for each in (version.file, version.preview) if each]
    assert keys
    assert all(map(default_storage.exists, keys))

    erased(quirina, by=ana, at=now + DAY)
    erasure = Erasure.objects.get()
    assert all(map(default_storage.exists, keys))  # the law has it kept
    carry_out(erasure_id=erasure.pk, at=now + 12 * YEAR)

    assert [key for key in keys if default_storage.exists(key)] == []
    assert not StoredFile.objects.filter(key__in=keys).exists()
    assert not DocumentVersion.objects.filter(document=document).exists()


def sums() -> list[Any]:
    return [
        Invoice.objects.aggregate(Sum("gross_minor"), Sum("paid_minor")),
        InvoiceLine.objects.aggregate(Sum("net_minor"), Sum("tax_minor")),
        Payment.objects.aggregate(Sum("amount_minor")),
        list(Item.objects.order_by("pk").values_list("on_hand", flat=True)),
        list(Invoice.objects.order_by("number").values_list("number", flat=True)),
    ]


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
    treated: Patient, ana: User, rita: User, now: datetime, pages: Any
) -> None:
    begun(treated, by=ana, at=now + DAY)  # and no job has run yet
    wish = Wish(
        service_id=Service.objects.get(name="Follow-up").pk, patient_id=treated.pk, starts_at=now + timedelta(days=3)
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


def test_the_practice_sets_its_own_years(treated: Patient, ana: User, now: datetime) -> None:
    set_years(kind="clinical", years=3, by=ana)

    plan = plan_here(people_with(treated), at=now + DAY)

    assert {line.until for line in plan.lines if line.stays and line.personal.term is Term.CLINICAL} == {
        date(2034, 3, 3)
    }
    set_years(kind="clinical", years=None, by=ana)
    assert not Retention.objects.exists()


# Guards


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE crm_note DISABLE TRIGGER USER",
        "SET session_replication_role = replica",
        "UPDATE crm_note_history SET author_name = ''",
        "DELETE FROM audit_auditentry",
        "INSERT INTO audit_auditredaction VALUES (gen_random_uuid(), gen_random_uuid(), '', '')",
        "UPDATE billing_payment SET by_name = ''",
    ],
)
def test_the_tenants_own_role_gets_past_no_guard(statement: str, treated: Patient) -> None:
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_the_guards_are_back_when_it_is_done(treated: Patient, ana: User, now: datetime, clinic: TenantRef) -> None:
    erased(treated, by=ana, at=now + DAY)

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text, tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
            " WHERE c.relnamespace = %s::regnamespace AND tgenabled = 'D'",
            [clinic.schema_name],
        )
        assert cursor.fetchall() == []


# Everything there is


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


def test_another_practice_erases_nobody_here(quirina: Patient, api: Any, cai: User, other: TenantRef) -> None:
    theirs = api(cai, other)

    seen = theirs.post("/api/patients/erasure-previews/", {"patient_id": quirina.pk})

    assert seen.status_code == 404


@pytest.mark.usefixtures("own_database")
def test_a_booking_and_an_erasure_at_one_moment_never_both_win() -> None:
    place = tenant_called("clinic")
    with use_platform():
        desk, owner = (User.objects.get(email=f"{name}@clinic.example") for name in ("rita", "ana"))
    with use(place):
        now = datetime.now().astimezone().replace(hour=10, minute=0, second=0, microsecond=0)
        starts_at = now + timedelta(days=14 - now.weekday())
        service = Service.objects.get(name="Follow-up")
        people = [
            register_patient(
                patient=PatientDetails(first_name=name, last_name="Test"),
                contact=ContactDetails(first_name=name, last_name="Test"),
                by=desk,
                at=now,
            )
            for name in ("Quin", "Rosa", "Sara")
        ]

    def tried(do: Callable[[], Any]) -> Callable[[], Any]:
        def run() -> Any:
            with use(place):
                try:
                    return do()
                except DomainError as refused:
                    return refused

        return run

    def book(who: Patient, hours: int) -> Any:
        wish = Wish(service_id=service.pk, patient_id=who.pk, starts_at=starts_at + timedelta(hours=hours))
        return tried(lambda: book_appointment(wish=wish, by=desk, at=now))

    all_at_once(
        [
            call
            for place_, who in enumerate(people)
            for call in (book(who, place_), tried(lambda who=who: begun(who, by=owner, at=now)))
        ]
    )

    with use(place):
        for who in people:
            is_erased = Erasure.objects.of(who.pk).exists()
            assert is_erased is not Appointment.objects.filter(patient=who).exists()


# Doors


def test_whoever_is_in_the_way_for_a_moment_is_waited_for(
    quirina: Patient, ana: User, now: datetime, clinic: TenantRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A vacuum, for one: it holds a table for as long as it looks through it."""
    in_one_go, in_the_way = going._erase_in_one_go, [LockNotAvailable(), LockNotAvailable()]

    def try_it(*args: Any, **options: Any) -> None:
        if in_the_way:
            raise OperationalError from in_the_way.pop()
        in_one_go(*args, **options)

    monkeypatch.setattr(going, "PAUSE", 0)
    monkeypatch.setattr(going, "_erase_in_one_go", try_it)

    erased(quirina, by=ana, at=now + DAY)

    assert left_of(WORDS, clinic) == []


def test_owners_see_what_goes_erase_and_print_the_receipt(
    treated: Patient, pages: Any, ana: User, clinic: TenantRef, run_jobs: Any
) -> None:
    Appointment.objects.update(status="COMPLETED")
    office, address = pages(ana), f"/patients/{treated.pk}/erasure/"
    shown = office.get(address).content.decode()
    mark = shown.split('name="mark" value="')[1].split('"')[0]

    stale = office.post(address, {"mark": "something else"})
    done = office.post(address, {"mark": mark})
    for _ in range(2):
        run_jobs()
    receipt = office.get(done["Location"]).content.decode()
    again = office.post(address, {"mark": mark})

    assert "NHS Records Management Code of Practice" in shown
    assert (stale.status_code, done.status_code, again["Location"]) == (409, 302, done["Location"])
    assert "Closed. The next of what is kept goes on" in receipt
    assert "Zwickel" not in receipt
    assert "Closed, a part is kept" in office.get("/patients/erasures/").content.decode()


def test_the_api_previews_erases_once_and_answers_with_the_receipt(
    quirina: Patient, api: Any, ana: User, run_jobs: Any
) -> None:
    program, whom = api(ana), {"patient_id": str(quirina.pk)}
    preview = program.post("/api/patients/erasure-previews/", whom).json()

    done = program.post("/api/patients/erasures/", whom | {"mark": preview["mark"]})
    for _ in range(2):
        run_jobs()
    again = program.post("/api/patients/erasures/", whom | {"mark": preview["mark"]})
    receipt = program.get(f"/api/patients/erasures/{done.json()['id']}/").json()

    assert (preview["problems"], done.status_code, done.json()["state"]) == ([], 201, "under_way")
    assert (again.json()["id"], receipt["state"]) == (receipt["id"], "done")
    assert {each["kind"]: each["deleted"] for each in receipt["kinds"]}["crm.Patient:none"] == 1


def test_nobody_but_owners_erases_and_they_prove_who_they_are(
    quirina: Patient, pages: Any, api: Any, rita: User
) -> None:
    assert pages(rita).get(f"/patients/{quirina.pk}/erasure/").status_code == 403
    assert api(rita).post("/api/patients/erasure-previews/", {"patient_id": quirina.pk}).status_code == 403


def test_years_are_set_by_page_and_api(pages: Any, api: Any, ana: User, in_clinic: TenantRef) -> None:
    office, program = pages(ana), api(ana)

    office.post("/settings/retention/clinical/", {"years": "12"})
    office.post("/settings/retention/money/", {"years": "many"})
    known = {each["kind"]: (each["years"], each["is_own"]) for each in program.get("/api/patients/retention/").json()}
    back = program.put("/api/patients/retention/clinical/", {"years": None}).json()

    assert known == {"clinical": (12, True), "money": (6, False)}
    assert (back["years"], back["is_own"]) == (8, False)
    assert program.put("/api/patients/retention/tea/", {"years": 1}).status_code == 404
