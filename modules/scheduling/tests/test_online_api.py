"""The public page as an API: the same services, limits and secrets, for programs that nobody signed in."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from identity.models import User
from modules.scheduling.domain.states import Status
from modules.scheduling.models import Appointment, Hold, Practitioner, Service
from modules.scheduling.tests.online_pages import NINA, code_in, link_in
from tenancy import TenantRef, use
from tests.jobs import run_due_jobs

API = "/api/scheduling/public"
UNKNOWN = "01900000-0000-7000-8000-000000000000"


@pytest.fixture
def start(api: Any, offered: Service, soon: datetime) -> str:
    """The first time that is free on the day of `soon`."""
    times = api(None).get(f"{API}/services/{offered.pk}/times/?from={soon.date()}&days=1").json()
    return str(times["items"][0]["start_time"])


def hold_of(service: Service, start: str, **more: Any) -> dict[str, Any]:
    return {**NINA, "service_id": str(service.pk), "start_time": start, **more}


def test_a_program_keeps_a_time_confirms_it_and_changes_the_visit_as_the_page_does(
    api: Any, offered: Service, start: str, clinic: TenantRef, mailoutbox: Any
) -> None:
    program = api(None)
    first, again = (program.post(f"{API}/holds/", hold_of(offered, start), key="nina-1") for _ in range(2))
    held = f"{API}/holds/{first.json()['secret']}/"
    run_due_jobs()
    code = code_in(mailoutbox[-1])
    wrong = program.post(f"{held}confirmation/", {"code": "1"})
    booked, twice = (program.post(f"{held}confirmation/", {"code": code}) for _ in range(2))
    run_due_jobs()
    visit = f"{API}/visits/{link_in(mailoutbox[-1], 'visit').split('/')[2]}/"
    seen = program.get(visit)
    others = program.get(f"{visit}times/").json()["items"]
    program.client.defaults["HTTP_IF_MATCH"] = seen["ETag"]
    moved, late = (program.put(f"{visit}time/", {"start_time": to}) for to in (others[-1]["start_time"], start))
    del program.client.defaults["HTTP_IF_MATCH"]
    cancelled = program.post(f"{visit}cancellation/", {"reason": "ill"})

    assert (first.status_code, again.status_code, first.json()) == (201, 201, again.json())
    assert (wrong.status_code, wrong.json()["code"]) == (422, "wrong-code")
    assert [answer.json()["visit_status"] for answer in (booked, twice)] == ["SCHEDULED"] * 2
    assert (seen.json()["may_move"], seen["Cache-Control"]) == (True, "private, no-store")
    assert moved.json()["start_time"] == others[-1]["start_time"]
    assert (late.status_code, late.json()["code"]) == (409, "changed-meanwhile")
    assert (cancelled.json()["status"], cancelled.json()["may_cancel"]) == ("CANCELLED", False)
    assert "Nina" not in seen.content.decode() + booked.content.decode()
    with use(clinic):
        assert Hold.objects.count() == 1
        assert Appointment.objects.get().status == Status.CANCELLED


def test_whoever_is_too_late_hears_other_times_and_nothing_of_who_was_faster(
    api: Any, offered: Service, start: str, clinic: TenantRef
) -> None:
    with use(clinic):
        staff = Practitioner.objects.filter(services=offered).count()
    for n in range(staff):
        assert api(None).post(f"{API}/holds/", hold_of(offered, start, email=f"{n}@mail.example")).status_code == 201

    lost = api(None).post(f"{API}/holds/", hold_of(offered, start, email="late@mail.example"))

    assert lost.status_code == 409
    assert lost.json()["alternatives"]
    assert start not in [each["start_time"] for each in lost.json()["alternatives"]]
    assert "mail.example" not in lost.content.decode()


def test_what_staff_book_is_unknown_here_and_what_is_rung_for_has_no_times(
    api: Any, offered: Service, start: str, clinic: TenantRef
) -> None:
    with use(clinic):
        Service.objects.filter(name="Hand therapy").update(offered="CONTACT")
        Service.objects.filter(pk=offered.pk).update(offered="STAFF")
        by_phone = Service.objects.get(name="Hand therapy")
    program = api(None)

    shown = {each["name"]: each["offered"] for each in program.get(f"{API}/services/").json()["items"]}
    answers = [
        (program.get(f"{API}/services/{pk}/times/").content, program.post(f"{API}/holds/", wished).content)
        for pk in (str(offered.pk), UNKNOWN)
        for wished in [hold_of(offered, start, service_id=pk)]
    ]

    assert "Follow-up" not in shown
    assert shown["Hand therapy"] == "CONTACT"
    assert answers[0] == answers[1]
    assert program.get(f"{API}/services/{by_phone.pk}/times/").status_code == 404
    assert program.post(f"{API}/holds/", hold_of(by_phone, start)).json()["errors"].keys() == {"service_id"}


def test_a_session_that_comes_along_is_nobodys_and_bad_fields_are_named(
    pages: Any, offered: Service, start: str, rita: User, clinic: TenantRef
) -> None:
    browser = pages(rita).client
    browser.handler.enforce_csrf_checks = True

    bad = browser.post(f"{API}/holds/", hold_of(offered, start, email="nina", last_name=""), "application/json")
    kept = browser.post(f"{API}/holds/", hold_of(offered, start), "application/json")

    assert (bad.status_code, set(bad.json()["errors"])) == (422, {"email", "last_name"})
    assert kept.status_code == 201
    with use(clinic):
        assert Hold.objects.count() == 1


def test_codes_tried_on_the_page_and_by_the_api_are_counted_together(
    api: Any, pages: Any, offered: Service, start: str, mailoutbox: Any
) -> None:
    secret = api(None).post(f"{API}/holds/", hold_of(offered, start)).json()["secret"]
    for _ in range(4):
        pages().post(f"/book/held/{secret}/", {"code": "1"})
        api(None).post(f"{API}/holds/{secret}/confirmation/", {"code": "1"})
    run_due_jobs()

    right = api(None).post(f"{API}/holds/{secret}/confirmation/", {"code": code_in(mailoutbox[-1])})

    assert (right.status_code, right.json()["code"]) == (429, "too-many-requests")
    assert api(None).get(f"{API}/holds/guessed/").status_code == 404
