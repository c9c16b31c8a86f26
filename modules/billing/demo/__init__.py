"""The bills of the past weeks: most are paid at the desk, some later, a few not at all; and a shop's sales."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, time, timedelta
from decimal import Decimal
from functools import partial
from operator import itemgetter
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from kernel.money import Money
from modules.billing import services
from modules.billing.demo import bank, tills
from modules.billing.domain.charts import PRESETS, Chart, Number
from modules.billing.domain.deposits import deposit_on
from modules.billing.domain.stamp_duty import COUNTRY
from modules.billing.domain.states import DocumentKind, Method, Status
from modules.billing.models import Invoice, Package, StampDuty
from modules.billing.selectors.accountant import mapping
from modules.billing.services import LetterheadDetails, WishedLine, WishedRule, deposit_rules
from modules.billing.services.deposits import ask_for_deposit
from modules.crm import public as crm
from modules.inventory import public as inventory
from modules.scheduling import public as scheduling

if TYPE_CHECKING:
    from tenants.demo import Stage

Event = tuple[datetime, Callable[[], None]]
DAYS_OF_SALES = 21
DEPOSITS = {  # of which service, in per cent or in minor units
    "clinic": ("Initial assessment", Decimal(30), None),
    "vet": ("Surgery", None, 8000),
}
TAX_NUMBERS = {"physio": "GB 123 4567 82", "vet": "IE 1234567T", "shop": "IT 12345670017"}


def seed(stage: Stage) -> None:
    """Settle what the visits have left as drafts, sell over the counter, and see what is overdue."""
    practice = stage.practice
    letterhead = LetterheadDetails(
        name=practice.name,
        address=f"{practice.street}\n{practice.postal_code} {practice.city}",
        tax_number=TAX_NUMBERS.get(practice.subdomain, ""),
    )
    services.set_letterhead(details=letterhead, by=stage.people["owner"])
    services.take_over_rates(country=services.country_here(), by=stage.people["owner"])
    if services.country_here() == COUNTRY:
        services.set_stamp_duty(stamp_duty=StampDuty.PASSED_ON, by=stage.people["owner"])
    _bill_long_ago(stage)
    _note_treatments(stage)
    _live_through(stage)
    _give_discounts(stage)
    services.mark_overdue(on=stage.now.date())
    services.set_reminders(steps=(3, 14, 30), by=stage.people["owner"])
    services.remind(at=stage.now)
    _credit_two(stage)
    _settle_by_bank(stage)
    _ask_for_a_deposit(stage)
    _bill_firms(stage)
    _map_accounts(stage)
    bank.read_a_statement(stage)


def _live_through(stage: Stage) -> None:
    """Let visits be billed, things and a package be sold, and a till be kept, in the order of their days.

    Numbers follow the days on which they are given: whatever is issued out of order would bear the day of the last one.
    """
    zone = ZoneInfo(stage.tenant.time_zone)
    this_morning = datetime.combine(stage.now.astimezone(zone).date(), time(), zone)
    events: list[Event] = [(this_morning, partial(tills.keep_a_till, stage))]
    events += [*_visits_to_bill(stage), *_sales_over_the_counter(stage), *_sale_of_a_package(stage)]
    for _at, happen in sorted(events, key=itemgetter(0)):
        happen()


def _visits_to_bill(stage: Stage) -> Iterator[Event]:
    for invoice in Invoice.objects.filter(status=Status.DRAFT).prefetch_related("lines__appointment").order_by("pk"):
        at = max(line.appointment.ends_at for line in invoice.lines.all() if line.appointment)
        yield at, partial(_settle, stage, invoice, at=at)


LATE = ((110, "84"), (75, "36.50"), (44, "52"))  # how many days ago it was billed, and how much


def _bill_long_ago(stage: Stage) -> None:
    """Have bills that are late by very different times; half of the last was paid on the way."""
    desk, customers = stage.people["reception"], crm.active_patients()
    for customer, (days, price) in zip(customers[4:], LATE, strict=False):
        at = stage.now - timedelta(days=days)
        line = WishedLine(description="Report for the insurer", unit_price=Money.parse(price, stage.tenant.currency))
        invoice = services.draft_invoice_by_hand(patient_id=customer.id, lines=[line], by=desk, at=at)
        services.issue_invoice(invoice=invoice, by=desk, at=at)
    _pay(stage, invoice, Method.BANK_TRANSFER, at=at + timedelta(days=20), half=True)


TREATMENTS = {  # by vertical: code, name, price, unit, the service it is usual in, and whether that pays for it
    "clinic": (
        ("MT", "Manual therapy", "24", "15 minutes", "Follow-up", False),
        ("EX", "Therapeutic exercise", "18", "15 minutes", "Follow-up", False),
        ("US", "Ultrasound", "12", "session", "", False),
        ("HP", "Hot pack", "0", "session", "Sports massage", True),
    ),
    "vet": (
        ("CONS", "Clinical examination", "15", "examination", "Consultation", True),
        ("VACC", "Vaccination, injection", "22", "injection", "Vaccination", False),
        ("NAIL", "Nail trim", "14", "session", "Consultation", False),
        ("MICRO", "Microchip", "32", "piece", "", False),
    ),
}
DONE = {"clinic": ("Follow-up", ("MT", "EX")), "vet": ("Vaccination", ("VACC", "NAIL"))}  # in the next visit of which


def _note_treatments(stage: Stage) -> None:
    """Put treatments on the price list, and have the note of the next visit say which are planned for it."""
    vertical, owner = stage.tenant.vertical, stage.people["owner"]
    known = {service.name: service.id for service in scheduling.services_offered()}
    rows = {}
    for code, name, price, unit, service, is_included in TREATMENTS.get(vertical, ()):
        details = services.CodeDetails(
            code=code,
            name=name,
            price=Money.parse(price, stage.tenant.currency),
            unit=unit,
            service_id=known.get(service),
            is_included=is_included,
            valid_from=(stage.now - timedelta(days=60)).date(),
        )
        rows[code] = services.add_code(details=details, by=owner)
    service, codes = DONE.get(vertical, ("", ()))
    visit = scheduling.next_visit_of(known[service], after=stage.now) if service in known else None
    treats = next((each for each in stage.people.values() if visit and each.pk == visit.practitioner_user_id), None)
    if visit is None or treats is None:
        return
    who: dict[str, Any] = {"by": treats, "at": stage.now - timedelta(minutes=15)}
    note_id = crm.begin_note_of_visit(patient_id=visit.patient_id, appointment_id=visit.id, **who)
    for code in codes:
        services.add_treatment(note_id=note_id, code_id=rows[code].pk, quantity=Decimal(1), **who)


REASONS = ("Staff and family", "Loyal customer", "Apology for the wait")
DISCOUNTED = {  # by vertical: what is billed, its price, and its tax in it
    "clinic": (("Programme of exercises", "65", 0, "E"), ("Foam roller", "24", 20, "S")),
    "vet": (("Advice on feeding", "30", 23, "S"), ("Diet food, 2 kg", "18.50", 23, "S")),
    "shop": (("Bicycle fitting", "60", 22, "S"), ("Physiotherapist's advice", "85", 0, "E")),
}


def _give_discounts(stage: Stage) -> None:
    """Offer reasons; have a bill of last week be less by a part of a line, and a draft of today by a part of all."""
    desk, owner = stage.people["reception"], stage.people["owner"]
    for reason in REASONS:
        services.add_reason(text=reason, by=owner)
    lines = [
        WishedLine(
            description=name,
            unit_price=Money.parse(price, stage.tenant.currency),
            tax_rate=Decimal(rate),
            tax_category=category,
        )
        for name, price, rate, category in DISCOUNTED[stage.tenant.vertical]
    ]
    customers = crm.active_patients()
    for customer, days, percent, reason, by in (
        (customers[2], 7, 20, REASONS[0], owner),
        (customers[3], 0, 10, REASONS[1], desk),
    ):
        at = stage.now - timedelta(days=days, hours=1)
        invoice = services.draft_invoice_by_hand(patient_id=customer.id, lines=lines, by=desk, at=at)
        wish = services.WishedAdjustment(percent=Decimal(percent), reason=reason)
        line_id = invoice.lines.all()[0].pk if days else None
        services.add_adjustment(invoice=invoice, wish=wish, line_id=line_id, by=by, at=at)
        if days:
            invoice.refresh_from_db()
            _pay(stage, invoice, Method.CARD, at=at)


def _credit_two(stage: Stage) -> None:
    """Credit one invoice in part, which was too dear, and another as a whole: it went to the wrong person."""
    year, owner, desk = stage.now.year, stage.people["owner"], stage.people["reception"]
    for place in scheduling.locations()[1:2]:
        for kind, prefix in ((DocumentKind.INVOICE, "B"), (DocumentKind.CREDIT_NOTE, "CN-B")):
            wish = services.WishedPrefix(kind=kind, location_id=place.id, prefix=prefix, year=year + 1)
            services.set_prefix(wish=wish, by=owner, at=stage.now)
    rows = Invoice.objects.filter(deposit=None, gross_minor__gte=2000, lines__purchase=None, issued_at__isnull=False)
    paid = rows.filter(status=Status.PAID).order_by("-issued_at").first()
    unpaid = rows.filter(status=Status.ISSUED).order_by("issued_at").first()
    if paid is not None:
        line = paid.lines.order_by("-gross_minor")[0]
        wish_of_part = services.WishedCredit(line_id=line.pk, amount=Money(1000, paid.currency))
        services.credit_invoice(
            invoice=paid, wished=[wish_of_part], reason="Ten minutes shorter than booked", by=desk, at=stage.now
        )
    if unpaid is not None:
        services.credit_invoice(invoice=unpaid, reason="Billed to the wrong person", by=desk, at=stage.now)


def _settle_by_bank(stage: Stage) -> None:
    """Have somebody pay two bills by one transfer with a little too much, and use it for a third; give one debt up."""
    desk, owner, at = stage.people["reception"], stage.people["owner"], stage.now - timedelta(days=2)
    customer = crm.active_patients()[4]
    name, price, rate, category = DISCOUNTED[stage.tenant.vertical][0]
    line = WishedLine(
        description=name,
        unit_price=Money.parse(price, stage.tenant.currency),
        tax_rate=Decimal(rate),
        tax_category=category,
    )
    bills = []
    for days in (20, 12, 9, 1):
        day = stage.now - timedelta(days=days)
        draft = services.draft_invoice_by_hand(patient_id=customer.id, lines=[line], by=desk, at=day)
        bills.append(services.issue_invoice(invoice=draft, by=desk, at=day))
    first, second, third, last = bills
    shares = [services.Share(invoice=each, amount=each.gross) for each in (first, second)]
    services.receive(shares=shares, method=Method.BANK_TRANSFER, reference="Standing order 4471", by=desk, at=at)
    paid = third.gross + Money(500, third.currency)
    services.record_payment(invoice=third, amount=paid, method=Method.BANK_TRANSFER, beyond=True, by=desk, at=at)
    services.use_credit(source=third, target=last, by=desk, at=stage.now)
    late = Invoice.objects.filter(status=Status.OVERDUE).order_by("due_date").first()
    if late is not None:
        services.write_off(invoice=late, reason="Moved away, two letters came back", by=owner, at=stage.now)


PACKAGES = {  # by vertical: its name, how many of which service, and the price in whole units
    "clinic": ("10 × massage", {"Sports massage": 10}, 576),
    "vet": ("Puppy's first year", {"Vaccination": 3, "Consultation": 2}, 180),
}


def _sale_of_a_package(stage: Stage) -> Iterator[Event]:
    """Put a package on offer, and have somebody buy it three weeks ago and pay for it at once."""
    if stage.tenant.vertical in PACKAGES:
        at = stage.now - timedelta(days=21)
        yield at, partial(_sell_a_package, stage, at=at)


def _sell_a_package(stage: Stage, *, at: datetime) -> None:
    name, contents, price = PACKAGES[stage.tenant.vertical]
    known = {service.name: service.id for service in scheduling.services_offered()}
    amount = Money.parse(str(price), stage.tenant.currency)
    wanted = {known[service]: sessions for service, sessions in contents.items()}
    details = services.PackageDetails(name=name, price=amount, contents=wanted, for_family=True, is_transferable=True)
    package = services.add_package(details=details, by=stage.people["owner"])
    patient = crm.active_patients()[0]
    sold = services.sell_package(package=package, patient_id=patient.id, by=stage.people["reception"], at=at)
    _pay(stage, sold.line.invoice, Method.CARD, at=at)
    _freeze_another(stage, package)


def _freeze_another(stage: Stage, package: Package) -> None:
    """Have somebody else buy the same, and travel for some weeks; of a third what is left is credited."""
    desk, at = stage.people["reception"], stage.now - timedelta(days=40)
    travels, moves = (
        services.sell_package(package=package, patient_id=patient.id, by=desk, at=at)
        for patient in crm.active_patients()[1:3]
    )
    for sold in (travels, moves):
        _pay(stage, sold.line.invoice, Method.CARD, at=at)
    first = (stage.now - timedelta(days=5)).date()
    services.freeze_package(purchase=travels, first_day=first, reason="Six weeks in New Zealand", by=desk, at=stage.now)
    services.give_up_rest(purchase=moves, reason="Moves to another town", by=desk, at=stage.now)


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


FIRMS = {  # by vertical: its VAT number, its recipient code, what it buys, at which price and rate
    "shop": (
        ("IT00743110157", "ABC1234", "Twenty resistance bands", "219.60", 22),
        ("IT07643520567", "9999999", "Massage table", "488", 22),  # a recipient that nobody knows
    ),
    "vet": (("IE6388047V", "", "Vaccination of four horses", "246", 23),),
}


def _bill_firms(stage: Stage) -> None:
    """Make electronic invoices from now on, and bill firms: in Italy by FatturaPA, too, and one of them is refused."""
    practice, vertical, desk = stage.practice, stage.tenant.vertical, stage.people["reception"]
    firms = FIRMS.get(vertical, ())
    if not firms:
        return
    is_here = services.country_here() == COUNTRY
    wish = services.WishedEInvoices(
        fatturapa=is_here,
        factur_x=True,
        carrier="REHEARSAL" if is_here else "BY_HAND",
        street=practice.street,
        postal_code=practice.postal_code,
        city=practice.city,
        country=services.country_here(),
        vat_id=TAX_NUMBERS[practice.subdomain],
        regime="RF01" if is_here else "",
    )
    services.set_e_invoice_rules(wish=wish, by=stage.people["owner"])
    for customer, (vat_id, code, goods, price, rate) in zip(crm.active_patients()[4:], firms, strict=False):
        details = services.AddressDetails(vat_id=vat_id, recipient_code=code)
        services.set_e_invoice_address(client_id=customer.client_id, details=details, by=desk)
        amount = Money.parse(price, stage.tenant.currency)
        line = WishedLine(description=goods, unit_price=amount, tax_rate=Decimal(rate))
        at = stage.now - timedelta(minutes=30)
        invoice = services.draft_invoice_by_hand(patient_id=customer.id, lines=[line], by=desk, at=at)
        services.issue_invoice(invoice=invoice, by=desk, at=at)


def _map_accounts(stage: Stage) -> None:
    """Have the books of whoever reckons in euro go to an accountant with SKR04; other rates than Germany's have numbers
    beside it."""
    if stage.tenant.currency != "EUR":
        return
    known = PRESETS[Chart.SKR04]
    more = (each.key for each in mapping() if each.key not in known)
    numbers = known | {key: Number(str(4910 + place)) for place, key in enumerate(more)}
    wish = services.WishedAccountant(consultant=29098, client=55003, chart=Chart.SKR04, numbers=numbers)
    services.set_accountant(wish=wish, by=stage.people["owner"])


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
            invoice=invoice,
            amount=amount,
            method=method,
            by=stage.people["reception"],
            at=min(at, stage.now),
            till_session_id=tills.open_at(min(at, stage.now)),
        )


def _sales_over_the_counter(stage: Stage) -> Iterator[Event]:
    if stage.tenant.vertical != "shop":
        return
    zone = ZoneInfo(stage.tenant.time_zone)
    for days_ago in range(DAYS_OF_SALES, -1, -1):
        day = (stage.now - timedelta(days=days_ago)).astimezone(zone).date()
        if day.weekday() == 6:
            continue
        for hour in sorted(stage.chance.sample(range(9, 19), 2)):
            at = datetime.combine(day, time(hour, stage.chance.randint(0, 59)), zone)
            if at < stage.now:
                yield at, partial(_sell, stage, at=at)


def _sell(stage: Stage, *, at: datetime) -> None:
    """Sell somebody two things from the shelf."""
    shelf = [item for item in inventory.items_on_list() if item.on_hand > 3]
    customer, items = stage.chance.choice(crm.active_patients()), stage.chance.sample(shelf, 2)
    lines = [WishedLine(item_id=item.id, quantity=Decimal(stage.chance.choice((1, 1, 1, 2)))) for item in items]
    desk = stage.people["reception"]
    invoice = services.draft_invoice_by_hand(patient_id=customer.id, lines=lines, by=desk, at=at)
    _settle(stage, invoice, at=at)
