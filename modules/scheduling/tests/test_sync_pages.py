"""Calendars that are kept in step, by page and by API."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from identity.models import User
from modules.scheduling.models import CalendarSync, Practitioner
from modules.scheduling.services.elsewhere import calendar_sync
from modules.scheduling.tests.calendar_servers import PASSWORD, USER, CalendarSite, calendar_site
from tenancy import TenantRef, use


@pytest.fixture
def site(tmp_path: Path, settings: Any) -> Iterator[CalendarSite]:
    with calendar_site(tmp_path) as running:
        settings.OUTBOUND_STAND_INS = frozenset({running.netloc})
        running.make_calendar()
        yield running


@pytest.fixture
def bos(clinic: TenantRef) -> Practitioner:
    with use(clinic):
        return Practitioner.objects.get(name="Bo")


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def account(site: CalendarSite, **other: str) -> dict[str, str]:
    return {"label": "My Nextcloud", "address": site.url, "user_name": USER, "password": PASSWORD} | other


def run(clinic: TenantRef, at: Any = None) -> CalendarSync:
    from django.utils import timezone

    with use(clinic):
        sync = CalendarSync.objects.get()
        calendar_sync.sync_calendar(calendar_id=sync.calendar_id, at=at or timezone.now(), is_asked=True)
        return CalendarSync.objects.select_related("calendar").get()


@pytest.mark.parametrize("who", ["bo", "ana"])
def test_a_calendar_is_signed_in_at_chosen_looked_after_and_disconnected(
    who: str, pages: Any, bo: User, ana: User, bos: Practitioner, clinic: TenantRef, site: CalendarSite
) -> None:
    browser = pages({"bo": bo, "ana": ana}[who])
    signed_in = browser.post(f"/settings/calendars/{bos.pk}/account/", account(site))
    assert signed_in.status_code == 302
    page = signed_in["Location"]
    assert "bo/work" in text_of(browser.get(page))
    assert "Choose a calendar" in text_of(browser.get("/settings/calendars/"))
    assert browser.post(page, {"pushes": "on", "shows": "visit"}).status_code == 422
    assert browser.post(page, {"key": "1", "pushes": "on", "pulls": "on", "shows": "visit"}).status_code == 302

    sync = run(clinic)
    assert sync.calendar.last_ok_at is not None
    assert "Visits there, busy times here" in text_of(browser.get("/settings/calendars/"))
    browser.post(f"{page}reading/")

    refused = browser.post(f"{page}password/", {"password": "guess"})
    assert refused.status_code == 422
    assert "refuses the user name or the password" in text_of(refused)
    assert browser.post(f"{page}password/", {"password": PASSWORD}).status_code == 302

    assert browser.post(f"{page}disconnection/").status_code == 302
    assert "My Nextcloud" not in text_of(browser.get("/settings/calendars/"))
    assert browser.get(page).status_code == 404


@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        ({"password": "guess"}, "refuses the user name or the password"),
        ({"address": "http://calendar.example/"}, "Only addresses that begin with https://"),
        ({"address": "https://10.0.0.1/"}, "leads into a private network"),
        ({"user_name": ""}, "This field is required."),
    ],
)
def test_what_does_not_lead_in_is_said_at_its_field_and_nothing_is_kept(
    other: dict[str, str], sentence: str, pages: Any, bo: User, bos: Practitioner, clinic: TenantRef, site: CalendarSite
) -> None:
    answer = pages(bo).post(f"/settings/calendars/{bos.pk}/account/", account(site, **other))

    assert answer.status_code == 422
    assert sentence in text_of(answer)
    assert "My Nextcloud" in text_of(answer)
    assert PASSWORD not in text_of(answer)
    with use(clinic):
        assert not CalendarSync.objects.exists()


def test_all_of_it_goes_by_api_and_nothing_of_it_for_strangers(
    api: Any, bo: User, bea: User, pia: User, bos: Practitioner, clinic: TenantRef, site: CalendarSite
) -> None:
    mine = api(bo)
    made = mine.post("/api/scheduling/synced-calendars/", account(site)).json()
    assert (made["state"], made["practitioner_id"]) == ("choose", str(bos.pk))
    assert made["choices"] == [{"key": "1", "name": "bo/work", "is_writable": True}]
    assert not {"address", "user_name", "password"} & made.keys()
    path = f"/api/scheduling/synced-calendars/{made['id']}/"
    settings = {"key": "1", "pushes": True, "pulls": True, "shows": "initials"}

    for stranger in (api(bea), api(pia)):
        assert stranger.patch(path, settings).status_code in (403, 404)
        assert stranger.get(path).status_code in (403, 404)
    assert (
        api(bea).post("/api/scheduling/synced-calendars/", account(site, practitioner_id=str(bos.pk))).status_code
        == 403
    )

    assert mine.patch(path, settings | {"key": "9"}).json()["code"] == "calendar-not-good"
    assert mine.patch(path, settings).json()["state"] == "in-step"
    assert mine.post("/api/scheduling/synced-calendars/", account(site, password="x")).json()["code"] == (
        "calendar-sign-in-refused"
    )
    assert mine.post(f"{path}password/", {"password": PASSWORD}).status_code == 200
    assert mine.post(f"{path}reading/").status_code == 202
    run(clinic)
    assert mine.get("/api/scheduling/synced-calendars/").json()["items"][0]["last_ok_at"]
    assert mine.get("/api/scheduling/external-calendars/").json()["count"] == 0
    assert mine.client.delete(path).json()["state"] == "left-behind"
    assert mine.get("/api/scheduling/synced-calendars/").json()["count"] == 0
    assert mine.patch(path, settings).status_code == 404
