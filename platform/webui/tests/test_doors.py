"""Who is let in by a page's door, and where the others are sent."""

from __future__ import annotations

from typing import Any

from django.test import Client

from identity.models import User
from kernel.errors import NotAllowed
from tests.doors import session_key
from webui import doors


def test_a_stranger_is_sent_to_sign_in_and_will_come_back_to_the_page(pages: Any) -> None:
    answer = pages(None).get("/patients/?q=Paul")

    assert (answer.status_code, answer["Location"]) == (302, "/sign-in/?next=%2Fpatients%2F%3Fq%3DPaul")


def test_htmx_is_told_to_take_the_whole_page_there(pages: Any) -> None:
    answer = pages(None).get("/patients/", hx_request="true")

    assert answer["HX-Redirect"].startswith("/sign-in/?next=")


def test_nobody_finds_a_page_by_pressing_back_on_a_shared_computer(pages: Any, rita: User) -> None:
    assert "no-store" in pages(rita).get("/patients/")["Cache-Control"]


def test_a_page_carries_the_permission_that_it_asks_for() -> None:
    guarded = doors.page("crm.view_patient")(lambda request: None)
    anybody = doors.open_page("it is the front page")(lambda request: None)

    assert (guarded.permission, anybody.permission) == ("crm.view_patient", "open: it is the front page")


def test_the_bare_address_leads_staff_to_their_day_and_patients_to_their_portal(
    pages: Any, rita: User, pia: User
) -> None:
    assert pages(rita).get("/")["Location"] == "/today/"
    assert pages(pia).get("/")["Location"] == "/my/"


def test_somebody_whom_the_workspace_does_not_know_is_told_under_which_address_they_came(pages: Any, cai: User) -> None:
    answer = pages(cai).get("/")

    assert answer.status_code == 403
    assert b"cai@other.example" in answer.content


def test_what_is_refused_is_refused_before_the_page_runs(rf: Any) -> None:
    class Nobody:
        is_authenticated = True

        def has_perm(self, permission: str) -> bool:
            return False

    request = rf.get("/")
    request.user = Nobody()
    ran = []
    guarded = doors.page("crm.view_patient")(ran.append)

    try:
        guarded(request)
    except NotAllowed:
        assert ran == []
    else:
        raise AssertionError


def test_a_session_of_the_platform_opens_no_door_of_a_tenant(pages: Any, rita: User) -> None:
    browser: Client = pages(None).client
    browser.cookies["session"] = session_key(rita, None)

    assert browser.get("/patients/").status_code == 302
