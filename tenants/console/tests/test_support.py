"""Support looks on: for a reason, for a while, seen by the owner, and never further than it may."""

from __future__ import annotations

from datetime import timedelta
from threading import Event
from time import sleep
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from audit.models import AuditEntry
from identity.models import User
from identity.sessions import SessionStore
from modules.crm.models import Patient
from tenancy import TenantRef, catalog, use, use_platform
from tenants.console import support
from tenants.console.middleware import SESSION_KEY
from tenants.console.models import PlatformEntry, SupportEnd, SupportPass, SupportSession, SupportState
from tenants.console.tests.conftest import ASKED, WANTED, latest
from tenants.models import Tenant
from tests.cast import tenant_called
from tests.doors import host_of
from tests.together import all_at_once


def user(email: str) -> User:
    with use_platform():
        return User.objects.get(email=email)


def _session_of(session: SupportSession, tenant: TenantRef) -> str:
    store = SessionStore(tenant_id=tenant.id)
    store[SESSION_KEY] = str(session.pk)
    with use_platform():
        store.save()
    return str(store.session_key)


def state(session: SupportSession) -> SupportState:
    with use_platform():
        return SupportSession.objects.get(pk=session.pk).state(timezone.now())


def told(tenant: TenantRef) -> list[str]:
    with use(tenant):
        rows = AuditEntry.objects.filter(action__startswith="tenants.support.").order_by("pk")
        return [action.removeprefix("tenants.support.") for action in rows.values_list("action", flat=True)]


def test_an_operator_looks_on_and_the_owner_has_a_mail_at_once(
    ask: Any, go_in: Any, clinic: TenantRef, mailoutbox: list[Any], run_jobs: Any
) -> None:
    session = ask()
    assert state(session) == SupportState.READY
    browser = go_in(session)

    page = browser.get("/today/")
    assert page.status_code == 200
    assert "Support session." in page.content.decode()
    assert "Oda looks on as Owner, ticket 4821." in page.content.decode()
    assert "They only look." in page.content.decode()
    run_jobs()
    (mail,) = mailoutbox
    assert (mail.to, mail.subject) == (["ana@clinic.example"], "Oda of Atrium looks on now")
    assert "Week view is slow" in mail.body
    assert "/settings/support/" in mail.body
    assert told(clinic) == ["requested", "started", "page"]


def test_every_page_and_view_is_marked_with_the_operator_and_the_session(
    ask: Any, go_in: Any, clinic: TenantRef, oda: User, noted: Patient
) -> None:
    session = ask()
    go_in(session).get(f"/patients/{noted.pk}/", {"q": "Quirk"})

    with use(clinic):
        marked = list(AuditEntry.objects.filter(user_id=session.pk).order_by("pk"))
    assert marked[0].changes == {"page": [None, f"GET /patients/{noted.pk}/"]}
    assert {entry.origin["operator_id"] for entry in marked} == {str(oda.pk)}
    assert {entry.origin["support_id"] for entry in marked} == {str(session.pk)}
    assert {(entry.role, entry.user_label) for entry in marked} == {("support", "Oda (support)")}


def test_a_session_that_only_looks_changes_nothing(ask: Any, go_in: Any, clinic: TenantRef) -> None:
    browser = go_in(ask())
    with use(clinic):
        before = Patient.objects.count()

    page = browser.post("/patients/new/", {"first_name": "New"})
    program = browser.post("/api/patients/", "{}", content_type="application/json")

    assert (page.status_code, program.status_code) == (403, 403)
    assert "This support session only looks. Nothing was changed." in page.content.decode()
    assert program.json()["code"] == "support-may-not"
    with use(clinic):
        assert Patient.objects.count() == before


def test_changing_things_waits_for_the_owner(
    ask: Any, go_in: Any, answer: Any, clinic: TenantRef, noted: Patient, mailoutbox: list[Any], run_jobs: Any
) -> None:
    session = ask(writes="on")
    assert state(session) == SupportState.WAITING
    run_jobs()
    assert [mail.subject for mail in mailoutbox] == ["Oda of Atrium asks to look on"]

    answer(session, approve="yes", writes="on")
    browser = go_in(session)
    made = browser.post("/settings/calendar/rooms/", {})

    assert made.status_code != 403 or "only looks" not in made.content.decode()
    assert "They may change things." in browser.get("/today/").content.decode()


