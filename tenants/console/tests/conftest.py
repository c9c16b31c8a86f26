"""A support session, from the console to the tenant's host."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from identity.models import User
from modules.crm.models import Patient
from modules.crm.services import ContactDetails, PatientDetails, register_patient, save_note, sign_note
from tenancy import TenantRef, use, use_platform
from tenants.console.models import SupportSession
from tests.doors import host_of

SECRET = "Fell from the ladder while drunk"
WANTED: dict[str, Any] = {"role": "owner", "ticket": "4821", "minutes": 15, "reason": "Week view is slow"}
ASKED = {name: str(value) for name, value in WANTED.items()}


@pytest.fixture
def ask(console: Client, clinic: TenantRef) -> Any:
    """Ask for a session from the console. Returns it."""

    def ask(**fields: str) -> SupportSession:
        answer = console.post(f"/operators/tenants/{clinic.id}/support/", ASKED | fields)
        assert answer.status_code == 302
        return latest()

    return ask


@pytest.fixture
def go_in(console: Client, clinic: TenantRef) -> Any:
    """Walk from the console to the tenant's host, as a browser would. Returns the browser there."""

    def go_in(session: SupportSession) -> Client:
        there = Client(headers={"host": host_of(clinic)})
        to_console = there.get("/support/enter/", {"session": str(session.pk)})["Location"]
        back = console.get(to_console.partition(settings.PLATFORM_URL)[2])["Location"]
        answer = there.get(back[back.index("/support/complete/") :])
        assert answer["Location"] == "/"
        return there

    return go_in


@pytest.fixture
def answer(pages: Any, ana: User) -> Any:
    """The owner answers a request on their page."""

    def answer(session: SupportSession, **fields: str) -> Any:
        return pages(ana).post(f"/settings/support/{session.pk}/answer/", fields)

    return answer


@pytest.fixture
def noted(clinic: TenantRef, bo: User) -> Patient:
    """A patient with a signed note."""
    at = timezone.now()
    with use(clinic):
        names = {"first_name": "Zebulon", "last_name": "Quirk"}
        patient = register_patient(
            patient=PatientDetails(**names), contact=ContactDetails(**names, email="zeb@home.example"), by=bo, at=at
        )
        note = save_note(
            patient=patient, sections={"subjective": SECRET}, shared=True, appointment_id=None, by=bo, at=at
        )
        sign_note(note=note, by=bo, at=at)
    return patient


def latest() -> SupportSession:
    with use_platform():
        return SupportSession.objects.select_related("operator").latest("requested_at")
