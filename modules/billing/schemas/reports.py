"""The wire shapes of the reports."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import Field

from httpapi.fields import Amount
from httpapi.schemas import Schema
from modules.billing.selectors.reports import Report, Row


class ReportDaysIn(Schema):
    """Days of the tenant's calendar, the first and the last included; without them this month. A year at most."""

    since: date | None = None
    until: date | None = None


class RevenueIn(ReportDaysIn):
    by: Literal["day", "week", "month", "practitioner", "service", "location"] = "day"


class PaymentsIn(ReportDaysIn):
    by: Literal["day", "week", "month", "method", "location"] = "day"


class TillDifferencesIn(ReportDaysIn):
    by: Literal["till", "person", "location", "day", "week", "month"] = "till"


class StandingIn(Schema):
    """How it stood when this day ended, in the tenant's calendar; without it, today."""

    until: date | None = None


class KeyedOut(Schema):
    key: str = Field(description="What it is added up by: a day, an id, a word; empty where there is none.")
    label: str
    currency: str


class BilledFigureOut(KeyedOut):
    net: Amount
    tax: Amount
    gross: Amount

    @staticmethod
    def of(row: Row) -> BilledFigureOut:
        net, tax, gross = (amount.decimal for amount in row.amounts)
        return BilledFigureOut(**_keyed(row), net=net, tax=tax, gross=gross)


class PaidFigureOut(KeyedOut):
    """What was paid back is below zero."""

    received: Amount
    paid_back: Amount
    together: Amount

    @staticmethod
    def of(row: Row) -> PaidFigureOut:
        received, paid_back, together = (amount.decimal for amount in row.amounts)
        return PaidFigureOut(**_keyed(row), received=received, paid_back=paid_back, together=together)


class CountedFigureOut(KeyedOut):
    """A difference below zero is missing."""

    expected: Amount
    counted: Amount
    difference: Amount

    @staticmethod
    def of(row: Row) -> CountedFigureOut:
        expected, counted, difference = (amount.decimal for amount in row.amounts)
        return CountedFigureOut(**_keyed(row), expected=expected, counted=counted, difference=difference)


class StandingFigureOut(KeyedOut):
    amount: Amount

    @staticmethod
    def of(row: Row) -> StandingFigureOut:
        return StandingFigureOut(**_keyed(row), amount=row.amounts[0].decimal)


class ReportOut(Schema):
    since: date
    until: date
    by: str


class BilledReportOut(ReportOut):
    items: list[BilledFigureOut]

    @staticmethod
    def of(report: Report) -> BilledReportOut:
        return BilledReportOut(**_of(report), items=[BilledFigureOut.of(row) for row in report.rows])


class PaidReportOut(ReportOut):
    items: list[PaidFigureOut]

    @staticmethod
    def of(report: Report) -> PaidReportOut:
        return PaidReportOut(**_of(report), items=[PaidFigureOut.of(row) for row in report.rows])


class CountedReportOut(ReportOut):
    items: list[CountedFigureOut]

    @staticmethod
    def of(report: Report) -> CountedReportOut:
        return CountedReportOut(**_of(report), items=[CountedFigureOut.of(row) for row in report.rows])


class StandingReportOut(Schema):
    until: date
    items: list[StandingFigureOut]

    @staticmethod
    def of(report: Report) -> StandingReportOut:
        items = [StandingFigureOut.of(row) for row in report.rows]
        return StandingReportOut(until=report.days.until, items=items)


def _keyed(row: Row) -> dict[str, str]:
    return {"key": row.key, "label": str(row.label), "currency": row.currency}


def _of(report: Report) -> dict[str, Any]:
    return {"since": report.days.since, "until": report.days.until, "by": report.by}
