"""Who did or saw what: the audit log, to be read, filtered and taken along. Nobody changes it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from tenancy.requests import Request
from tenants.activity import exporting
from tenants.activity.forms import FilterForm
from tenants.activity.selecting import Place, entries_for
from tenants.activity.telling import name_of, note_reading, read_page
from tenants.chaining import state_of
from webui.doors import page


@page("audit.view")
@require_safe
def activity(request: Request) -> HttpResponse:
    return _show(request, FilterForm(request.GET))


@page("audit.view")
@require_safe
def export(request: Request) -> Any:
    """Stream what the filters let through."""
    form = FilterForm(request.GET)
    if not form.is_valid():
        return _show(request, form)
    file_format = request.GET.get("format", "")
    chosen = file_format if file_format in exporting.FORMATS else "csv"
    return exporting.stream(request.tenant, form.filters(), file_format=chosen, reader=request.user)


def _show(request: Request, form: FilterForm) -> HttpResponse:
    query = {name: value for name, value in form.data.items() if name in form.fields and value}
    context: dict[str, Any] = {"form": form, "query": query, "chain": state_of(request.tenant)}
    if not form.is_valid():
        return render(request, "tenants/activity.html", context, status=422)
    filters = form.filters()
    after = Place.read(request.GET.get("after", ""))
    rows = entries_for(filters, zone=ZoneInfo(request.tenant.time_zone))
    shown = read_page(rows, after=after, text=filters.text, reader=request.user, among=filters.among)
    note_reading(shown.lines, by=request.user)
    context |= {"lines": shown.lines, "filters": filters, "is_first": after is None, "newest": urlencode(query)}
    if filters.subject:
        context["subject"] = name_of(filters.subject, reader=request.user)
    context["older"] = urlencode(query | {"after": str(shown.next)}) if shown.next else ""
    return render(request, "tenants/activity.html", context)
