"""Row 8: ten thousand deliveries: out of order, again and again, some forged, and the database goes down meanwhile.

Bills are paid at the stand-in, and some of the money goes back there; the stand-in itself tells nobody. What it would
have told is brought in a random order by eight at once. In the end every account must say the same.
"""

from __future__ import annotations

import json
import logging
import random
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from typing import Any

import stripe
from django.conf import settings
from django.db import connection
from django.db.models import Count, Sum
from django.utils import timezone

from infra.local.progress import say, step
from jobs.models import OutboxMessage
from kernel.money import Money
from modules.billing.domain.posting import Account
from modules.billing.domain.states import Method
from modules.billing.gateways.stripe import API_VERSION
from modules.billing.models import GatewayAccount, Invoice, LedgerLine, Payment, Refund, RefundState
from modules.billing.services import WishedLine, draft_invoice_by_hand, issue_invoice, open_checkout_for
from modules.billing.services.ledger.checking import check_books
from modules.billing.services.links import pay_token
from notify.sending import muted
from tenancy import use, use_platform
from tests.performance.delivering import Delivered, Delivery, bring
from tests.performance.results import Result, spread
from tests.performance.visit import Visit, WrongAnswer
from webhooks.models import StripeEvent

DELIVERIES, FORGED, CLIENTS = 10_000, 1000, 8
BILLS, REFUNDED_EACH = 300, 4  # of every fourth bill some goes back
SECONDS_TO_SETTLE = 900
PENCE = 4200


def of_ten_thousand(visit: Visit) -> Iterator[Result]:
    logging.getLogger("stripe").setLevel(logging.WARNING)
    chance = random.Random(8)
    with use(visit.practice.tenant), step(f"{BILLS} bills paid at the stand-in, which tells nobody"), muted():
        _silence(visit)
        _pay_bills(visit)
        shop = _Shop(GatewayAccount.objects.get().account_id)
        shop.give_back_some(chance)
        events = shop.events()
    deliveries = _shuffled(events, chance)
    started = time.perf_counter()
    done = bring(visit.house.site.port, deliveries, clients=CLIENTS, at_half=lambda: _restart(visit))
    seconds = time.perf_counter() - started
    with step("the workers' part"):
        _wait_until_quiet()
    with use(visit.practice.tenant):
        problems = [*_wrong_answers(done), *_wrong_accounts(shop)]
    if problems:
        raise WrongAnswer("; ".join(problems))
    yield _result(done, seconds, len(events))


def _result(done: list[Delivered], seconds: float, events: int) -> Result:
    seen = spread([each.seconds for each in done])
    again = sum(each.attempts > 1 for each in done)
    return Result(
        row="8",
        what=f"{DELIVERIES:,} deliveries of {events:,} events in any order, {FORGED:,} forged, database restarted, "
        f"c={CLIENTS}",
        bar="nothing lost, nothing twice, nothing forged; documents, books and Stripe agree",
        measured=f"{len(done) / seconds:.0f}/s, {again} had to be brought again, all accounts agree",
        met=True,
        p50=seen.p50,
        p95=seen.p95,
        worst=seen.worst,
    )


class _Shop:
    """The practice's account at the stand-in, as Stripe itself would show it."""

    def __init__(self, account_id: str) -> None:
        self.account_id = account_id
        self.client = stripe.StripeClient(
            settings.STRIPE_SECRET_KEY, stripe_version=API_VERSION, base_addresses={"api": settings.STRIPE_API_BASE}
        )

    def give_back_some(self, chance: random.Random) -> None:
        """Give some of each fourth payment back at Stripe's own page, where nobody here has a part in it."""
        for charge in self._all(self.client.v1.charges)[::REFUNDED_EACH]:
            wanted: Any = {"charge": charge.id, "amount": chance.randint(1, PENCE)}
            self.client.v1.refunds.create(wanted, {"stripe_account": self.account_id})

    def events(self) -> list[bytes]:
        return [json.dumps(each.to_dict()).encode() for each in self._all(self.client.v1.events)]

    def holds(self) -> int:
        """Return what was paid in and did not go back, in minor units."""
        return sum(charge.amount - charge.amount_refunded for charge in self._all(self.client.v1.charges))

    def refunds(self) -> int:
        return len(self._all(self.client.v1.refunds))

    def _all(self, things: Any) -> list[Any]:
        page = things.list({"limit": 100}, options={"stripe_account": self.account_id})
        return list(page.auto_paging_iter())


