"""What pages and the API read of invoices."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Case, Count, F, Q, Sum, When
from django.db.models.functions import Lower

from access.membership import reach_of
from access.presets import Reach
from audit import recording as audit
from audit.models import AuditEntry
from audit.reading import history_of
from kernel.money import Money
from modules.billing.domain.numbers import prefix_of, shown_number
from modules.billing.domain.states import PAYABLE, DocumentKind, Status
from modules.billing.domain.taxes import Category
from modules.billing.models import (
    CATEGORY_LABELS,
    DOCUMENT_LABELS,
    Deposit,
    DepositQuerySet,
    DepositRule,
    DiscountReason,
    Invoice,
    InvoiceLine,
    InvoiceQuerySet,
    NumberSeries,
    Payment,
    TaxRate,
    Treatment,
    TreatmentCode,
)
from modules.crm import public as crm
from modules.scheduling import public as scheduling
from tenancy import current_tenant

DUE = F("gross_minor") - F("credited_minor") - F("written_off_minor")
OWED = DUE - F("paid_minor")
PAID_TOO_MUCH = Q(kind=DocumentKind.INVOICE.value, paid_minor__gt=DUE)
SHOWN_AS = {
    "all": Q(),
    "drafts": Q(status=Status.DRAFT.value),
    "to-pay": Q(status__in=PAYABLE),
    "overdue": Q(status=Status.OVERDUE.value),
    "paid": Q(status=Status.PAID.value),
    "too-much": PAID_TOO_MUCH,
    "written-off": Q(status=Status.WRITTEN_OFF.value),
    "credit-notes": Q(kind=DocumentKind.CREDIT_NOTE.value),
}
USUAL = 6


@dataclass(frozen=True, slots=True)
class Figures:
    """What is owed and what came in, of the invoices a person may see."""

    outstanding: Money
    unpaid: int
    overdue: Money
    late: int
    drafted: Money
    drafts: int
    received: Money  # since the first of the month


def lines_seen_by(user: Any, invoice: Invoice) -> list[InvoiceLine]:
    """Return an invoice's lines as this user may see them: practitioners see those of their own services."""
    lines: list[InvoiceLine] = list(invoice.lines.all())
    if reach_of(user, "billing.view_invoice") is Reach.CARE:
        lines = [line for line in lines if line.is_of_service_of(user.pk)]
    return lines


@dataclass(frozen=True, slots=True)
class TaxPart:
    """What of an invoice is taxed alike: so much without tax, the tax, and why nothing is due where nothing is."""

    category: str
    rate: Decimal
    reason: str
    code: str
    net: Money
    tax: Money

    @property
    def label(self) -> str:
        return str(CATEGORY_LABELS[Category(self.category)]) if self.category else ""


def taxes_of(invoice: Invoice) -> list[TaxPart]:
    """Return the tax summary of an invoice, the lowest rate first. It adds up to the invoice."""
    sums: dict[tuple[Decimal, str, str, str], list[int]] = {}
    for line in invoice.lines.all():
        key = (line.tax_rate, line.tax_category, line.tax_reason, line.tax_code)
        net, tax = sums.get(key, (0, 0))
        sums[key] = [net + line.net_minor, tax + line.tax_minor]
    return [
        TaxPart(category, rate, reason, code, Money(net, invoice.currency), Money(tax, invoice.currency))
        for (rate, category, reason, code), (net, tax) in sorted(sums.items())
    ]


def tax_rates() -> list[TaxRate]:
    """Return the practice's rates of tax by name, the latest of each first."""
    return list(TaxRate.objects.kept().order_by(Lower("name"), "-valid_from"))


def discount_reasons() -> list[DiscountReason]:
    """Return the reasons for discounts that are offered."""
    return list(DiscountReason.objects.filter(ended_at=None).order_by(Lower("text")))


