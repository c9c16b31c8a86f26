"""The bills of the past weeks: most are paid at the desk, some later, a few not at all; and a shop's sales."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from kernel.money import Money
from modules.billing import services
from modules.billing.domain.deposits import deposit_on
from modules.billing.domain.states import Method, Status
from modules.billing.models import Invoice
from modules.billing.services import LetterheadDetails, WishedLine, WishedRule, deposit_rules
from modules.billing.services.deposits import ask_for_deposit
from modules.crm import public as crm
from modules.inventory import public as inventory
from modules.scheduling import public as scheduling

if TYPE_CHECKING:
    from tenants.demo import Stage

DAYS_OF_SALES = 21
DEPOSITS = {  # of which service, in per cent or in minor units
    "clinic": ("Initial assessment", Decimal(30), None),
    "vet": ("Surgery", None, 8000),
}
TAX_NUMBERS = {"physio": "GB 123 4567 82", "vet": "IE 1234567T", "shop": "IT 12345678903"}


def seed(stage: Stage) -> None:
    """Settle what the visits have left as drafts, sell over the counter, and see what is overdue."""
    practice = stage.practice
    letterhead = LetterheadDetails(
        name=practice.name,
        address=f"{practice.street}\n{practice.postal_code} {practice.city}",
        tax_number=TAX_NUMBERS.get(practice.subdomain, ""),
    )
    services.set_letterhead(details=letterhead, by=stage.people["owner"])
    for invoice in Invoice.objects.filter(status=Status.DRAFT).prefetch_related("lines__appointment").order_by("pk"):
        _settle(stage, invoice, at=max(line.appointment.ends_at for line in invoice.lines.all() if line.appointment))
    if stage.tenant.vertical == "shop":
        _sell_over_the_counter(stage)
    _sell_a_package(stage)
    services.mark_overdue(on=stage.now.date())
    _ask_for_a_deposit(stage)


PACKAGES = {  # by vertical: its name, how many of which service, and the price in whole units
    "clinic": ("10 × massage", {"Sports massage": 10}, 576),
    "vet": ("Puppy's first year", {"Vaccination": 3, "Consultation": 2}, 180),
}


def _sell_a_package(stage: Stage) -> None:
    """Put a package on offer, and have somebody buy it three weeks ago and pay for it at once."""
    if stage.tenant.vertical not in PACKAGES:
        return
    name, contents, price = PACKAGES[stage.tenant.vertical]
    known = {service.name: service.id for service in scheduling.services_offered()}
    amount = Money.parse(str(price), stage.tenant.currency)
    wanted = {known[service]: sessions for service, sessions in contents.items()}
    details = services.PackageDetails(name=name, price=amount, contents=wanted)
    package = services.add_package(details=details, by=stage.people["owner"])
    patient, at = crm.active_patients()[0], stage.now - timedelta(days=21)
    sold = services.sell_package(package=package, patient_id=patient.id, by=stage.people["reception"], at=at)
    _pay(stage, sold.line.invoice, Method.CARD, at=at)


def _ask_for_a_deposit(stage: Stage) -> None:
    """Have one service paid for in part before it is booked online, and let somebody have done so."""
    name, percent, minor = DEPOSITS.get(stage.tenant.vertical, ("", None, None))
    service = next((each for each in scheduling.services_offered() if each.name == name), None)
    if service is None:
        return
    amount = Money(minor, stage.tenant.currency) if minor else None
    wish = WishedRule(service_id=service.id, percent=percent, amount=amount)
    deposit_rules.check_rule(wish=wish)  # cards are ready a little later, once the gateway was asked
    deposit_rules.write_rule(wish=wish, by=stage.people["owner"])
    visit = scheduling.next_visit_of(service.id, after=stage.now)
    if visit is None:
        return
    asked = deposit_on(service.price, percent=percent, amount=amount)
    terms = scheduling.Terms(parts=((service.id, asked),), minutes=wish.minutes)
    at, desk = stage.now - timedelta(hours=3), stage.people["reception"]
    deposit = ask_for_deposit(appointment_id=visit.id, terms=terms, until=stage.now, by=desk, at=at)
    services.record_payment(invoice=deposit.invoice, amount=asked, method=Method.CARD, by=desk, at=at)


def _settle(stage: Stage, invoice: Invoice, *, at: datetime) -> None:
    """Take a bill as far as it would have come by now. Bills of the last hour still wait at the desk."""
    if at > stage.now - timedelta(hours=1):
        return
    fate, desk = stage.chance.random(), stage.people["reception"]
    if fate < 0.75:
        _pay(stage, invoice, stage.chance.choice((Method.CARD, Method.CARD, Method.CASH)), at=at)
        return
    services.issue_invoice(invoice=invoice, by=desk, at=at)
    later = at + timedelta(days=stage.chance.randint(2, 6))
    if later > stage.now:
        return
    if fate < 0.87:
        _pay(stage, invoice, Method.BANK_TRANSFER, at=later)
    elif fate < 0.93:
        _pay(stage, invoice, Method.CASH, at=later, half=True)


def _pay(stage: Stage, invoice: Invoice, method: Method, *, at: datetime, half: bool = False) -> None:
    amount = Money(invoice.gross.minor // 2, invoice.currency) if half else invoice.gross
    if amount:
        services.record_payment(
            invoice=invoice, amount=amount, method=method, by=stage.people["reception"], at=min(at, stage.now)
        )


def _sell_over_the_counter(stage: Stage) -> None:
    customers = crm.active_patients()
    zone = ZoneInfo(stage.tenant.time_zone)
    for days_ago in range(DAYS_OF_SALES, -1, -1):
        day = (stage.now - timedelta(days=days_ago)).astimezone(zone).date()
        if day.weekday() == 6:
            continue
        for hour in sorted(stage.chance.sample(range(9, 19), 2)):
            at = datetime.combine(day, time(hour, stage.chance.randint(0, 59)), zone)
            if at < stage.now:
                shelf = [item for item in inventory.items_on_list() if item.on_hand > 3]
                _sell(stage, stage.chance.choice(customers), stage.chance.sample(shelf, 2), at=at)


def _sell(stage: Stage, customer: crm.PatientCard, items: list[inventory.ItemCard], *, at: datetime) -> None:
    lines = [WishedLine(item_id=item.id, quantity=Decimal(stage.chance.choice((1, 1, 1, 2)))) for item in items]
    desk = stage.people["reception"]
    invoice = services.draft_invoice_by_hand(patient_id=customer.id, lines=lines, by=desk, at=at)
    _settle(stage, invoice, at=at)
