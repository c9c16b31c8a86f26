"""Deposits where people meet them: the public page, the portal, the desk, the settings, and the API."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from identity.models import User
from modules.billing.models import Deposit, DepositRule, GatewayAccount
from modules.billing.services import WishedRule, set_rule
from modules.billing.tests.conftest import Stripe, register
from modules.billing.tests.test_pages import text_of
from modules.crm.models import Client
from modules.scheduling.domain.states import Status as Visit
from modules.scheduling.models import Appointment, Service
from modules.scheduling.services import Wish, book_appointment
from modules.scheduling.services.visits import provisional
from modules.scheduling.tests.online_pages import NINA, code_in, link_in
from tenancy import TenantRef, use
from tests.jobs import run_due_jobs

DAY = timedelta(days=1)


@pytest.fixture
def ruled(clinic: TenantRef, ana: User) -> Service:
    """A follow-up of which the half, 29.00, is paid before."""
    with use(clinic):
        service = Service.objects.get(name="Follow-up")
        GatewayAccount.objects.create(charges_enabled=True)
        set_rule(wish=WishedRule(service_id=service.pk, percent=Decimal(50)), by=ana)
    return service


@pytest.fixture
def slot(pages: Any, ruled: Service, soon: datetime) -> str:
    page = text_of(pages().get("/book/time/", {"service": ruled.pk, "from": soon.date()}))
    return re.findall(r'name="slot" value="([^"]+)"', page)[0]


@pytest.fixture
def reserved(clinic: TenantRef, ruled: Service, rita: User, pia: User, soon: datetime) -> Appointment:
    """Pia has booked on the portal, and not paid yet."""
    with use(clinic):
        patient = register("Pia Patient", by=rita, at=soon, email="pia@mail.example")
        Client.objects.filter(pk=patient.client_id).update(user_id=pia.pk)
        wish = Wish(service_id=ruled.pk, patient_id=patient.pk, starts_at=soon + DAY, source="portal")
        return book_appointment(wish=wish, by=pia, at=soon)


def test_somebody_new_books_pays_and_has_the_visit(
    stripe: Stripe, pages: Any, ruled: Service, slot: str, clinic: TenantRef, mailoutbox: Any
) -> None:
    phone = pages()
    announced = text_of(phone.get("/book/confirm/", {"service": ruled.pk, "slot": slot}))
    kept = phone.post("/book/confirm/", {"service": ruled.pk, "slot": slot, **NINA})
    run_due_jobs()
    phone.post(kept["Location"], {"code": code_in(mailoutbox[-1])})
    reserved = text_of(phone.get(kept["Location"]))
    run_due_jobs()
    mail = mailoutbox[-1]
    by_link = text_of(phone.get(link_in(mail, "visit")))
    page = link_in(mail, "pay")
    asked = text_of(phone.get(page))
    gateway = phone.post(page)
    stripe.pay(gateway["Location"])
    back = text_of(phone.get(page, {"done": "1"}))

    assert "A deposit of £29.00 is paid by card" in announced
    assert "Reserved for you until" in reserved
    assert "Reserved for you until" in by_link
    assert f'href="{page}"' in reserved
    assert "Pay £29.00" in by_link
    assert ("Pay the deposit" in asked, gateway.status_code) == (True, 303)
    assert "Paid, thank you" in back
    assert "Your visit is booked" in back
    with use(clinic):
        assert Appointment.objects.get().status == Visit.SCHEDULED
    assert "Booked" in text_of(phone.get(kept["Location"]))


def test_on_the_portal_it_is_said_until_when_to_pay_and_gone_when_it_is_over(
    reserved: Appointment, pages: Any, api: Any, pia: User, clinic: TenantRef, soon: datetime
) -> None:
    portal, address = pages(pia), f"/my/visits/{reserved.pk}/"
    assert "the deposit is not paid yet" in text_of(portal.get("/my/"))
    assert "Pay £29.00" in text_of(portal.get(address))
    told = api(pia).get(f"/api/scheduling/appointments/{reserved.pk}/deposit/").json()
    pay_page = told["pay_url"].partition("/pay/")[2]

    with use(clinic):
        provisional.lapse_expired(appointment_id=reserved.pk, at=soon + timedelta(minutes=30))
    run_due_jobs(at=soon + timedelta(minutes=30))

    assert (told["state"], told["amount"], told["currency"]) == ("OPEN", "29.00", "GBP")
    assert "Pay £29.00" not in text_of(portal.get(address))
    assert "The time is no longer reserved" in text_of(pages().get(f"/pay/{pay_page}"))
    assert api(pia).get(f"/api/scheduling/appointments/{reserved.pk}/deposit/").json()["state"] == "OVER"


def test_the_desk_takes_waives_and_settles(
    reserved: Appointment, pages: Any, api: Any, rita: User, clinic: TenantRef
) -> None:
    desk, visit = pages(rita), f"/appointments/{reserved.pk}/"
    with use(clinic):
        deposit = Deposit.objects.get()
    shown, listed = text_of(desk.get(visit)), text_of(desk.get("/invoices/deposits/"))
    draft = text_of(desk.get(f"/invoices/{deposit.invoice_id}/"))
    nameless = desk.post(f"/invoices/deposits/{deposit.pk}/waiver/", {"reason": ""})
    waived = desk.post(f"/invoices/deposits/{deposit.pk}/waiver/", {"reason": "a regular"})
    again = api(rita).post(f"/api/billing/deposits/{deposit.pk}/waiver/", {"reason": "a regular"})
    settled = api(rita).post(f"/api/billing/deposits/{deposit.pk}/settlement/", {"outcome": "RETURNED"})

    assert "Not paid yet" in shown
    assert "Pia Patient" in listed
    assert ("Issue and send" in draft, "Take payment" in draft) == (False, True)
    assert (nameless.status_code, waived.status_code) == (422, 302)
    assert "a regular" in text_of(desk.get(visit))
    assert (again.status_code, again.json()["code"]) == (409, "deposit-over")
    assert (settled.status_code, settled.json()["code"]) == (409, "nothing-left")


def test_the_desk_asks_for_a_deposit_and_gives_one_back_that_came_too_late(
    ruled: Service, pages: Any, api: Any, rita: User, clinic: TenantRef, soon: datetime
) -> None:
    with use(clinic):
        patient = register("Paul Later", by=rita, at=soon, email="paul@mail.example")
    slot = f"{(soon + DAY).isoformat()}||"
    fields = {"service": ruled.pk, "patient": patient.pk, "slot": slot}
    desk = pages(rita)
    booked = desk.post("/appointments/new/", fields | {"deposit": "1"})
    with use(clinic):
        visit = Appointment.objects.get()
        invoice = Deposit.objects.get().invoice_id
        Appointment.objects.update(status=Visit.CANCELLED)
    paid = api(rita).post(
        "/api/billing/payments/", {"invoice_id": str(invoice), "amount": "29.00", "payment_method": "card"}
    )
    (late,) = api(rita).get("/api/billing/deposits/?to_see_to=true").json()["items"]
    warned = text_of(desk.get(f"/appointments/{visit.pk}/"))
    settled = desk.post(f"/invoices/deposits/{late['id']}/settlement/", {"outcome": "RETURNED"})

    assert (booked.status_code, visit.status) == (302, Visit.RESERVED)
    assert (paid.status_code, late["left"], late["appointment_id"]) == (201, "29.00", str(visit.pk))
    assert "It was paid when the time was gone" in warned
    assert "Paid, time gone" not in text_of(desk.get("/today/"))
    assert settled.status_code == 302
    assert api(rita).get("/api/billing/deposits/?to_see_to=true").json()["count"] == 0


def test_owners_set_the_rules_once_cards_can_be_paid(
    pages: Any, api: Any, ana: User, rita: User, clinic: TenantRef
) -> None:
    owner, address = pages(ana), "/settings/billing/deposits/"
    fields = {"service": "", "percent": "25", "amount": "", "minutes": "45"}
    too_early = owner.post(address, fields)
    with use(clinic):
        GatewayAccount.objects.create(charges_enabled=True)
    both = owner.post(address, fields | {"amount": "10.00"})
    saved = owner.post(address, fields)
    replaced = api(ana).post("/api/billing/deposit-rules/", {"amount": "10.00", "minutes": 20})
    shown = text_of(owner.get(address))
    removed = owner.post(f"{address}{replaced.json()['id']}/removal/")

    assert "Set up payment by card first" in text_of(too_early)
    assert 'value="25"' in text_of(too_early)
    assert [each.status_code for each in (too_early, both, saved, removed)] == [422, 422, 302, 302]
    assert (replaced.status_code, replaced.json()["percent"]) == (200, None)
    assert ("£10.00" in shown, "20 minutes to pay" in shown) == (True, True)
    assert pages(rita).get(address).status_code == 403
    with use(clinic):
        assert not DepositRule.objects.exists()