def test_the_owner_may_allow_less_than_was_asked(ask: Any, go_in: Any, answer: Any, noted: Patient) -> None:
    session = ask(writes="on", notes="on")
    answer(session, approve="yes")

    assert go_in(session).post("/patients/new/", {}).status_code == 403
    with use_platform():
        session.refresh_from_db()
    assert (session.may_write, session.may_read_notes) == (False, False)


def test_a_denied_request_opens_nothing_and_is_not_answered_twice(
    ask: Any, answer: Any, console: Client, clinic: TenantRef
) -> None:
    session = ask(writes="on")
    answer(session, approve="no")

    assert state(session) == SupportState.DENIED
    assert console.get(f"/operators/support/{session.pk}/pass/?state=x").status_code == 409
    assert answer(session, approve="yes", writes="on").status_code == 409


def test_it_ends_by_itself_in_the_middle_of_a_form(
    ask: Any, go_in: Any, answer: Any, clinic: TenantRef, run_jobs: Any
) -> None:
    session = ask(writes="on")
    answer(session, approve="yes", writes="on")
    browser = go_in(session)
    assert browser.get("/patients/new/").status_code == 200
    with use_platform():
        SupportSession.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    late = browser.post("/patients/new/", {"first_name": "Late"})

    assert late.status_code == 403
    assert "This support session has ended" in late.content.decode()
    assert "nothing was changed" in late.content.decode()
    with use(clinic):
        assert not Patient.objects.filter(first_name="Late").exists()
    assert browser.get("/today/")["Location"].startswith("/sign-in/")
    run_jobs(at=timezone.now() + timedelta(hours=1))
    assert told(clinic)[-1] == "ended"
    with use_platform():
        assert SupportSession.objects.get().ended_how == SupportEnd.TIME


def test_the_owner_ends_it_at_once(ask: Any, go_in: Any, pages: Any, ana: User, clinic: TenantRef) -> None:
    session = ask()
    browser = go_in(session)

    page = pages(ana).get("/settings/support/").content.decode()
    assert "Looks on now" in page
    assert "Week view is slow" in page
    pages(ana).post(f"/settings/support/{session.pk}/end/")

    assert browser.get("/today/").status_code == 403
    assert told(clinic)[-1] == "ended"


def test_the_operator_ends_it_from_the_banner_and_by_signing_out(ask: Any, go_in: Any) -> None:
    for way in ("/support/end/", "/sign-out/"):
        session = ask()
        browser = go_in(session)
        assert browser.post(way).status_code == 302
        assert state(session) == SupportState.ENDED
        assert browser.get("/today/")["Location"].startswith("/sign-in/")


def test_an_operator_who_is_one_no_longer_is_out_at_once(ask: Any, go_in: Any, oda: User) -> None:
    browser = go_in(ask())
    with use_platform():
        User.objects.filter(pk=oda.pk).update(is_operator=False)

    assert browser.get("/today/").status_code == 403


def test_a_pass_is_good_once_in_one_browser_at_one_tenant(
    ask: Any, console: Client, clinic: TenantRef, other: TenantRef, oda: User
) -> None:
    session, at = ask(), timezone.now()
    code = support.give_pass(session=session, by=oda, state="mine", at=at)

    for wrong in ({"tenant_id": other.id}, {"state": "yours"}, {"code": "x"}, {"at": at + timedelta(minutes=2)}):
        with pytest.raises(support.PassNotGood):
            support.enter(**{"code": code, "tenant_id": clinic.id, "state": "mine", "at": at} | wrong)  # type: ignore[arg-type]
    support.enter(code=code, tenant_id=clinic.id, state="mine", at=at)
    with pytest.raises(support.PassNotGood):
        support.enter(code=code, tenant_id=clinic.id, state="mine", at=at)
    with use_platform():
        assert SupportPass.objects.count() == 1