def matching(rows: InvoiceQuerySet, text: str) -> InvoiceQuerySet:
    """Those with `text` in their number, or in the name of whom they are to or about."""
    text = text.strip()
    if not text:
        return rows
    found = Q(number__icontains=text)
    for name in ("client__first_name", "client__last_name", "patient__first_name", "patient__last_name"):
        found |= Q(**{f"{name}__icontains": text})
    for word in text.split()[1:]:  # "Aoife Byrne": a first name and a last one
        first = text[: text.rindex(word)].strip()
        found |= Q(client__first_name__icontains=first, client__last_name__icontains=word)
        found |= Q(patient__first_name__icontains=first, patient__last_name__icontains=word)
    return rows.filter(found)


def figures(user: Any, *, since: date) -> Figures:
    """Add up, in two queries, what a person may see. `since` is the day from which received money is counted."""
    late, draft = SHOWN_AS["overdue"], SHOWN_AS["drafts"]
    sums = Invoice.objects.visible_to(user).aggregate(
        outstanding=Sum(OWED, filter=SHOWN_AS["to-pay"]),
        unpaid=Count("pk", filter=SHOWN_AS["to-pay"]),
        overdue=Sum(OWED, filter=late),
        late=Count("pk", filter=late),
        drafted=Sum("gross_minor", filter=draft),
        drafts=Count("pk", filter=draft),
    )
    payments = Payment.objects.visible_to(user).filter(received_at__date__gte=since)
    received = payments.aggregate(sum=Sum("amount_minor"))["sum"]
    return Figures(
        outstanding=_money(sums["outstanding"]),
        unpaid=sums["unpaid"],
        overdue=_money(sums["overdue"]),
        late=sums["late"],
        drafted=_money(sums["drafted"]),
        drafts=sums["drafts"],
        received=_money(received),
    )


def owed(rows: InvoiceQuerySet) -> Money:
    """Return what is left to pay on these invoices."""
    return _money(rows.to_be_paid().aggregate(sum=Sum(OWED))["sum"])


@dataclass(frozen=True, slots=True)
class Happening:
    """A line of an invoice's history."""

    action: str
    at: datetime
    by_name: str
    payment: Payment | None


def history_of_invoice(invoice: Invoice) -> list[Happening]:
    """Return what was done with an invoice, newest first."""
    payments = {str(payment.pk): payment for payment in invoice.payments.all()}
    return [_happening(entry, invoice, payments) for entry in history_of(invoice)]


def _happening(entry: AuditEntry, invoice: Invoice, payments: dict[str, Payment]) -> Happening:
    """Money and issue bear their own moment; the log's is when they were written down."""
    payment = payments.get(entry.changes.get("payment_id", [None, None])[1])
    at = entry.at
    if payment is not None:
        at = payment.received_at
    elif entry.action == "billing.invoice.issued":
        at = invoice.issued_at or at
    return Happening(action=entry.action, at=at, by_name=entry.user_label, payment=payment)


def note_listed(invoices: Iterable[Invoice], *, by: Any) -> None:
    """Write into the audit log whose invoices a list showed."""
    audit.listed(what=Invoice, subjects=[invoice.patient_id for invoice in invoices], by=by)


def invoice_of_visit(user: Any, appointment_id: UUID) -> Invoice | None:
    """Return the invoice that a visit is on, if this user may see it."""
    return Invoice.objects.visible_to(user).filter(lines__appointment_id=appointment_id).first()


def treatments_of_note(note: Any, *, user: Any) -> dict[str, Any]:
    """Return what the page of a visit's note shows of treatments; the note is the model, or its card."""
    visit = scheduling.find_visit(note.appointment_id)
    may_change = not note.is_signed and crm.may_add_to_note(note.pk, by=user)
    codes = codes_to_choose(visit) if visit and may_change else []
    return {
        "note": note,
        "treatments": treatments_of_visit(note.appointment_id),
        "may_change": may_change,
        "codes": codes,
        "usual": [code for code in codes if visit and code.service_id == visit.service_id][:USUAL],
    }


