"""Deposits: a time that is reserved until it is paid, and what becomes of the money whatever happens."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from identity.models import User
from kernel.money import Money
from modules.billing.domain.states import Checkout, Method, Status
from modules.billing.models import CheckoutSession, Deposit, DepositRule, GatewayAccount, Invoice, Payment
from modules.billing.services import (
    DepositDue,
    DepositIsOver,
    DepositsNeedCards,
    NothingLeft,
    NothingToPay,
    Outcome,
    WishedRule,
    draft_invoice_for_visit,
    issue_invoice,
    look_again,
    open_checkout_for,
    record_payment,
    remove_rule,
    set_rule,
    settle_deposit,
    void_draft,
    waive_deposit,
)
from modules.billing.services.deposit_rules import RuleNotValid
from modules.billing.services.drafting import NotADraft
from modules.billing.services.issuing import NotIssuable
from modules.billing.services.links import pay_token
from modules.billing.services.paying import NotAPayment
from modules.billing.tests.conftest import Stripe, post_event, register, work
from modules.crm.models import Patient
from modules.scheduling.domain.states import Status as Visit
from modules.scheduling.models import Appointment, Claim, Practitioner, Service
from modules.scheduling.services import (
    CallOff,
    Move,
    SlotTaken,
    StatusNotAllowed,
    Visitor,
    Wish,
    accept_request,
    book_appointment,
    cancel_appointment,
    move_appointment,
    set_status,
)
from modules.scheduling.services.visits import provisional
from modules.scheduling.services.visits.wishes import CannotBook
from tests.jobs import run_due_jobs

DAY = timedelta(days=1)
HALF = Decimal(50)


@pytest.fixture
def service(in_clinic: Any, ana: User) -> Service:
    """A follow-up at 58.00 with 20 per cent tax, of which the half is paid before, within half an hour."""
    Service.objects.filter(name="Follow-up").update(tax_rate=20)
    found = Service.objects.get(name="Follow-up")
    GatewayAccount.objects.create(account_id="acct_1", charges_enabled=True)
    set_rule(wish=WishedRule(service_id=found.pk, percent=HALF), by=ana)
    return found


@pytest.fixture
def reserve(service: Service, patient: Patient, bo: User, now: datetime) -> Callable[..., Appointment]:
    """`reserve()` is somebody online who books a follow-up with Bo tomorrow at this hour."""

    def book(starts_at: datetime = now + DAY, *, by: Any = None, at: datetime = now, **wish: Any) -> Appointment:
        wished = Wish(
            service_id=service.pk,
            patient_id=wish.pop("patient_id", patient.pk),
            practitioner_id=Practitioner.objects.get(user_id=bo.pk).pk,
            starts_at=starts_at,
            **wish,
        )
        return book_appointment(wish=wished, by=by or Visitor(), at=at)

    return book


@pytest.fixture
def pay_at_desk(rita: User, now: datetime) -> Callable[..., Payment]:
    def pay(visit: Appointment, at: datetime = now, minor: int = 2900) -> Payment:
        invoice = Invoice.objects.get(deposit__appointment=visit)
        return record_payment(invoice=invoice, amount=Money(minor, "GBP"), method=Method.CARD, by=rita, at=at)

    return pay


def deposit(visit: Appointment) -> Deposit:
    return Deposit.objects.select_related("invoice").get(appointment=visit)


def state(visit: Appointment) -> str:
    return Appointment.objects.get(pk=visit.pk).status


def lapse(visit: Appointment, at: datetime) -> None:
    provisional.lapse_expired(appointment_id=visit.pk, at=at)
    run_due_jobs(at=at)


# -- the rules


def test_there_is_no_rule_before_people_can_pay_online(in_clinic: Any, ana: User) -> None:
    with pytest.raises(DepositsNeedCards, match="Set up payment by card first"):
        set_rule(wish=WishedRule(percent=HALF), by=ana)


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        (WishedRule(), "percent"),
        (WishedRule(percent=HALF, amount=Money(100, "GBP")), "percent"),
        (WishedRule(percent=Decimal(101)), "percent"),
        (WishedRule(amount=Money(0, "GBP")), "amount"),
        (WishedRule(percent=HALF, minutes=4), "minutes"),
    ],
)
def test_a_rule_is_a_share_or_an_amount_and_leaves_time_to_pay(
    service: Service, ana: User, wish: WishedRule, field: str
) -> None:
    with pytest.raises(RuleNotValid) as refused:
        set_rule(wish=wish, by=ana)
    assert field in refused.value.fields


def test_a_services_own_rule_goes_before_the_general_one_and_none_asks_for_more_than_the_price(
    service: Service, ana: User, reserve: Any, now: datetime
) -> None:
    general = set_rule(wish=WishedRule(amount=Money(100_000, "GBP"), minutes=10), by=ana)
    set_rule(wish=WishedRule(service_id=service.pk, percent=Decimal(0)), by=ana)
    excepted = reserve()
    remove_rule(rule=DepositRule.objects.get(service=service), by=ana)
    capped = reserve(now + 2 * DAY)
    remove_rule(rule=general, by=ana)
    free = reserve(now + 3 * DAY)

    assert [each.status for each in (excepted, capped, free)] == [Visit.SCHEDULED, Visit.RESERVED, Visit.SCHEDULED]
    assert (deposit(capped).amount_minor, capped.expires_at) == (5800, now + timedelta(minutes=10))


# -- asked for and paid


def test_what_is_booked_online_is_reserved_until_its_deposit_is_paid(
    reserve: Any, pay_at_desk: Any, mailoutbox: Any, now: datetime
) -> None:
    visit = reserve()
    with pytest.raises(SlotTaken):
        reserve()
    draft = deposit(visit)
    assert (visit.status, visit.expires_at) == (Visit.RESERVED, now + timedelta(minutes=30))
    assert (draft.amount_minor, draft.invoice.status, draft.invoice.gross_minor) == (2900, Status.DRAFT, 2900)
    (line,) = draft.invoice.lines.all()
    assert line.description == "Deposit for Follow-up"

    run_due_jobs(at=now)
    pay_at_desk(visit)
    run_due_jobs(at=now)

    secured = Appointment.objects.get(pk=visit.pk)
    assert (secured.status, secured.expires_at) == (Visit.SCHEDULED, None)
    assert deposit(visit).invoice.status == Status.PAID
    subjects = [mail.subject for mail in mailoutbox]
    assert subjects[:1] == ["Reserved for you: Tue 4 Mar, 10:00"]
    assert subjects.count("Your visit on Tue 4 Mar, 10:00") == 1
    assert f"/pay/{pay_token(draft.invoice)}/" in next(iter(mailoutbox)).body


def test_online_it_is_paid_like_a_bill_and_a_replayed_event_pays_nothing_more(
    stripe: Stripe, reserve: Any, now: datetime
) -> None:
    GatewayAccount.objects.update(account_id="")
    visit = reserve()
    token = pay_token(deposit(visit).invoice)
    stripe.pay(open_checkout_for(token=token, at=now))
    (event,) = stripe.events("checkout.session.completed")
    for _ in range(2):
        post_event(event)
        work()

    assert look_again(token=token, at=now).status == Status.PAID
    assert (state(visit), Payment.objects.count()) == (Visit.SCHEDULED, 1)


def test_the_desk_asks_for_a_deposit_if_it_wants_one_and_gives_a_day_for_it(
    reserve: Any, service: Service, rita: User, ana: User, now: datetime
) -> None:
    assert reserve(by=rita).status == Visit.SCHEDULED
    asked = reserve(now + 3 * DAY, by=rita, deposit=True)
    remove_rule(rule=DepositRule.objects.get(), by=ana)

    assert (asked.status, asked.expires_at) == (Visit.RESERVED, now + DAY)
    with pytest.raises(CannotBook, match="No deposit can be asked for"):
        reserve(now + 4 * DAY, by=rita, deposit=True)


def test_what_the_practice_confirms_is_asked_for_first_and_reserved_once_it_says_yes(
    reserve: Any, service: Service, rita: User, pay_at_desk: Any, now: datetime
) -> None:
    Service.objects.filter(pk=service.pk).update(needs_confirmation=True)
    visit = reserve(now + 3 * DAY)
    assert (visit.status, Deposit.objects.count()) == (Visit.REQUESTED, 0)

    accepted = accept_request(appointment=visit, by=rita, at=now)
    assert (accepted.status, accepted.expires_at) == (Visit.RESERVED, now + DAY)
    assert accept_request(appointment=visit, by=rita, at=now).version == accepted.version
    pay_at_desk(visit)
    assert state(visit) == Visit.SCHEDULED


def test_a_deposit_is_waived_for_a_reason_and_by_no_other_way_the_visit_begins(
    reserve: Any, rita: User, now: datetime
) -> None:
    visit = reserve()
    with pytest.raises(StatusNotAllowed, match="waits for its deposit"):
        set_status(appointment=visit, status=Visit.SCHEDULED, by=rita, at=now)
    with pytest.raises(DepositDue):
        draft_invoice_for_visit(appointment_id=visit.pk, by=rita, at=now)
    with pytest.raises(NotIssuable):
        issue_invoice(invoice=deposit(visit).invoice, by=rita, at=now)
    with pytest.raises(NotADraft):
        void_draft(invoice=deposit(visit).invoice, by=rita, at=now)

    waived = waive_deposit(deposit=deposit(visit), reason="A regular", by=rita, at=now)

    assert (waived.waived_because, waived.waived_by_name) == ("A regular", "Rita")
    assert (state(visit), deposit(visit).invoice.status) == (Visit.SCHEDULED, Status.VOID)
    with pytest.raises(DepositIsOver):
        waive_deposit(deposit=deposit(visit), reason="Again", by=rita, at=now)


def test_a_deposit_is_paid_as_a_whole(reserve: Any, pay_at_desk: Any) -> None:
    visit = reserve()

    with pytest.raises(NotAPayment, match="as a whole"):
        pay_at_desk(visit, minor=2800)
    assert (state(visit), deposit(visit).invoice.status) == (Visit.RESERVED, Status.DRAFT)


# -- not paid, or too late


def test_unpaid_it_lapses_and_the_page_to_pay_on_is_closed(
    stripe: Stripe, reserve: Any, mailoutbox: Any, now: datetime
) -> None:
    GatewayAccount.objects.update(account_id="")
    visit = reserve()
    token = pay_token(deposit(visit).invoice)
    open_checkout_for(token=token, at=now)
    lapse(visit, now + timedelta(minutes=29))
    assert state(visit) == Visit.RESERVED

    lapse(visit, now + timedelta(minutes=30))

    assert (state(visit), deposit(visit).invoice.status) == (Visit.LAPSED, Status.VOID)
    assert not Claim.objects.filter(appointment=visit).exists()
    assert [each["status"] for each in stripe.sessions()] == ["expired"]
    assert CheckoutSession.objects.get().status == Checkout.EXPIRED
    assert "the deposit was not paid in time" in next(m.body for m in mailoutbox if "No visit" in m.subject)
    with pytest.raises(NothingToPay, match="is over"):
        open_checkout_for(token=token, at=now)


def test_money_that_comes_too_late_brings_the_visit_back_or_stays_as_credit(
    stripe: Stripe, reserve: Any, rita: User, now: datetime
) -> None:
    """The bank was slow: the reservation lapsed, and the payment went through all the same."""
    GatewayAccount.objects.update(account_id="")
    free, gone = reserve(), reserve(now + 2 * DAY)
    tokens = [pay_token(deposit(each).invoice) for each in (free, gone)]
    for token in tokens:
        stripe.pay(open_checkout_for(token=token, at=now))
    for visit in (free, gone):
        provisional.lapse_expired(appointment_id=visit.pk, at=now + timedelta(minutes=31))
    other = register("Somebody Else", by=rita, at=now)
    reserve(now + 2 * DAY, by=rita, patient_id=other.pk)

    for event in stripe.events("checkout.session.completed"):
        post_event(event)
    work()

    assert (state(free), state(gone)) == (Visit.SCHEDULED, Visit.LAPSED)
    assert [deposit(each).invoice.status for each in (free, gone)] == [Status.PAID, Status.PAID]
    assert [deposit(each).unplaced_at is not None for each in (free, gone)] == [False, True]
    assert list(Deposit.objects.to_see_to()) == [deposit(gone)]

    next_bill = draft_invoice_for_visit(appointment_id=free.pk, by=rita, at=now)
    assert (next_bill.gross_minor, Deposit.objects.to_see_to().count()) == (0, 0)


# -- the final bill


def test_the_bill_of_the_visit_takes_the_deposit_off_once_and_adds_up_to_the_price(
    reserve: Any, rita: User, pay_at_desk: Any, now: datetime
) -> None:
    visit = reserve()
    pay_at_desk(visit)
    moved = move_appointment(appointment=visit, to=Move(starts_at=now + 2 * DAY), by=rita, at=now)
    discarded = draft_invoice_for_visit(appointment_id=moved.pk, by=rita, at=now)
    void_draft(invoice=discarded, by=rita, at=now)
    final = issue_invoice(invoice=draft_invoice_for_visit(appointment_id=moved.pk, by=rita, at=now), by=rita, at=now)

    first = deposit(visit).invoice
    price, off = final.lines.all()
    assert (off.description, off.gross_minor, off.tax_minor) == (
        f"Deposit paid, invoice {first.number}",
        -2900,
        -first.tax_minor,
    )
    assert (price.net_minor, price.tax_minor) == (
        first.net_minor + final.net_minor,
        first.tax_minor + final.tax_minor,
    )
    assert (deposit(visit).used_minor, deposit(visit).left.minor, final.to_pay.minor) == (2900, 0, 2900)


def test_of_a_cancelled_visit_the_fee_is_kept_and_the_rest_is_taken_off_the_next_bill(
    reserve: Any, rita: User, pay_at_desk: Any, now: datetime
) -> None:
    cancelled, coming = reserve(), reserve(now + 2 * DAY, by=rita)
    pay_at_desk(cancelled)
    agreed = CallOff(fee_minor=1000, refund_minor=500)
    cancel_appointment(appointment=cancelled, cancellation=agreed, by=rita, at=now)
    work()

    row = deposit(cancelled)
    assert (row.kept_minor, row.returned_minor, row.left.minor) == (1000, 500, 1400)
    bill = draft_invoice_for_visit(appointment_id=coming.pk, by=rita, at=now)
    assert bill.gross_minor == 5800 - 1400


@pytest.mark.parametrize(("outcome", "off"), [(Outcome.KEPT, 0), (Outcome.RETURNED, 0), (Outcome.CREDITED, 2900)])
def test_of_a_missed_visit_somebody_says_what_becomes_of_the_deposit(
    reserve: Any, rita: User, pay_at_desk: Any, now: datetime, outcome: Outcome, off: int
) -> None:
    missed, coming = reserve(), reserve(now + 2 * DAY, by=rita)
    pay_at_desk(missed)
    with pytest.raises(NothingLeft, match="off the bill of its visit"):
        settle_deposit(deposit=deposit(missed), outcome=outcome, by=rita, at=now)
    set_status(appointment=missed, status=Visit.NO_SHOW, by=rita, at=now)

    settle_deposit(deposit=deposit(missed), outcome=outcome, by=rita, at=now)

    assert draft_invoice_for_visit(appointment_id=coming.pk, by=rita, at=now).gross_minor == 5800 - off
