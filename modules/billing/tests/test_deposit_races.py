"""A deposit and the clock, the client and the post at one moment: real threads, real commits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from identity.models import User
from modules.billing.domain.states import Checkout, Status
from modules.billing.handlers import hear_stripe
from modules.billing.models import CheckoutSession, Deposit, GatewayAccount, Payment
from modules.billing.services import WishedRule, ensure_account, open_checkout_for, set_rule
from modules.billing.services.links import pay_token
from modules.billing.tests.conftest import Stripe, register, work
from modules.scheduling.domain.states import Status as Visit
from modules.scheduling.models import Appointment, Claim, Service
from modules.scheduling.services import CallOff, Visitor, Wish, book_appointment, cancel_appointment
from modules.scheduling.services.visits import provisional
from tenancy import TenantRef, use, use_platform
from tests.cast import tenant_called
from tests.test_concurrency import all_at_once
from webhooks.events import StripeObjectChanged

pytestmark = pytest.mark.usefixtures("own_database")
DAY = timedelta(days=1)


@pytest.fixture
def place() -> TenantRef:
    return tenant_called("clinic")


@pytest.fixture
def paid_at_the_gateway(place: TenantRef, stripe: Stripe, now: datetime) -> tuple[Appointment, StripeObjectChanged]:
    """A reserved visit whose client has just paid at the gateway, and the news that nobody here has heard yet."""
    with use_platform():
        desk = User.objects.get(email="rita@clinic.example")
    with use(place):
        ensure_account(at=now)
        GatewayAccount.objects.update(charges_enabled=True)
        service = Service.objects.get(name="Follow-up")
        set_rule(wish=WishedRule(percent=Decimal(50)), by=desk)
        client = register("Patient B", by=desk, at=now, email="b@mail.example")
        wish = Wish(service_id=service.pk, patient_id=client.pk, starts_at=now + DAY)
        visit = book_appointment(wish=wish, by=Visitor(), at=now)
        page = open_checkout_for(token=pay_token(Deposit.objects.get().invoice), at=now)
    assert stripe.pay(page) == 303
    (event,) = stripe.events("checkout.session.completed")
    return visit, StripeObjectChanged(type=event["type"], object_id=event["data"]["object"]["id"], event_id=event["id"])


def in_room(place: TenantRef, call: Callable[[], Any]) -> Callable[[], Any]:
    def inside() -> Any:
        with use(place):
            return call()

    return inside


def test_whether_the_clock_or_the_money_is_first_the_visit_is_certain(
    place: TenantRef, paid_at_the_gateway: Any, now: datetime
) -> None:
    """The time is still free: who pays as it lapses has it all the same, once."""
    visit, news = paid_at_the_gateway
    late = now + timedelta(minutes=30)

    all_at_once(
        [
            in_room(place, lambda: hear_stripe(news)),
            in_room(place, lambda: provisional.lapse_expired(appointment_id=visit.pk, at=late)),
            in_room(place, lambda: hear_stripe(news)),
        ]
    )
    work()

    with use(place):
        deposit = Deposit.objects.select_related("invoice").get()
        assert (Appointment.objects.get().status, deposit.invoice.status) == (Visit.SCHEDULED, Status.PAID)
        assert (Payment.objects.count(), deposit.unplaced_at) == (1, None)
        assert Claim.objects.filter(appointment=visit, kind="PRACTITIONER").count() == 1
        assert CheckoutSession.objects.get().status == Checkout.PAID


def test_a_deposit_heard_of_eight_times_at_once_is_one_payment_and_one_visit(
    place: TenantRef, paid_at_the_gateway: Any, mailoutbox: Any
) -> None:
    visit, news = paid_at_the_gateway

    all_at_once([in_room(place, lambda: hear_stripe(news))] * 8)

    with use(place):
        assert (Appointment.objects.get().status, Payment.objects.count()) == (Visit.SCHEDULED, 1)
        assert visit.changes.filter(status=Visit.SCHEDULED).count() == 1


def test_what_is_paid_while_it_is_cancelled_stays_cancelled_and_the_money_is_accounted_for(
    place: TenantRef, paid_at_the_gateway: Any, now: datetime
) -> None:
    visit, news = paid_at_the_gateway

    def cancel() -> None:
        cancel_appointment(appointment=visit, cancellation=CallOff(fee_minor=1000), by=Visitor(), at=now)

    all_at_once([in_room(place, cancel), in_room(place, lambda: hear_stripe(news))])
    work()

    with use(place):
        deposit = Deposit.objects.select_related("invoice").get()
        assert (Appointment.objects.get().status, deposit.invoice.status) == (Visit.CANCELLED, Status.PAID)
        assert (Payment.objects.count(), deposit.kept_minor, deposit.left.minor) == (1, 1000, 1900)
        assert not Claim.objects.filter(appointment=visit).exists()
