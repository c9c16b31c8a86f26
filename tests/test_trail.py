"""What the log says of looking. That nothing is left out of it, every test with `tests.doors` and `run_jobs` does."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.db import transaction

from audit.models import AuditEntry
from audit.recording import SEALED
from identity.models import User
from modules.crm.models import Patient
from modules.crm.services import ContactDetails, PatientDetails, change_patient, register_patient, save_note
from modules.scheduling.models import Appointment, Service
from modules.scheduling.services import CallOff, Wish, book_appointment, cancel_appointment
from tenancy import TenantRef, use
from tenancy.places import coming_from
from tests.trail import check_jobs, check_request, watched


@pytest.fixture
def paul(clinic: TenantRef, rita: User, now: datetime) -> Patient:
    with use(clinic):
        return register_patient(
            patient=PatientDetails(first_name="Paul"), contact=ContactDetails(first_name="Paul"), by=rita, at=now
        )


@pytest.fixture
def visit(clinic: TenantRef, paul: Patient, rita: User, now: datetime) -> Appointment:
    with use(clinic):
        wish = Wish(
            service_id=Service.objects.get(name="Follow-up").pk, patient_id=paul.pk, starts_at=now, remark="My knee"
        )
        return book_appointment(wish=wish, by=rita, at=now)


def looks(tenant: TenantRef, by: User) -> list[tuple[str, Any]]:
    with use(tenant):
        seen = AuditEntry.objects.filter(user_id=by.pk, action__contains=".viewed") | AuditEntry.objects.filter(
            user_id=by.pk, action__contains=".listed"
        )
        return [(entry.action, entry.subject_id or entry.listed) for entry in seen.order_by("at", "id")]


def test_a_search_names_in_one_line_whom_it_showed_and_an_empty_one_leaves_none(
    pages: Any, clinic: TenantRef, ana: User, paul: Patient
) -> None:
    browser = pages(ana)
    browser.get("/patients/", {"q": "Paul"})
    browser.get("/patients/", {"q": "Nobody of this name"})

    assert looks(clinic, ana) == [("crm.patient.listed", [paul.pk])]


def test_a_board_that_asks_again_by_itself_is_logged_once(
    pages: Any, clinic: TenantRef, ana: User, visit: Appointment
) -> None:
    browser, day = pages(ana), f"{visit.starts_at:%Y-%m-%d}"
    browser.get("/calendar/", {"day": day})
    browser.get("/today/")
    browser.get("/invoices/", **{"hx-request": "true", "hx-trigger": "rows"})

    assert looks(clinic, ana) == [("scheduling.appointment.listed", [visit.patient_id])]


def test_opening_a_record_says_whether_notes_were_shown(pages: Any, clinic: TenantRef, bo: User, now: datetime) -> None:
    browser = pages(bo)
    with use(clinic):
        contact = ContactDetails(first_name="Paul")
        paul = register_patient(patient=PatientDetails(first_name="Paul"), contact=contact, by=bo, at=now)
    browser.get(f"/patients/{paul.pk}/")
    with use(clinic):
        save_note(patient=paul, appointment_id=None, sections={"plan": "Rest"}, shared=False, by=bo, at=now)
        drafted = AuditEntry.objects.get(action="crm.note.drafted")
    browser.get(f"/patients/{paul.pk}/")

    assert looks(clinic, bo) == [("crm.patient.viewed", paul.pk), ("crm.patient.viewed_with_notes", paul.pk)]
    assert drafted.changes == {"plan": ["", SEALED]}
    assert drafted.subject_id == paul.pk


def test_what_was_said_in_confidence_is_kept_from_the_log(
    in_clinic: TenantRef, rita: User, visit: Appointment, now: datetime
) -> None:
    cancel_appointment(appointment=visit, cancellation=CallOff(reason="Hospital"), by=rita, at=now)

    booked = AuditEntry.objects.get(action="scheduling.appointment.booked")
    cancelled = AuditEntry.objects.get(action="scheduling.appointment.cancelled")
    assert booked.changes["remark"] == [None, SEALED]
    assert cancelled.changes["status"] == ["SCHEDULED", "CANCELLED"]
    assert cancelled.changes["cancel_reason"] == ["", SEALED]
    assert "Hospital" not in str(cancelled.changes)


ASKED = {"REQUEST_METHOD": "GET", "PATH_INFO": "/stock/"}


class Answered:
    status_code = 200


def test_a_write_without_a_line_is_found(in_clinic: TenantRef, paul: Patient) -> None:
    with watched() as watch, coming_from(job="a.job", job_id="1"):
        paul.save()

    with pytest.raises(AssertionError, match=r"wrote .'crm_patient'. without a line"):
        check_request(watch, ASKED, Answered)
    with pytest.raises(AssertionError, match=r"wrote .'crm_patient'. without a line"):
        check_jobs(watch, {"1"})
    check_jobs(watch, {"another"})


def test_a_line_about_somebody_else_does_not_do(in_clinic: TenantRef, paul: Patient, rita: User, now: datetime) -> None:
    contact = ContactDetails(first_name="Vera")
    vera = register_patient(patient=PatientDetails(first_name="Vera"), contact=contact, by=rita, at=now)
    with watched() as watch, coming_from(request_id="1"):
        paul.save()
        change_patient(patient=vera, details=PatientDetails(first_name="Vera-Maria"), contact=contact, by=rita, at=now)

    with pytest.raises(AssertionError, match=r"wrote .'crm_patient'. without a line"):
        check_request(watch, ASKED, Answered)


def test_a_write_that_was_taken_back_needs_no_line(in_clinic: TenantRef, paul: Patient) -> None:
    with watched() as watch, coming_from(request_id="1"), transaction.atomic():
        paul.save()
        transaction.set_rollback(True)

    check_request(watch, ASKED, Answered)


def test_a_name_that_is_shown_without_a_view_is_found(in_clinic: TenantRef, paul: Patient) -> None:
    with watched() as watch, coming_from(request_id="1"):
        Patient.objects.get(pk=paul.pk)

    with pytest.raises(AssertionError, match="without a view in the log"):
        check_request(watch, ASKED, Answered)
