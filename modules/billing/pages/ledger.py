"""The books: what each account comes to in some days, the entries of these days, and both as a file."""

from __future__ import annotations

from datetime import date

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from audit import recording as audit
from kernel.cells import csv_lines
from modules.billing.forms.ledger import JournalForm
from modules.billing.models import LedgerEntry
from modules.billing.selectors import ledger
from tenancy.requests import Request
from webui.doors import page

PER_PAGE = 50


@page("billing.view_ledger")
def journal(request: Request) -> HttpResponse:
    form, (since, until, account) = _asked(request)
    found = ledger.entries(request.user, since=since, until=until, account=account)
    entries = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "entries": entries,
        "balances": ledger.balances(request.user, since=since, until=until),
        "query": f"since={since}&until={until}&account={account}",
        "since": since,
        "until": until,
        "may_open_tills": request.user.has_perm("billing.till"),
    }
    return render(request, "billing/journal.html", context, status=200 if form.is_valid() else 422)


@page("billing.view_ledger")
def export(request: Request) -> HttpResponse:
    """The same entries, all of them, as a table for the accountant's program."""
    _form, (since, until, account) = _asked(request)
    found = ledger.entries(request.user, since=since, until=until, account=account)
    audit.listed(what=LedgerEntry, subjects=ledger.subjects_of(found), by=request.user, how="exported")
    lines = csv_lines([ledger.CSV_COLUMNS, *ledger.as_rows(found)])
    answer = HttpResponse(lines, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="journal-{since}-{until}.csv"'
    answer["Cache-Control"] = "private, no-store"
    return answer


def asked_days(request: Request) -> tuple[date, date]:
    """Return the days of the journal that were asked for."""
    _form, (since, until, _account) = _asked(request)
    return since, until


def _asked(request: Request) -> tuple[JournalForm, tuple[date, date, str]]:
    """Return what was asked for; of what cannot be understood, this month."""
    today = timezone.localdate()
    usual = (today.replace(day=1), today, "")
    names = ("since", "until", "account")
    form = JournalForm({name: request.GET.get(name, str(value)) for name, value in zip(names, usual, strict=True)})
    if not form.is_valid():
        return form, usual
    since, until, account = (form.cleaned_data[name] for name in names)
    return form, (since, until, account)
