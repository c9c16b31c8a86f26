"""The summary on top of a record, the one at the portal's home, and the notes that are shared there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.models import AuditEntry
from identity.models import User
from modules.crm.models import Discipline, Exercise, Note, Patient
from modules.crm.services import (
    ContactDetails,
    PatientDetails,
    amend_note,
    claim_records,
    register_patient,
    save_note,
    sign_note,
    take_into_care,
)
from modules.crm.services.exercises import ItemDetails, SheetDetails, compose_sheet
from modules.crm.services.plans import GoalDetails, PlanDetails, write_plan
from tenancy import TenantRef
from tests.doors import Pages


@pytest.fixture
def paul(in_clinic: TenantRef, bo: User, rita: User, pia: User) -> Patient:
    """Whom Bo treats, and whom Pia's account is."""
    at = timezone.now()
    contact = ContactDetails(first_name="Paul", email=pia.email)
    patient = register_patient(patient=PatientDetails(first_name="Paul"), contact=contact, by=rita, at=at)
    take_into_care(patient=patient, user_id=bo.pk, reason="x", by=rita, at=at)
    claim_records(user=pia, verified_emails=[pia.email], at=at)
    return patient


def written(paul: Patient, text: str, *, by: User, shared: bool = True, signed: bool = True) -> Note:
    at, sections = timezone.now(), {"subjective": f"{text}-SAID", "plan": text}
    note = save_note(patient=paul, appointment_id=None, sections=sections, shared=shared, by=by, at=at)
    return sign_note(note=note, by=by, at=at) if signed else note


def planned(paul: Patient, title: str, *, by: User) -> None:
    goals = [GoalDetails(text="Walk")]
    details = PlanDetails(title=title, starts_on=timezone.localdate(), shared=True, goals=goals)
    write_plan(patient=paul, details=details, by=by, at=timezone.now())


def test_a_record_says_on_top_what_matters_to_whoever_treats(paul: Patient, pages: Any, bo: User, rita: User) -> None:
    written(paul, "MARK-OLD", by=bo)
    written(paul, "MARK-NEXT", by=bo)
    written(paul, "MARK-DRAFT", by=bo, signed=False)
    planned(paul, "MARK-PLAN", by=bo)

    treating, desk = (pages(who).get(f"/patients/{paul.pk}/").content.decode() for who in (bo, rita))

    top = treating[treating.index('id="summary-title"') : treating.index("</dl>", treating.index('id="summary-title"'))]
    assert [mark for mark in ("MARK-NEXT", "MARK-PLAN", "0 of 1 goals", "None booked") if mark not in top] == []
    assert not any(mark in top for mark in ("MARK-OLD", "MARK-DRAFT"))
    assert 'id="summary-title"' in desk
    assert "MARK" not in desk
    assert AuditEntry.objects.filter(action="crm.patient.viewed_with_notes", user_id=bo.pk).exists()


def test_the_home_of_the_portal_says_what_to_do(paul: Patient, pages: Any, bo: User, pia: User) -> None:
    planned(paul, "MARK-PLAN", by=bo)
    item = ItemDetails(exercise_id=Exercise.objects.get(name="Clam").pk)
    sheet = SheetDetails(title="MARK-HIP", since=timezone.localdate(), shared=True, items=[item])
    compose_sheet(patient=paul, details=sheet, by=bo, at=timezone.now())

    shown = pages(pia).get("/my/").content.decode()

    todo = shown[shown.index('id="todo"') : shown.index('id="plans"')]
    assert "waits for your word" in todo
    assert "0 of 1 done today" in todo


def test_a_shared_note_is_read_on_the_portal_with_what_was_added(
    paul: Patient, pages: Any, bo: User, pia: User
) -> None:
    note = written(paul, "MARK-SHARED", by=bo)
    amend_note(note=note, text="MARK-ADDED", reason="MARK-WHY", by=bo, at=timezone.now())
    written(paul, "MARK-KEPT", by=bo, shared=False)
    written(paul, "MARK-DRAFT", by=bo, signed=False)

    shown = pages(pia).get("/my/notes/").content.decode()

    assert all(mark in shown for mark in ("MARK-SHARED-SAID", "MARK-ADDED", "MARK-WHY"))
    assert not any(mark in shown for mark in ("MARK-KEPT", "MARK-DRAFT"))
    assert AuditEntry.objects.filter(action="crm.patient.viewed_notes", user_id=pia.pk).exists()
    assert "Signed by" not in pages(bo).get("/my/notes/").content.decode()


def test_a_note_for_one_discipline_is_not_on_the_portal(paul: Patient, pages: Any, bo: User, pia: User) -> None:
    physio = Discipline.objects.create(name="Physio")
    note = written(paul, "MARK-CLOSED", by=bo, signed=False)
    Note.objects.filter(pk=note.pk).update(level="DISCIPLINE", discipline=physio)
    signed = sign_note(note=Note.objects.get(pk=note.pk), by=bo, at=timezone.now())

    assert not pia.has_perm("crm.view_note", signed)
    assert "MARK-CLOSED" not in pages(pia).get("/my/notes/").content.decode()


def test_both_summaries_ask_as_often_for_much_as_for_little(paul: Patient, pages: Any, bo: User, pia: User) -> None:
    exercise = Exercise.objects.get(name="Clam")

    def fill() -> None:
        written(paul, "x", by=bo)
        planned(paul, "x", by=bo)
        items = [ItemDetails(exercise_id=exercise.pk)]
        since = timezone.localdate() - timedelta(days=3)
        sheet = SheetDetails(title="x", since=since, shared=True, items=items)
        compose_sheet(patient=paul, details=sheet, by=bo, at=timezone.now())

    def asked(door: Pages, path: str) -> int:
        door.get(path)
        with CaptureQueriesContext(connection) as queries:
            assert door.get(path).status_code == 200
        return len(queries)

    places = [(pages(pia), "/my/"), (pages(pia), "/my/notes/"), (pages(pia), "/my/exercises/")]
    places.append((pages(bo), f"/patients/{paul.pk}/"))
    fill()
    few = [asked(*place) for place in places]
    for _number in range(3):
        fill()
    assert [asked(*place) for place in places] == few
