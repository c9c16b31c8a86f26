"""What was counted in tills when they were closed, beside what should have been there."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet, UUIDField, Value
from django.db.models.functions import TruncDate, TruncMonth, TruncWeek

from access.permissions import narrow
from modules.billing.domain.reports import Days
from modules.billing.models import Till, TillSession
from modules.billing.selectors.reports.figures import Source


def closed(user: Any, days: Days) -> QuerySet[TillSession]:
    rows = narrow(TillSession.objects.order_by(), user, "billing.view_ledger")
    rows = rows.annotate(day_of_close=TruncDate("closed_at"))
    return rows.filter(day_of_close__gte=days.since, day_of_close__lte=days.until)


def names_of_tills(ids: list[UUID]) -> dict[UUID, str]:
    return {till.pk: str(till) for till in Till.objects.select_related("location").filter(pk__in=ids)}


def names_of_closers(ids: list[UUID]) -> dict[UUID, str]:
    """Return what people were called when they closed a till last."""
    rows = TillSession.objects.filter(closed_by_id__in=ids).order_by("closed_at", "pk")
    return {row.closed_by_id: row.closed_by_name for row in rows if row.closed_by_id}


COUNTED = Source(
    rows=closed,
    sums={"expected": F("expected_minor"), "counted": F("counted_minor"), "difference": F("difference_minor")},
    keys={
        "till": lambda _days: F("till"),
        "person": lambda _days: F("closed_by_id"),
        "location": lambda _days: F("till__location"),
        "day": lambda _days: F("day_of_close"),
        "week": lambda _days: TruncWeek("day_of_close"),
        "month": lambda _days: TruncMonth("day_of_close"),
    },
    of_document={
        "document": F("pk"),
        "number": F("till__name"),
        "day": F("day_of_close"),
        "whose": F("closed_by_name"),
        "subject": Value(None, output_field=UUIDField()),
    },
    leads_to="billing:till_session",
)