def test_nobody_but_the_operator_who_asked_gets_a_pass(ask: Any, ana: User) -> None:
    with pytest.raises(support.NotGoing):
        support.give_pass(session=ask(), by=ana, state="x", at=timezone.now())


def test_its_cookie_opens_nothing_at_another_tenant(ask: Any, go_in: Any, other: TenantRef) -> None:
    browser = go_in(ask())

    assert browser.get("/today/", headers={"host": host_of(other)})["Location"].startswith("/sign-in/")


def test_the_owner_may_want_to_be_asked_first(ask: Any, pages: Any, ana: User, clinic: TenantRef) -> None:
    pages(ana).post("/settings/support/policy/", {"ask_first": "on"})

    assert state(ask()) == SupportState.WAITING


def test_one_session_at_a_time_and_none_at_a_closed_tenant(ask: Any, console: Client, clinic: TenantRef) -> None:
    ask()
    again = console.post(f"/operators/tenants/{clinic.id}/support/", ASKED)
    assert again.status_code == 409
    assert "Week view is slow" in again.content.decode()

    with use_platform():
        SupportSession.objects.all().update(ended_at=timezone.now())
        Tenant.objects.filter(pk=clinic.id).update(state="suspended")
    catalog.forget()
    assert console.post(f"/operators/tenants/{clinic.id}/support/", ASKED).status_code == 409


def test_a_session_says_why_and_lasts_an_hour_at_most(console: Client, clinic: TenantRef) -> None:
    for wrong in ({"reason": ""}, {"ticket": ""}, {"minutes": "600"}, {"role": "patient"}, {"role": "practitioner"}):
        assert console.post(f"/operators/tenants/{clinic.id}/support/", ASKED | wrong).status_code == 422
    with use_platform():
        assert SupportSession.objects.count() == 0


def test_only_the_owner_decides_about_support(ask: Any, pages: Any, rita: User, cai: User, other: TenantRef) -> None:
    session = ask(writes="on")

    for browser in (pages(rita), pages(cai, other)):
        status = browser.post(f"/settings/support/{session.pk}/answer/", {"approve": "yes"}).status_code
        assert status in (403, 404)
    assert state(session) == SupportState.WAITING


@pytest.mark.usefixtures("own_database")
def test_once_the_owner_has_ended_it_nothing_more_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two rooms cannot share a transaction, so whoever ends it waits for what is being written."""
    clinic, oda, ana = tenant_called("clinic"), user("oda@atrium.example"), user("ana@clinic.example")
    with use_platform():
        tenant = Tenant.objects.with_rooms().get(pk=clinic.id)
    asked = support.request_session(tenant=tenant, by=oda, writes=True, at=timezone.now(), **WANTED)
    support.answer_session(session=asked, by=ana, approve=True, writes=True, at=timezone.now())
    code = support.give_pass(session=latest(), by=oda, state="x", at=timezone.now())
    session = support.enter(code=code, tenant_id=clinic.id, state="x", at=timezone.now())
    browser = Client(headers={"host": host_of(clinic)})
    browser.cookies[settings.SESSION_COOKIE_NAME] = _session_of(session, clinic)
    inside, order = Event(), []

    def slowly(**_: Any) -> None:
        inside.set()
        sleep(0.3)
        order.append("written")

    monkeypatch.setattr("modules.crm.services.register_patient", slowly)

    def post() -> None:
        browser.post("/api/patients/", '{"first_name": "Zed"}', content_type="application/json")

    def end() -> None:
        assert inside.wait(timeout=20)
        support.end_session(session=session, how=SupportEnd.OWNER, by=ana, at=timezone.now())
        order.append("ended")

    all_at_once([post, end])

    assert order == ["written", "ended"]


def test_the_platforms_log_knows_too(ask: Any, go_in: Any, clinic: TenantRef) -> None:
    go_in(ask()).post("/support/end/")

    with use_platform():
        rows = PlatformEntry.objects.filter(action__startswith="support.").order_by("pk")
        assert [entry.action for entry in rows] == ["support.requested", "support.started", "support.ended"]
        assert rows[0].details["ticket"] == "4821"
