"""The reports over the wire: the figures of their pages."""

from __future__ import annotations

from datetime import date

from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Query, Router

from httpapi.doors import endpoint
from kernel.errors import Invalid
from modules.billing.domain.reports import Days, Preset, days_of
from modules.billing.forms.ledger import LONGEST
from modules.billing.schemas.reports import (
    BilledReportOut,
    CountedReportOut,
    PaidReportOut,
    PaymentsIn,
    ReportDaysIn,
    RevenueIn,
    StandingIn,
    StandingReportOut,
    TillDifferencesIn,
)
from modules.billing.selectors.reports import REPORTS, Report, report_of
from tenancy.requests import Request

router = Router()


@router.get("/reports/revenue/", response=BilledReportOut, summary="What was billed (accrual)")
@endpoint("billing.view_ledger")
def revenue(request: Request, wanted: Query[RevenueIn]) -> BilledReportOut:
    """By the day of issue, less credit notes; paid or not. Each currency has figures of its own."""
    return BilledReportOut.of(_report(request, "revenue", _days(wanted), by=wanted.by))


@router.get("/reports/payments/", response=PaidReportOut, summary="What was paid (cash)")
@endpoint("billing.view_ledger")
def payments(request: Request, wanted: Query[PaymentsIn]) -> PaidReportOut:
    """By the day on which money came in, or was paid back, in the tenant's time zone."""
    return PaidReportOut.of(_report(request, "payments", _days(wanted), by=wanted.by))


@router.get("/reports/taxes/", response=BilledReportOut, summary="What was billed at each rate of tax")
@endpoint("billing.view_ledger")
def taxes(request: Request, wanted: Query[ReportDaysIn]) -> BilledReportOut:
    """A key is rate, category (EN 16931) and the code of the reason, with strokes between: `0.00/E/VATEX-EU-132-1C`."""
    return BilledReportOut.of(_report(request, "taxes", _days(wanted)))


@router.get("/reports/receivables/", response=StandingReportOut, summary="What clients owe, by how late it is")
@endpoint("billing.view_ledger")
def receivables(request: Request, wanted: Query[StandingIn]) -> StandingReportOut:
    return StandingReportOut.of(_report(request, "receivables", _at(wanted)))


@router.get("/reports/liabilities/", response=StandingReportOut, summary="What is held for clients")
@endpoint("billing.view_ledger")
def liabilities(request: Request, wanted: Query[StandingIn]) -> StandingReportOut:
    """Deposits (`DEPOSITS`), sessions of packages that are still to be given (`PACKAGES`), and credit (`CREDIT`)."""
    return StandingReportOut.of(_report(request, "liabilities", _at(wanted)))


@router.get("/reports/till-differences/", response=CountedReportOut, summary="What was counted in tills, and expected")
@endpoint("billing.view_ledger")
def till_differences(request: Request, wanted: Query[TillDifferencesIn]) -> CountedReportOut:
    """Of the sessions that were closed in these days, in the tenant's time zone."""
    return CountedReportOut.of(_report(request, "till-differences", _days(wanted), by=wanted.by))


def _report(request: Request, name: str, days: Days, by: str = "") -> Report:
    return report_of(REPORTS[name], request.user, days, by=by)


def _days(wanted: ReportDaysIn) -> Days:
    if wanted.since is None and wanted.until is None:
        return days_of(Preset.THIS_MONTH, on=timezone.localdate())
    until = wanted.until or max(timezone.localdate(), wanted.since or date.min)
    since = wanted.since or until.replace(day=1)
    if since > until or until - since > LONGEST:
        sentence = _("These are no days, or more than a year of them.")
        raise Invalid(sentence, fields={"until": [sentence]})
    return Days(since, until)


def _at(wanted: StandingIn) -> Days:
    day = wanted.until or timezone.localdate()
    return Days(day, day)
