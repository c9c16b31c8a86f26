"""What the owner does on the page about support, a program does too; and people are told the same."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from identity.models import User
from modules.crm import selectors
from modules.crm.models import Patient
from notify.models import Message
from notify.sending import deliver_message
from tenancy import TenantRef, use, use_platform
from tenants.console.models import SupportPolicy, SupportSession

SESSIONS = "/api/support/sessions/"


def test_a_session_is_listed_let_in_with_less_than_it_asks_for_and_shown_out(
    ask: Any, api: Any, ana: User, console: Client
) -> None:
    session = ask(writes="on", notes="on")
    program = api(ana)
    (line,) = program.get(SESSIONS).json()["items"]
    assert (line["state"], line["operator"], line["ticket"], line["wants_notes"]) == ("waiting", "Oda", "4821", True)

    answered = program.post(f"{SESSIONS}{session.pk}/answer/", {"approve": True, "notes": True})
    again = program.post(f"{SESSIONS}{session.pk}/answer/", {"approve": False})
    gone = program.client.delete(f"{SESSIONS}{session.pk}/")

    told = answered.json()
    assert (told["state"], told["may_write"], told["may_read_notes"]) == ("ready", False, True)
    assert (again.status_code, again.json()["code"], gone.status_code) == (409, "support-answered", 204)
    assert program.get(SESSIONS).json()["items"][0]["ended_how"] == "owner"
    assert console.get(f"/operators/support/{session.pk}/pass/?state=x").status_code == 409


def test_the_owner_says_by_api_whether_to_be_asked(ask: Any, api: Any, ana: User, clinic: TenantRef) -> None:
    program = api(ana)
    assert program.get("/api/support/policy/").json() == {"ask_first": False}

    assert program.put("/api/support/policy/", {"ask_first": True}).json() == {"ask_first": True}

    ask()
    assert program.get(SESSIONS).json()["items"][0]["state"] == "waiting"
    with use_platform():
        assert SupportPolicy.objects.get(pk=clinic.id).ask_first is True


def test_nobody_answers_for_another_workspace(ask: Any, api: Any, cai: User, other: TenantRef) -> None:
    session = ask(writes="on")
    theirs = api(cai, other)

    answers = [
        theirs.post(f"{SESSIONS}{session.pk}/answer/", {"approve": True, "writes": True}),
        theirs.client.delete(f"{SESSIONS}{session.pk}/"),
    ]

    assert [(each.status_code, each.json()["code"]) for each in answers] == [(404, "support-unknown")] * 2
    assert theirs.get(SESSIONS).json() == {"items": [], "count": 0}


@pytest.mark.parametrize(
    ("allowed", "what"),
    [({}, "Looks on for support"), ({"notes": "on"}, "Looks on for support, notes included")],
    ids=["record", "notes, too"],
)
def test_who_can_see_this_person_names_support_and_why(
    ask: Any, go_in: Any, answer: Any, noted: Patient, clinic: TenantRef, pages: Any, ana: User, allowed: Any, what: str
) -> None:
    assert support_among(clinic, noted) == []
    session = ask(writes="on", **allowed)
    assert support_among(clinic, noted) == []  # nobody let them in
    answer(session, approve="yes", **allowed)
    go_in(session)

    assert support_among(clinic, noted) == [("Oda (Atrium’s support)", what, "Week view is slow (ticket 4821)")]
    page = pages(ana).get(f"/patients/{noted.pk}/access/").content.decode()
    assert "Oda (Atrium’s support)" in page

    with use_platform():
        SupportSession.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert support_among(clinic, noted) == []


def support_among(tenant: TenantRef, patient: Patient) -> list[tuple[str, str, str]]:
    with use(tenant):
        readers = selectors.who_can_see(Patient.objects.get(pk=patient.pk))
    return [(each.name, str(each.ways[0].what), each.ways[0].why) for each in readers if "support" in each.name]


def test_every_owner_hears_when_an_operator_has_the_workspace_exported(
    console: Client, clinic: TenantRef, mailoutbox: list[Any]
) -> None:
    asked = console.post(f"/operators/tenants/{clinic.id}/export/", {"reason": "They asked by phone", "name": "clinic"})
    with use(clinic):
        message = Message.objects.get(cause__startswith="tenants.export_asked")
        deliver_message(message, at=timezone.now())

    (mail,) = mailoutbox
    assert (asked.status_code, mail.to, mail.subject) == (
        302, ["ana@clinic.example"], "Oda of Atrium had your data put into a file",
    )  # fmt: skip
    assert "They asked by phone" in mail.body
    assert "/settings/data/" in mail.body