def treatments_of_visit(appointment_id: UUID) -> list[Treatment]:
    """Return what was done in a visit, in the order in which it was noted, each with the invoice that it is on."""
    return list(Treatment.objects.of_visit(appointment_id).select_related("line__invoice"))


def codes_to_choose(visit: scheduling.Visit) -> list[TreatmentCode]:
    """Return what is on the list on the day of a visit: what is usual in its services first, then by code."""
    usual = Q(service__in=[visit.service_id, *(done.id for done in visit.further)])
    codes = TreatmentCode.objects.valid_on(visit.starts_at.date())
    return list(codes.annotate(usual=Case(When(usual, then=0), default=1)).order_by("usual", "code"))


def not_billed(appointment_id: UUID) -> list[Treatment]:
    """Return what was done in a visit, costs something, and is on no invoice."""
    return list(Treatment.objects.of_visit(appointment_id).not_billed())


def sum_of(treatments: Sequence[Treatment]) -> Money:
    return sum((each.amount for each in treatments), Money.zero(current_tenant().currency))


def visit_billed_by(invoice: Invoice) -> UUID | None:
    """Return the visit that an invoice is about, if it is about one: of its service, or of what was done in it."""
    lines = invoice.lines.filter(Q(appointment__isnull=False) | Q(treatment__isnull=False))
    found = lines.values_list("appointment_id", "treatment__appointment_id").first()
    return next((each for each in found if each), None) if found else None


def invoices_of_day(user: Any, day: date) -> dict[UUID, Invoice]:
    """Return the invoices of the visits that start on a day of the tenant's calendar, by visit."""
    lines = InvoiceLine.objects.filter(
        appointment__period__startswith__date=day, invoice__in=Invoice.objects.visible_to(user).values("pk")
    )
    return {line.appointment_id: line.invoice for line in lines.select_related("invoice") if line.appointment_id}


def open_deposits(rows: DepositQuerySet) -> DepositQuerySet:
    """Those that can be paid, the one that runs out first on top."""
    return rows.filter(invoice__status=Status.DRAFT.value).order_by("until", "pk")


def rules_with_names() -> list[tuple[DepositRule, str]]:
    """Return the rules for deposits with what each is for; the general one has no name and comes first."""
    rows = DepositRule.objects.select_related("service").order_by(F("service__name").asc(nulls_first=True))
    return [(rule, rule.service.name if rule.service else "") for rule in rows]


def deposit_of_visit(user: Any, appointment_id: UUID) -> Deposit | None:
    """Return the deposit of a visit, if this user may see it."""
    return Deposit.objects.visible_to(user).for_display().filter(appointment_id=appointment_id).first()


def counts() -> dict[str, int]:
    """Return what an operator may know of this module's size."""
    return {"invoices": Invoice.objects.count()}


def _money(minor: int | None) -> Money:
    return Money(minor or 0, current_tenant().currency)


@dataclass(frozen=True, slots=True)
class SeriesShown:
    """What a series gives out next, this year and from the next on; nothing: it counts with the practice."""

    kind: str
    place: str
    now: str
    then: str


def series_shown(places: Sequence[scheduling.LocationCard], *, year: int) -> list[SeriesShown]:
    """Return the series of the practice and of each location, by kind of document."""
    rows = {(row.kind, row.location_id): row for row in NumberSeries.objects.filter(year=year)}
    known = NumberSeries.prefixes()

    def shown(kind: DocumentKind, place_id: UUID | None, on: int) -> str:
        prefix = prefix_of(known, kind=kind, location_id=place_id, year=on)
        row = rows.get((kind, place_id)) if on == year else None
        return shown_number(on, row.next if row else 1, prefix=prefix) if prefix is not None else ""

    return [
        SeriesShown(str(DOCUMENT_LABELS[kind]), name, shown(kind, place_id, year), shown(kind, place_id, year + 1))
        for kind in DocumentKind
        for place_id, name in [(None, ""), *((place.id, place.name) for place in places)]
    ]
