"""Where somebody is signed in: seen with where and since when, and ended wherever it led."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from identity.devices import in_plain_words
from identity.models import Session, User
from identity.sessions import SEEN_EVERY
from identity.tokens import Caller, issue_tokens, renew_tokens
from tenancy import TenantRef, use_platform
from tests.across_hosts import Browser
from tests.cast import PASSWORD

CLINIC = "http://clinic.localhost:8000"
PAGE = "http://localhost:8000/accounts/sessions/"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:149.0) Gecko/20100101 Firefox/149.0"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1 Version/18.5 Mobile Safari/604.1"
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/149.0.0.0 Safari/537.36"
EDGE = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/149.0 Safari/537.36 Edg/149.0"


def signed_in(agent: str) -> Browser:
    """Rita in a browser that calls itself so, on the platform's host and at the clinic."""
    browser = Browser()
    for host in ("clinic.localhost:8000", "localhost:8000"):
        browser.client(host).defaults["HTTP_USER_AGENT"] = agent
    browser.open(f"{CLINIC}/patients/")
    browser.sign_in("rita@clinic.example", PASSWORD)
    assert browser.url == f"{CLINIC}/patients/"
    return browser


@pytest.fixture
def two(db: None) -> tuple[Browser, Browser]:
    return signed_in(FIREFOX), signed_in(IPHONE)


def shown(browser: Browser) -> dict[str, tuple[Any, list[str]]]:
    """Return what the page lists, by what each browser is called."""
    browser.open(PAGE)
    return {each.device: (each, places) for each, places in browser.answer.context["sign_ins"]}


def test_every_browser_is_listed_with_where_it_is_signed_in(two: tuple[Browser, Browser]) -> None:
    found = shown(two[0])

    assert list(found) == ["Firefox on Windows", "Safari on iPhone"]
    here, places = found["Firefox on Windows"]
    assert (here.is_here, here.ip, places) == (True, "127.0.0.1", ["Atrium", "Northside Physio"])
    assert not found["Safari on iPhone"][0].is_here


def test_ending_one_signs_that_browser_out_wherever_it_was(two: tuple[Browser, Browser]) -> None:
    mine, lost = two
    other = shown(mine)["Safari on iPhone"][0]

    mine.send(to=f"{PAGE}{other.id}/end/")

    assert list(shown(mine)) == ["Firefox on Windows"]
    lost.open(f"{CLINIC}/patients/")
    assert lost.path == "/accounts/login/"
    assert mine.open(f"{CLINIC}/patients/").status_code == 200


def test_all_others_are_ended_at_once_and_this_one_stays(two: tuple[Browser, Browser]) -> None:
    mine, lost = two
    third = signed_in(CHROME)
    mine.send(to=f"{PAGE}others/end/")

    for browser in (lost, third):
        browser.open(f"{CLINIC}/patients/")
        assert browser.path == "/accounts/login/"
    assert list(shown(mine)) == ["Firefox on Windows"]


def test_nobody_ends_what_is_anothers(two: tuple[Browser, Browser], bo: User) -> None:
    mine, _ = two
    theirs = Browser()
    theirs.open(PAGE)
    theirs.sign_in(bo.email, PASSWORD)
    with use_platform():
        sign_in = Session.objects.filter(user_id=bo.pk).values_list("sign_in", flat=True)[0]

    assert mine.send(to=f"{PAGE}{sign_in}/end/").status_code == 404
    assert theirs.open(PAGE).status_code == 200


def test_a_program_is_listed_once_however_often_it_renews_and_ends_at_once(
    two: tuple[Browser, Browser], rita: User, clinic: TenantRef, api: Any
) -> None:
    caller = Caller(ip="198.51.100.7", user_agent="till/2.1 (linux)")
    began = timezone.now() - timedelta(days=2)
    pair = issue_tokens(user=rita, tenant_id=clinic.id, at=began, caller=caller)
    pair = renew_tokens(refresh=pair.refresh, tenant_id=clinic.id, at=timezone.now(), caller=caller)
    program = api(None)
    program.client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {pair.access}"
    assert program.get("/api/patients/").status_code == 200

    mine, _ = two
    mine.open(PAGE)
    ((listed, place),) = mine.answer.context["programs"]
    assert (listed.device, listed.ip, listed.since, place) == ("till", "198.51.100.7", began, "Northside Physio")

    mine.send(to=f"http://localhost:8000/accounts/programs/{listed.family}/end/")
    assert program.get("/api/patients/").status_code == 401
    assert mine.send(to=f"http://localhost:8000/accounts/programs/{listed.family}/end/").status_code == 404


def test_when_a_session_was_last_seen_is_written_once_in_a_while_only(
    two: tuple[Browser, Browser], rita: User, django_assert_num_queries: Any
) -> None:
    def seen() -> list[Any]:
        with use_platform():
            return list(Session.objects.filter(user_id=rita.pk).order_by("pk").values_list("last_seen_at", flat=True))

    mine, _ = two
    before = seen()
    mine.open(f"{CLINIC}/patients/")
    assert seen() == before

    with use_platform():
        Session.objects.filter(user_id=rita.pk).update(last_seen_at=timezone.now() - SEEN_EVERY)
    stale = seen()
    mine.open(f"{CLINIC}/patients/")
    assert sum(now > then for now, then in zip(seen(), stale, strict=True)) == 1


def test_since_when_a_session_is_survives_being_used(two: tuple[Browser, Browser], rita: User) -> None:
    mine, _ = two
    with use_platform():
        began = timezone.now() - timedelta(days=3)
        Session.objects.filter(user_id=rita.pk).update(created_at=began)

    mine.send({"email": "x@home.example", "action_add": ""}, to="http://localhost:8000/accounts/email/")  # saves it

    assert shown(mine)["Firefox on Windows"][0].since == began


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (FIREFOX, "Firefox on Windows"),
        (IPHONE, "Safari on iPhone"),
        (CHROME, "Chrome on Linux"),
        (EDGE, "Edge on Windows"),
        ("python-requests/2.34", "python-requests"),
        ("", "Something that does not say what it is"),
        ("<script>alert(1)</script>" * 9, "<script>alert(1)<"),
    ],
)
def test_a_browser_is_called_as_people_call_it(agent: str, words: str) -> None:
    assert in_plain_words(agent) == words
