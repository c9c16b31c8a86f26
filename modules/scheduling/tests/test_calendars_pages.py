"""Calendars elsewhere, by page and by API: what practitioners, managers and patients do there."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.utils import timezone

from identity.models import User
from modules.scheduling.models import CalendarFeed, ExternalCalendar, Practitioner
from modules.scheduling.services.elsewhere import external_calendars
from tenancy import TenantRef, use

FEED = {"label": "Phone", "shows": "visit"}
CALENDAR = {"label": "Home", "url": "webcal://calendar.example/a.ics"}


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def path_in(answer: Any) -> str:
    """Return the path of the address that a page shows."""
    found = re.search(r"/calendar/feeds/[\w-]+\.ics", text_of(answer))
    assert found
    return found[0]


@pytest.fixture
def bos(clinic: TenantRef) -> Practitioner:
    with use(clinic):
        return Practitioner.objects.get(name="Bo")


@pytest.mark.parametrize("who", ["bo", "ana"])
def test_an_address_is_shown_once_and_can_be_renewed_and_revoked(
    who: str, pages: Any, bo: User, ana: User, bos: Practitioner, clinic: TenantRef
) -> None:
    browser, app = pages({"bo": bo, "ana": ana}[who]), pages(None)
    made = browser.post(f"/settings/calendars/{bos.pk}/address/", FEED)
    assert made.status_code == 201
    assert app.get(path_in(made)).status_code == 200

    overview = text_of(browser.get("/settings/calendars/"))
    with use(clinic):
        feed = CalendarFeed.objects.get()
    assert "Phone" in overview
    assert path_in(made) not in overview + text_of(browser.get(f"/settings/calendars/addresses/{feed.pk}/"))

    renewed = browser.post(f"/settings/calendars/addresses/{feed.pk}/renewal/")
    assert [app.get(path_in(page)).status_code for page in (made, renewed)] == [404, 200]

    browser.post(f"/settings/calendars/addresses/{feed.pk}/", FEED | {"label": "Tablet", "shows": "everything"})
    assert "Tablet" in text_of(browser.get("/settings/calendars/"))
    browser.post(f"/settings/calendars/addresses/{feed.pk}/revocation/")
    assert app.get(path_in(renewed)).status_code == 404


def test_a_colleagues_calendar_is_not_there(pages: Any, bea: User, bo: User, bos: Practitioner) -> None:
    pages(bo).post(f"/settings/calendars/{bos.pk}/address/", FEED)

    assert "Phone" not in text_of(pages(bea).get("/settings/calendars/"))
    for path in ("address", "connection"):
        assert pages(bea).get(f"/settings/calendars/{bos.pk}/{path}/").status_code == 404


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"label": ""}, "This field is required."),
        ({"url": "http://calendar.example/a.ics"}, "Only addresses that begin with https://"),
        ({"url": "calendar.example"}, "This is no web address."),
        ({"url": "https://me:pw@calendar.example/"}, "must not hold a name and a password"),
    ],
)
def test_an_address_that_would_not_be_read_is_refused_at_its_field_and_kept(
    form: dict[str, str], sentence: str, pages: Any, bo: User, bos: Practitioner
) -> None:
    answer = pages(bo).post(f"/settings/calendars/{bos.pk}/connection/", CALENDAR | form)

    assert answer.status_code == 422
    assert sentence in text_of(answer)
    assert (CALENDAR | form)["url"] in text_of(answer)


def test_a_calendar_is_connected_says_what_is_wrong_with_it_and_is_disconnected(
    pages: Any, bo: User, bos: Practitioner, clinic: TenantRef
) -> None:
    browser = pages(bo)
    assert browser.post(f"/settings/calendars/{bos.pk}/connection/", CALENDAR).status_code == 302
    with use(clinic):
        calendar = ExternalCalendar.objects.get()
        external_calendars._note_failure(calendar, why="missing", at=timezone.now())

    overview = text_of(browser.get("/settings/calendars/"))
    assert "there is nothing at this address" in overview
    assert "calendar.example" not in overview

    browser.post(f"/settings/calendars/elsewhere/{calendar.pk}/reading/")
    browser.post(f"/settings/calendars/elsewhere/{calendar.pk}/disconnection/")
    assert "there is nothing at this address" not in text_of(browser.get("/settings/calendars/"))


def test_patients_put_their_visits_into_their_calendar(pages: Any, pia: User, clinic: TenantRef) -> None:
    portal, app = pages(pia), pages(None)
    assert portal.post("/my/calendar/", {"label": "", "shows": "initials"}).status_code == 422
    made = portal.post("/my/calendar/", FEED)
    assert app.get(path_in(made)).status_code == 200

    with use(clinic):
        feed = CalendarFeed.objects.get()
    renewed = portal.post(f"/my/calendar/{feed.pk}/renewal/")
    portal.post(f"/my/calendar/{feed.pk}/revocation/")

    assert [app.get(path_in(page)).status_code for page in (made, renewed)] == [404, 404]


def test_all_of_it_goes_by_api(
    api: Any, pages: Any, bo: User, bea: User, pia: User, bos: Practitioner, clinic: TenantRef
) -> None:
    mine, patient, app = api(bo), api(pia), pages(None)
    made = mine.post("/api/scheduling/calendar-feeds/", FEED).json()
    own = patient.post("/api/scheduling/calendar-feeds/", FEED).json()
    address = f"/api/scheduling/calendar-feeds/{made['feed']['id']}/"
    assert made["feed"]["practitioner_id"] == str(bos.pk)
    assert own["feed"]["practitioner_id"] is None
    assert mine.patch(address, FEED | {"label": "Tablet"}).json()["label"] == "Tablet"
    renewed = mine.post(f"{address}address/").json()
    assert [app.get("/calendar" + each["url"].partition("/calendar")[2]).status_code for each in (made, renewed)] == [
        404,
        200,
    ]

    for stranger in (patient, api(bea)):
        assert stranger.client.delete(address).status_code == 404
    assert patient.post("/api/scheduling/calendar-feeds/", FEED | {"practitioner_id": bos.pk}).status_code == 403
    assert patient.post("/api/scheduling/calendar-feeds/", FEED | {"shows": "initials"}).status_code == 422
    assert mine.client.delete(address).status_code == 204
    assert mine.get("/api/scheduling/calendar-feeds/").json()["count"] == 0

    calendar = mine.post("/api/scheduling/external-calendars/", CALENDAR).json()
    assert (calendar["problem"], calendar["is_stale"], "url" in calendar) == ("", False, False)
    address = f"/api/scheduling/external-calendars/{calendar['id']}/"
    assert mine.post("/api/scheduling/external-calendars/", CALENDAR | {"url": "x"}).json()["code"] == (
        "calendar-address-not-good"
    )
    assert mine.post(f"{address}reading/").status_code == 202
    assert mine.client.delete(address).status_code == 204
    assert mine.get("/api/scheduling/external-calendars/").json()["count"] == 0
