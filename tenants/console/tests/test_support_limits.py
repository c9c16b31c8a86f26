"""How far support reaches: no note text, nothing sensitive, never further than the role or the owner said."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from access.membership import membership_of
from audit.models import AuditEntry
from identity.models import RefreshToken, User
from modules.crm.models import Note, Patient
from tenancy import TenantRef, use, use_platform
from tenants.console.middleware import visitor
from tenants.console.models import SupportEnd, SupportSession
from tenants.console.tests.conftest import SECRET, latest

FORBIDDEN = [
    "/settings/team/",
    "/settings/roles/",
    "/settings/support/",
    "/settings/address/",
    "/settings/billing/",
    "/my/",
    "/api/members/",
    "/operators/",
]


@pytest.mark.parametrize("path", FORBIDDEN)
def test_what_is_sensitive_stays_closed_even_to_a_session_that_may_write(
    ask: Any, go_in: Any, answer: Any, path: str
) -> None:
    session = ask(writes="on", notes="on")
    answer(session, approve="yes", writes="on", notes="on")
    browser = go_in(session)

    assert browser.get(path).status_code in (403, 404)
    assert browser.post(path).status_code in (403, 404)


def test_support_makes_no_token_and_does_nothing_that_no_permission_guards(
    ask: Any, go_in: Any, answer: Any, ana: User
) -> None:
    session = ask(writes="on")
    answer(session, approve="yes", writes="on")
    browser = go_in(session)

    for path in ("/api/token/", "/api/token/refresh/", "/api/users/register/"):
        assert browser.post(path, "{}", content_type="application/json").status_code in (403, 422)
    with use_platform():
        assert RefreshToken.objects.count() == 0


def test_notes_stay_hidden_on_the_page(ask: Any, go_in: Any, noted: Patient) -> None:
    page = go_in(ask()).get(f"/patients/{noted.pk}/")

    assert page.status_code == 200
    assert "Zebulon" in page.content.decode()
    assert SECRET not in page.content.decode()


def test_notes_stay_hidden_in_the_api(ask: Any, go_in: Any, noted: Patient) -> None:
    browser = go_in(ask())

    assert browser.get(f"/api/patients/{noted.pk}/notes/").status_code == 403
    assert SECRET not in browser.get(f"/api/patients/{noted.pk}/").content.decode()


def test_notes_stay_hidden_in_the_search(ask: Any, go_in: Any, noted: Patient) -> None:
    browser = go_in(ask())

    for path in ("/patients/", "/api/patients/"):
        found = browser.get(path, {"q": "ladder", "search": "ladder"}).content.decode()
        assert "Zebulon" not in found


def test_notes_stay_hidden_in_exports_and_in_the_log(ask: Any, go_in: Any, noted: Patient, clinic: TenantRef) -> None:
    browser = go_in(ask())

    for path in ("/settings/export/", "/settings/log/", "/settings/audit/", "/api/audit/", "/api/exports/"):
        assert browser.get(path).status_code in (403, 404)
    with use(clinic):
        assert SECRET not in str(list(AuditEntry.objects.values_list("changes", flat=True)))


def test_the_rule_and_the_rows_agree_on_notes(clinic: TenantRef, noted: Patient, ask: Any, answer: Any) -> None:
    hidden, shown = visitor(ask()), None
    with use(clinic):
        note = Note.objects.get(patient=noted)
        assert not hidden.has_perm("crm.view_note", note)
        assert not Note.objects.visible_to(hidden).exists()
        assert hidden.has_perm("crm.view_patient", noted) == (noted in Patient.objects.visible_to(hidden))
    with use_platform():
        SupportSession.objects.update(ended_at=timezone.now(), ended_how=SupportEnd.TIME)
    session = ask(notes="on")
    answer(session, approve="yes", notes="on")
    shown = visitor(latest())
    with use(clinic):
        assert shown.has_perm("crm.view_note", note)
        assert list(Note.objects.visible_to(shown)) == [note]
        assert not shown.has_perm("crm.write_note")
        assert not shown.has_perm("crm.sign_note")


def test_with_the_owners_word_the_notes_are_read_and_that_is_written_down(
    ask: Any, go_in: Any, answer: Any, noted: Patient
) -> None:
    session = ask(notes="on")
    answer(session, approve="yes", notes="on")

    assert SECRET in go_in(session).get(f"/patients/{noted.pk}/").content.decode()


def test_it_never_reaches_further_than_the_role_it_looks_on_as(clinic: TenantRef, ask: Any) -> None:
    desk = visitor(ask(role="receptionist"))

    with use(clinic):
        membership = membership_of(desk)
        assert membership is not None
        assert "scheduling.manage" not in membership.reaches
        assert "crm.view_patient" in membership.reaches
