"""What somebody waits for is changed where it was said: at the desk, on the portal, over the API; nobody overwrites."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta
from html import unescape
from typing import Any

import pytest
from django.utils import timezone

from identity.models import User
from modules.crm.services import claim_records
from modules.scheduling.domain.waiting import Priority
from modules.scheduling.models import EntryState, Practitioner, Service, WaitingEntry
from modules.scheduling.services import Wait, add_entry
from modules.scheduling.services.waiting.gaps import offer_by_hand
from modules.scheduling.tests.conftest import register
from tenancy import TenantRef, use

API = "/api/scheduling/waiting-list/"


@pytest.fixture
def pias(clinic: TenantRef, rita: User, pia: User, soon: datetime) -> WaitingEntry:
    """Quin, whom Pia looks after, waits for a follow-up, urgently."""
    with use(clinic):
        patient = register("Quin", by=rita, at=timezone.now(), email="quin@mail.example")
        assert claim_records(user=pia, verified_emails=["quin@mail.example"], at=timezone.now())
        wait = Wait(
            patient_id=patient.pk,
            service_id=Service.objects.get(name="Follow-up").pk,
            first_day=soon.date(),
            priority=Priority.URGENT,
            priority_reason="acute pain",
        )
        return add_entry(wait=wait, by=rita, at=soon)


def body_of(entry: WaitingEntry, **changes: Any) -> dict[str, Any]:
    return {"service_id": str(entry.service_id), "first_day": str(entry.first_day)} | changes


def now_of(clinic: TenantRef, entry: WaitingEntry) -> WaitingEntry:
    with use(clinic):
        return WaitingEntry.objects.for_display().get(pk=entry.pk)


def test_the_desk_changes_it_on_its_page_and_whoever_saw_it_before_is_told(
    pages: Any, rita: User, clinic: TenantRef, pias: WaitingEntry
) -> None:
    desk, address = pages(rita), f"/waiting/{pias.pk}/change/"
    form = {"service": pias.service_id, "first_day": pias.first_day, "notice_hours": 3, "version": 1}
    form |= {"weekdays": ["1", "3"], "starts": "09:00", "ends": "12:00", "priority": "SOON", "priority_reason": "pain"}

    shown = desk.get(address).content.decode()
    saved, stale = desk.post(address, form), desk.post(address, form | {"starts": "10:00"})

    assert 'name="version" value="1"' in shown
    assert (saved.status_code, stale.status_code) == (302, 422)
    assert "Somebody changed this meanwhile" in stale.content.decode()
    entry = now_of(clinic, pias)
    assert (entry.priority, entry.notice_minutes, entry.version) == ("SOON", 180, 2)
    assert [(window.weekdays, window.starts, window.ends) for window in entry.windows.all()] == [
        ([1, 3], time(9), time(12))
    ]
    assert 'value="09:00"' in desk.get(address).content.decode()


def test_patients_change_their_own_and_how_urgent_it_is_stays(
    pages: Any, api: Any, pia: User, rita: User, clinic: TenantRef, pias: WaitingEntry, soon: datetime
) -> None:
    with use(clinic):
        patient_id, wish = register("Strange", by=rita, at=soon).pk, {"service_id": pias.service_id}
        strangers = add_entry(wait=Wait(patient_id=patient_id, first_day=soon.date(), **wish), by=rita, at=soon)
    later = soon.date() + timedelta(days=9)

    saved = pages(pia).post(
        f"/my/waiting/{pias.pk}/change/", {"service": pias.service_id, "first_day": later, "notice_hours": 2}
    )
    urgent = api(pia).put(f"{API}{pias.pk}/", body_of(pias, priority="URGENT", priority_reason="now"))
    elses = api(pia).put(f"{API}{strangers.pk}/", body_of(strangers))

    assert (saved.status_code, urgent.status_code, elses.status_code) == (302, 403, 404)
    assert pages(pia).get(f"/my/waiting/{strangers.pk}/change/").status_code == 404
    entry = now_of(clinic, pias)
    assert (entry.first_day, entry.priority, entry.priority_reason) == (later, "URGENT", "acute pain")


def test_over_the_api_with_an_etag_and_what_is_offered_stays_until_it_is_answered(
    api: Any, rita: User, clinic: TenantRef, pias: WaitingEntry, soon: datetime
) -> None:
    desk = api(rita)
    with use(clinic):
        bo, other = Practitioner.objects.get(name="Bo"), Service.objects.get(name="Sports massage")
        offer = offer_by_hand(entry=pias, starts_at=soon, practitioner_id=bo.pk, by=rita, at=timezone.now())
    etag = desk.get(f"{API}{pias.pk}/")["ETag"]
    desk.client.defaults["HTTP_IF_MATCH"] = etag

    changed = desk.put(f"{API}{pias.pk}/", body_of(pias, practitioner_ids=[str(bo.pk)], last_day="2099-01-01"))
    stale = desk.put(f"{API}{pias.pk}/", body_of(pias))
    desk.client.defaults["HTTP_IF_MATCH"] = changed["ETag"]
    service = desk.put(f"{API}{pias.pk}/", body_of(pias, service_id=str(other.pk)))

    assert (changed.status_code, changed.json()["priority"]) == (200, "ROUTINE")
    assert (stale.status_code, stale.json()["code"]) == (409, "changed-meanwhile")
    assert (service.status_code, service.json()["code"]) == (409, "has-an-offer")
    assert now_of(clinic, pias).state == EntryState.OFFERED
    with use(clinic):
        offer.refresh_from_db()
        assert offer.is_held


def test_a_time_drawn_in_the_calendar_leads_to_who_fits_it(
    pages: Any, rita: User, clinic: TenantRef, pias: WaitingEntry, soon: datetime
) -> None:
    with use(clinic):
        bo = Practitioner.objects.get(name="Bo")
    drawn = {"start_day": soon.date(), "start": "10:00", "end_day": soon.date(), "end": "11:00", "with": bo.pk}

    page = pages(rita).get("/appointments/new/", drawn).content.decode()
    (query,) = re.findall(r'/waiting/gap/([^"]+)"', page)

    assert "Quin" in pages(rita).get(f"/waiting/gap/{unescape(query)}").content.decode()
