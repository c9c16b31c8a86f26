"""The waiting list at its doors: the desk's pages, the link in the mail, the portal and the API."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from identity.models import User
from modules.crm.models import Patient
from modules.crm.services import claim_records
from modules.scheduling.domain.states import Status
from modules.scheduling.models import Appointment, Offer, Practitioner, Service, WaitingEntry
from modules.scheduling.services import Wait, add_entry
from modules.scheduling.services.waiting.gaps import offer_by_hand
from modules.scheduling.services.waiting.offering import secret_of
from modules.scheduling.tests.conftest import register
from tenancy import TenantRef, use

HOUR = timedelta(hours=1)


@pytest.fixture
def quin(clinic: TenantRef, rita: User, pia: User) -> Patient:
    """A patient who is looked after on the portal by Pia."""
    with use(clinic):
        quin = register("Quin", by=rita, at=timezone.now(), email="quin@mail.example")
        assert claim_records(user=pia, verified_emails=["quin@mail.example"], at=timezone.now())
        return quin


@pytest.fixture
def entry(clinic: TenantRef, quin: Patient, rita: User) -> WaitingEntry:
    with use(clinic):
        service = Service.objects.get(name="Follow-up")
        wait = Wait(patient_id=quin.pk, service_id=service.pk, first_day=timezone.localdate())
        return add_entry(wait=wait, by=rita, at=timezone.now())


@pytest.fixture
def offer(clinic: TenantRef, entry: WaitingEntry, rita: User, soon: datetime) -> Offer:
    with use(clinic):
        bo = Practitioner.objects.get(name="Bo")
        return offer_by_hand(entry=entry, starts_at=soon, practitioner_id=bo.pk, by=rita, at=timezone.now())


@pytest.fixture
def link(clinic: TenantRef, offer: Offer) -> str:
    with use(clinic):
        return f"/offers/{secret_of(offer.pk)}/"


def state_of(clinic: TenantRef, offer: Offer) -> tuple[str, str, str]:
    with use(clinic):
        now = Offer.objects.select_related("entry", "appointment").get(pk=offer.pk)
        return now.state, now.entry.state, now.appointment.status


def test_the_desk_puts_somebody_on_the_list_and_offers_a_time_that_suits(
    pages: Any, rita: User, quin: Patient, clinic: TenantRef, soon: datetime
) -> None:
    desk = pages(rita)
    with use(clinic):
        service, bo = Service.objects.get(name="Follow-up"), Practitioner.objects.get(name="Bo")
    form = {"patient": quin.pk, "service": service.pk, "practitioners": [bo.pk], "first_day": soon.date()}
    form |= {"weekdays": [soon.weekday()], "starts": "10:00", "ends": "12:00", "notice_hours": 2}

    refused = desk.post("/waiting/new/", form | {"priority": "URGENT", "remark": "after eye surgery"})
    made = desk.post("/waiting/new/", form | {"priority": "URGENT", "priority_reason": "acute pain"})
    shown = desk.get(made["Location"]).content.decode()
    gap = {"practitioner": bo.pk, "day": soon.date(), "from": "09:00", "until": "13:00"}
    fitting = desk.get("/waiting/gap/", gap).content.decode()
    slot = shown.partition('name="slot" value="')[2].partition('"')[0]
    offered = desk.post(f"{made['Location']}offers/", {"slot": slot})

    assert (refused.status_code, made.status_code, offered.status_code) == (422, 302, 302)
    assert "after eye surgery" in refused.content.decode()
    assert "Say why it is urgent." in refused.content.decode()
    assert "Quin Test" in fitting
    assert "With whom they asked for" in fitting
    listed = desk.get("/waiting/").content.decode()
    assert "Kept:" in listed
    with use(clinic):
        offer = Offer.objects.get()
    booked = desk.post(f"/waiting/offers/{offer.pk}/acceptance/")
    assert booked["Location"] == f"/appointments/{offer.appointment_id}/"
    assert state_of(clinic, offer) == ("ACCEPTED", "BOOKED", "SCHEDULED")


def test_the_link_shows_the_time_and_only_its_button_takes_it(
    pages: Any, clinic: TenantRef, offer: Offer, link: str
) -> None:
    nobody = pages(None)

    assert "Take this time" in nobody.get(link).content.decode()
    assert nobody.get(f"{link}acceptance/").status_code == 405
    assert state_of(clinic, offer) == ("HELD", "OFFERED", "OFFERED")
    for _twice in (1, 2):
        assert nobody.post(f"{link}acceptance/")["Location"] == link
        assert "It is yours" in nobody.get(link).content.decode()
        assert state_of(clinic, offer) == ("ACCEPTED", "BOOKED", "SCHEDULED")
    late = nobody.post(f"{link}refusal/")
    assert late.status_code == 409
    assert state_of(clinic, offer) == ("ACCEPTED", "BOOKED", "SCHEDULED")


def test_another_tenants_link_is_no_link(pages: Any, other: TenantRef, link: str) -> None:
    assert pages(None, other).get(link).status_code == 404
    assert pages(None, other).post(f"{link}acceptance/").status_code == 404


def test_what_has_run_out_says_so_kindly_and_one_may_still_leave(
    pages: Any, clinic: TenantRef, offer: Offer, link: str
) -> None:
    with use(clinic):
        Offer.objects.filter(pk=offer.pk).update(expires_at=timezone.now() - HOUR)

    assert "no longer kept for you" in pages(None).get(link).content.decode()
    assert pages(None).post(f"{link}acceptance/").status_code == 409
    assert pages(None).post(f"{link}leaving/").status_code == 302
    assert state_of(clinic, offer) == ("DECLINED", "WITHDRAWN", "LAPSED")
    assert "off the list" in pages(None).get(link).content.decode()


def test_patients_join_see_what_is_kept_for_them_and_leave(
    pages: Any, api: Any, pia: User, rita: User, clinic: TenantRef, offer: Offer
) -> None:
    """What is kept is no visit of theirs: neither on the portal nor in the API, and nothing is billed for it."""
    portal = pages(pia)
    bill = api(rita).post("/api/billing/invoices/", {"appointment_id": offer.appointment_id})
    with use(clinic):
        massage = Service.objects.get(name="Sports massage")

    assert (bill.status_code, bill.json()["code"]) == (409, "visit-cancelled")
    assert "kept for you until" in portal.get("/my/").content.decode()
    assert api(pia).get("/api/scheduling/appointments/").json()["items"] == []
    assert portal.get(f"/my/visits/{offer.appointment_id}/").status_code == 404
    joined = portal.post(
        "/my/waiting/new/", {"service": massage.pk, "first_day": timezone.localdate(), "notice_hours": 1}
    )
    assert joined.status_code == 302
    assert portal.get("/my/waiting/").content.decode().count("Take me off the list") == 2
    assert portal.post(f"/my/waiting/{offer.entry_id}/leaving/").status_code == 302
    assert state_of(clinic, offer) == ("DECLINED", "WITHDRAWN", "LAPSED")


def test_everything_is_in_the_api_and_accepting_twice_answers_the_same(
    api: Any, rita: User, pia: User, quin: Patient, clinic: TenantRef, soon: datetime
) -> None:
    desk = api(rita)
    with use(clinic):
        service, bo = Service.objects.get(name="Follow-up"), Practitioner.objects.get(name="Bo")
    wish = {"patient_id": quin.pk, "service_id": service.pk, "first_day": soon.date()}
    wish |= {"hours": [{"weekdays": [0], "starts": "09:00", "ends": "12:00"}]}
    base = "/api/scheduling"

    entry = desk.post(f"{base}/waiting-list/", wish).json()
    assert desk.post(f"{base}/waiting-list/", wish).json()["code"] == "already-waiting"
    gap = {"practitioner_id": bo.pk, "start_time": soon.isoformat(), "end_time": (soon + HOUR).isoformat()}
    (match,) = desk.get(f"{base}/waiting-list/matches/", gap).json()["items"]
    times = desk.get(f"{base}/waiting-list/{entry['id']}/times/").json()["items"]
    wanted = {"start_time": match["start_time"], "practitioner_id": match["practitioner_id"]}
    offer = desk.post(f"{base}/waiting-list/{entry['id']}/offers/", wanted).json()
    again = desk.post(f"{base}/waiting-list/{entry['id']}/offers/", wanted)
    answers = [api(pia).post(f"{base}/offers/{offer['id']}/acceptance/").json() for _ in (1, 2)]

    assert entry["hours"] == [{"weekdays": [0], "starts": "09:00:00", "ends": "12:00:00"}]
    assert [reason["code"] for reason in match["reasons"]] == [reason["code"] for reason in offer["reasons"]]
    assert match["entry_id"] == entry["id"]
    assert times[0]["patient_id"] == str(quin.pk)
    assert (again.status_code, again.json()["code"]) == (409, "does-not-suit")
    assert again.json()["alternatives"]
    assert answers[0]["id"] == answers[1]["id"] == offer_visit(clinic, offer["id"])
    assert answers[0]["status"] == Status.SCHEDULED


def offer_visit(clinic: TenantRef, offer_id: str) -> str:
    with use(clinic):
        return str(Appointment.objects.get(offer=offer_id).pk)


def test_the_practice_says_when_and_for_how_long(pages: Any, api: Any, ana: User) -> None:
    form = {"fills_itself": "on", "offer_minutes": 45, "quiet_from": "20:00", "quiet_until": "07:00"}

    assert pages(ana).post("/settings/waiting/", form | {"offer_minutes": 3}).status_code == 422
    assert pages(ana).post("/settings/waiting/", form).status_code == 302
    assert api(ana).get("/api/scheduling/waiting-rules/").json() == {
        "fills_itself": True,
        "offer_minutes": 45,
        "quiet_from": "20:00:00",
        "quiet_until": "07:00:00",
    }
