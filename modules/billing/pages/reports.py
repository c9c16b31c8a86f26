"""The reports: an overview of some days, each report, the documents behind a figure, and each report as a file."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from access.membership import reach_of
from access.presets import Reach
from audit import recording as audit
from modules.billing.documents.report import report_pdf
from modules.billing.domain.reports import Days, Preset, bars, days_of, times
from modules.billing.forms.reports import PRESETS, DayForm, DaysForm
from modules.billing.models import Invoice
from modules.billing.selectors import reports
from modules.billing.selectors.reports import REPORTS, WAYS, Kind, Report, figures, files
from modules.billing.selectors.reports.drawers import COUNTED
from modules.billing.services.letterhead import letterhead
from tenancy.requests import Request
from webui.doors import page

FILES = (("csv", "CSV"), ("xlsx", "Excel"), ("pdf", "PDF"))
PER_PAGE = 50
WIDTH, HEIGHT = 1000, 120


@page("billing.view_ledger")
def overview(request: Request) -> HttpResponse:
    form, days = _days(request)
    user = request.user
    context = {
        "revenue": reports.report_of(REPORTS["revenue"], user, days, by="practitioner"),
        "payments": reports.report_of(REPORTS["payments"], user, days, by="method"),
        "taxes": reports.report_of(REPORTS["taxes"], user, days),
        "kinds": REPORTS.values(),
        **_period(form, days, is_standing=False),
    }
    return render(request, "billing/reports/overview.html", context, status=_status(form))


@page("billing.view_ledger")
def report(request: Request, name: str) -> HttpResponse:
    kind = _kind(name)
    form, days = _days(request, is_standing=kind.is_standing)
    found = reports.report_of(kind, request.user, days, by=_by(request, kind), agrees=True)
    context = {
        "report": found,
        "chart": _chart(found),
        "files": FILES,
        **_period(form, days, is_standing=kind.is_standing),
    }
    return render(request, "billing/reports/report.html", context, status=_status(form))


@page("billing.view_ledger")
def rows(request: Request, name: str) -> HttpResponse:
    """The documents that a figure is made of. Their names are for those who see every invoice."""
    kind = _kind(name)
    form, days = _days(request, is_standing=kind.is_standing)
    by, key = _by(request, kind), request.GET.get("key")
    of: dict[str, Any] = {"by": by, "key": key, "currency": request.GET.get("currency", request.tenant.currency)}
    documents = Paginator(figures.behind(kind.source, request.user, days, **of), PER_PAGE).get_page(
        request.GET.get("page")
    )
    shown = [figures.as_behind(kind.source, row) for row in documents]
    audit.listed(what=Invoice, subjects=[each.subject for each in shown if each.subject], by=request.user)
    context = {
        "kind": kind,
        "days": days,
        "of": of,
        "label": reports.label_of(key, by=by) if key is not None else "",
        "documents": documents,
        "shown": shown,
        "sums": figures.sum_behind(kind.source, request.user, days, **of),
        "is_of_tills": kind.source is COUNTED,
        "may_see_names": kind.source is COUNTED or reach_of(request.user, "billing.view_invoice") is Reach.ALL,
        "query": _query(days),
        "here": urlencode({name: value for name, value in of.items() if value is not None}),
    }
    return render(request, "billing/reports/rows.html", context, status=_status(form))


@page("billing.view_ledger")
def download(request: Request, name: str) -> HttpResponse:
    """A report as a file: `file=csv`, `xlsx` or `pdf`. Nobody is named in it."""
    kind, wanted = _kind(name), request.GET.get("file", "csv")
    _form, days = _days(request, is_standing=kind.is_standing)
    if wanted not in files.MEDIA_TYPES:
        raise Http404
    found = reports.report_of(kind, request.user, days, by=_by(request, kind))
    answer = HttpResponse(_written(found, wanted), content_type=files.MEDIA_TYPES[wanted])
    answer["Content-Disposition"] = f'attachment; filename="{kind.name}-{days.since}-{days.until}.{wanted}"'
    answer["Cache-Control"] = "private, no-store"
    return answer


def _written(found: Report, wanted: str) -> bytes:
    if wanted == "pdf":
        return report_pdf(found, head=letterhead())
    return files.as_csv(found) if wanted == "csv" else files.as_xlsx(found)


def _kind(name: str) -> Kind:
    if name not in REPORTS:
        raise Http404
    return REPORTS[name]


def _by(request: Request, kind: Kind) -> str:
    by = request.GET.get("by", "")
    return by if by in kind.ways else kind.first


def _days(request: Request, *, is_standing: bool = False) -> tuple[DaysForm | DayForm, Days]:
    """Return what was asked for; of what cannot be understood, this month, or how it stands today."""
    today = timezone.localdate()
    usual = Days(today, today) if is_standing else days_of(Preset.THIS_MONTH, on=today)
    asked = {name: request.GET.get(name, str(getattr(usual, name))) for name in ("since", "until")}
    form = DayForm(asked) if is_standing else DaysForm(asked)
    if not form.is_valid():
        return form, usual
    until = form.cleaned_data["until"]
    return form, Days(form.cleaned_data.get("since", until), until)


def _status(form: DaysForm | DayForm) -> int:
    return 200 if form.is_valid() else 422


def _period(form: DaysForm | DayForm, days: Days, *, is_standing: bool) -> dict[str, Any]:
    presets = [(label, days_of(preset, on=timezone.localdate())) for preset, label in PRESETS.items()]
    return {
        "form": form,
        "days": days,
        "query": _query(days),
        "presets": [] if is_standing else [(label, _query(each), each == days) for label, each in presets],
    }


def _query(days: Days) -> str:
    return urlencode({"since": days.since, "until": days.until})


def _chart(found: Report) -> dict[str, Any] | None:
    """Return the last column as bars over time, if there is one currency and time to draw it over."""
    if not found.is_over_time or len(found.totals) != 1:
        return None
    amounts = {row.key: row.amounts[-1].minor for row in found.rows}
    values = [amounts.get(str(day), 0) for day in times(found.days, by=found.by)]
    drawn = bars(values, width=WIDTH, height=HEIGHT)
    return {"bars": drawn, "width": WIDTH, "height": HEIGHT, "what": found.kind.columns[-1], "by": WAYS[found.by]}
