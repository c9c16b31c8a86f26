"""Somebody to erase: registered, booked, treated."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from identity.models import User
from modules.billing.domain.states import Method
from modules.billing.services import draft_invoice_for_visit, issue_invoice, record_payment
from modules.crm.models import Patient
from modules.crm.services import (
    ContactDetails,
    PatientDetails,
    register_patient,
    save_note,
    sign_note,
)
from modules.scheduling.models import Appointment, Practitioner, Service
from modules.scheduling.services import Wish, book_appointment
from tenancy import TenantRef


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