def _silence(visit: Visit) -> None:
    """Have the stand-in tell nobody of anything."""
    body = json.dumps({"drop": ["*"]}).encode()
    address = f"http://127.0.0.1:{visit.house.site.stripe_port}/_stand_in/knobs"
    urllib.request.urlopen(address, body, timeout=10).close()


def _pay_bills(visit: Visit) -> None:
    line = WishedLine(description="Visit", unit_price=Money(PENCE, "GBP"))
    for number in range(BILLS):
        at, by = timezone.now(), visit.practice.owner
        patient_id = visit.practice.people[number % len(visit.practice.people)]
        draft = draft_invoice_by_hand(patient_id=patient_id, lines=[line], by=by, at=at)
        token = pay_token(issue_invoice(invoice=draft, by=by, at=at))
        _press_pay(open_checkout_for(token=token, at=at))


def _press_pay(address: str) -> None:
    form = urllib.parse.urlencode({"card": "pm_card_visa"}).encode()
    try:
        urllib.request.build_opener(_Unfollowed).open(address, form, timeout=30).close()
    except urllib.error.HTTPError as answer:
        if answer.code != 303:
            raise


class _Unfollowed(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


def _shuffled(events: list[bytes], chance: random.Random) -> list[Delivery]:
    """Return every event once or more often and the forged ones, in no order."""
    copies = DELIVERIES - FORGED - len(events)
    real = [Delivery(body) for body in [*events, *chance.choices(events, k=copies)]]
    forged = [_forged(body, chance) for body in chance.choices(events, k=FORGED)]
    return chance.sample(real + forged, DELIVERIES)


def _forged(body: bytes, chance: random.Random) -> Delivery:
    """Return an event with another amount, signed with a guessed secret, or one that somebody kept for an hour."""
    other = body.replace(b'"id": "evt_', b'"id": "evt_x', 1)
    return chance.choice(
        [Delivery(body, body=other), Delivery(other, secret="whsec_guessed"), Delivery(body, age=3600)]
    )


def _restart(visit: Visit) -> None:
    """Stop the database as an operator in a hurry does, and start it again after a moment."""
    visit.house.cluster.stop()
    time.sleep(1)
    visit.house.cluster.start()
    say("  the database was restarted")


def _wait_until_quiet() -> None:
    """Wait until the workers have done all that became due. What connections we had are those of the old database."""
    connection.close()
    connection.close_pool()
    deadline = time.monotonic() + SECONDS_TO_SETTLE
    with use_platform():
        while OutboxMessage.objects.filter(done_at=None, dead_at=None, available_at__lte=timezone.now()).exists():
            if time.monotonic() > deadline:
                raise WrongAnswer("the workers are not done")
            time.sleep(1)


def _wrong_answers(done: list[Delivered]) -> Iterator[str]:
    for each in done:
        if each.status != (400 if each.delivery.is_forged else 200):
            yield f"a {'forged' if each.delivery.is_forged else 'real'} event was answered with {each.status}"


def _wrong_accounts(shop: _Shop) -> Iterator[str]:
    there = {json.loads(body)["id"] for body in shop.events()}
    with use_platform():
        if lost := there.difference(StripeEvent.objects.values_list("pk", flat=True)):
            yield f"{len(lost)} of {len(there)} events at Stripe are not kept here"
        if forged := StripeEvent.objects.filter(pk__startswith="evt_x").count():
            yield f"{forged} forged events were kept"
        if dead := OutboxMessage.objects.exclude(dead_at=None).count():
            yield f"{dead} jobs were given up"
    online = Payment.objects.filter(method=Method.STRIPE.value)
    if online.values("invoice").annotate(times=Count("pk")).exclude(times=1).exists() or online.count() != BILLS:
        yield f"{BILLS} bills were paid, and {online.count()} payments are written down"
    if (back := Refund.objects.filter(state=RefundState.DONE).count()) != shop.refunds():
        yield f"{shop.refunds()} refunds at Stripe, {back} here"
    held = LedgerLine.objects.filter(account=Account.STRIPE).aggregate(sum=Sum("amount_minor"))["sum"]
    paid = Invoice.objects.aggregate(sum=Sum("paid_minor"))["sum"]
    if not held == shop.holds() == paid:
        yield f"Stripe holds {shop.holds()}, the books say {held}, the bills {paid}"
    yield from map(str, check_books())
