"""What was billed: the lines of issued invoices, less those of credit notes, on the days of issue (accrual)."""

from __future__ import annotations

from typing import Any

from django.db.models import Case, CharField, F, OuterRef, Q, QuerySet, Subquery, UUIDField, Value, When
from django.db.models.functions import Cast, Coalesce, Concat, TruncMonth, TruncWeek

from access.permissions import narrow
from modules.billing.domain.reports import Days
from modules.billing.domain.states import DocumentKind
from modules.billing.models import InvoiceLine
from modules.billing.selectors.reports.figures import Source

# By which ways a line knows its visit: itself, what was done in it, or the deposit that was paid for it.
BILLS_VISIT = ("appointment", "former_appointment")
WAYS = (
    *BILLS_VISIT,
    "treatment__appointment",
    "former_treatment__appointment",
    "deposit__appointment",
    "invoice__deposit__appointment",
)
SIGN = Case(When(invoice__kind=DocumentKind.CREDIT_NOTE.value, then=-1), default=1)
SERVICE_BILLED = Q(item=None, corrects_line__item=None, is_duty=False) & ~Q(corrects_line__is_duty=True)


def lines(user: Any, days: Days) -> QuerySet[InvoiceLine]:
    rows = narrow(InvoiceLine.objects.order_by(), user, "billing.view_ledger")
    return rows.filter(invoice__issue_date__range=(days.since, days.until))


def _of_visit(field: str) -> list[F]:
    """Return where the visit of a line says this; that of a credit note is that of the line it takes back."""
    return [F(f"{line}{way}__{field}") for line in ("", "corrects_line__") for way in WAYS]


def _practitioner(_days: Days) -> Any:
    """A further service names no visit of its own: it was given by whom the bill's visit was with."""
    return Coalesce(
        *_of_visit("practitioner"), Case(When(SERVICE_BILLED, then=_beside("practitioner"))), output_field=UUIDField()
    )


def _service(_days: Days) -> Any:
    """A further service is known by its name, which its line has copied."""
    further = _beside("further_services__service", further_services__service__name=OuterRef("description"))
    return Coalesce(*_of_visit("service"), Case(When(SERVICE_BILLED, then=further)), output_field=UUIDField())


def _beside(field: str, **where: Any) -> Coalesce:
    """Return what the visit says that is billed on the same invoice."""
    of_invoice = InvoiceLine.objects.filter(invoice=Coalesce(OuterRef("corrects_line__invoice"), OuterRef("invoice")))
    found = []
    for way in BILLS_VISIT:
        told = {f"{way}__isnull": False} | {f"{way}__{name}": value for name, value in where.items()}
        found.append(Subquery(of_invoice.filter(**told).order_by("position").values(f"{way}__{field}")[:1]))
    return Coalesce(*found, output_field=UUIDField())


def _taxed_alike(_days: Days) -> Concat:
    rate = Cast("tax_rate", CharField())
    return Concat(rate, Value("/"), F("tax_category"), Value("/"), F("tax_code"), output_field=CharField())


BILLED = Source(
    rows=lines,
    sums={"net": SIGN * F("net_minor"), "tax": SIGN * F("tax_minor"), "gross": SIGN * F("gross_minor")},
    keys={
        "day": lambda _days: F("invoice__issue_date"),
        "week": lambda _days: TruncWeek("invoice__issue_date"),
        "month": lambda _days: TruncMonth("invoice__issue_date"),
        "practitioner": _practitioner,
        "service": _service,
        "location": lambda _days: F("invoice__location"),
        "rate": _taxed_alike,
    },
    of_document={
        "document": F("invoice"),
        "number": F("invoice__number"),
        "day": F("invoice__issue_date"),
        "whose": F("invoice__client_name"),
        "subject": F("invoice__patient"),
    },
)
