"""What operators did, and what became of tenants."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import chain
from typing import Any, NamedTuple
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from kernel.cells import csv_lines
from kernel.ids import is_id
from tenancy.requests import Request
from tenants.console import platform_log
from tenants.console.models import PlatformEntry
from tenants.console.pages.names import TenantNames
from tenants.console.words import KINDS, action_in_words, details_in_words
from webui.doors import operators_page

A_PAGE = 50
COLUMNS = ("at", "who", "operator_id", "action", "tenant_id", "reason", "details", "origin")


class Line(NamedTuple):
    entry: PlatformEntry
    action: str
    values: list[str]
    tenant_name: str


class Asked(NamedTuple):
    text: str
    kind: str
    tenant_id: str
    since: date | None
    until: date | None


@operators_page
@never_cache
@require_GET
def log(request: Request) -> HttpResponse:
    asked = _asked(request.GET)
    page = Paginator(_entries(asked), A_PAGE).get_page(request.GET.get("page"))
    names = TenantNames([*[entry.tenant_id for entry in page], UUID(asked.tenant_id) if asked.tenant_id else None])
    query = request.GET.copy()
    query.pop("page", None)
    context = {
        "page": page,
        "lines": [line_of(entry, names) for entry in page],
        "asked": asked,
        "kinds": KINDS.items(),
        "tenant_name": names.of(UUID(asked.tenant_id)) if asked.tenant_id else "",
        "query": query.urlencode(),
        "paged": f"?{query.urlencode()}",
    }
    return render(request, "console/log.html", context)


@operators_page
@never_cache
@require_GET
def export(request: Request) -> StreamingHttpResponse:
    """The same lines, all of them, as a table for another program."""
    answer = StreamingHttpResponse(_csv(_entries(_asked(request.GET))), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="platform-log-{timezone.now():%Y-%m-%d}.csv"'
    return answer


def line_of(entry: PlatformEntry, names: TenantNames) -> Line:
    name = names.of(entry.tenant_id) if entry.tenant_id else ""
    return Line(entry, action_in_words(entry.action), details_in_words(entry.details), name)


def _asked(query: QueryDict) -> Asked:
    tenant_id, kind = query.get("tenant", ""), query.get("kind", "")
    return Asked(
        text=query.get("q", "").replace("\x00", "").strip(),
        kind=kind if kind in KINDS else "",
        tenant_id=tenant_id if is_id(tenant_id) else "",
        since=_day(query.get("since", "")),
        until=_day(query.get("until", "")),
    )


def _entries(asked: Asked) -> Any:
    rows = platform_log.entries(tenant_id=UUID(asked.tenant_id) if asked.tenant_id else None)
    if asked.text:
        rows = platform_log.matching(rows, asked.text)
    if asked.kind:
        rows = rows.filter(action__startswith=f"{asked.kind}.")
    if asked.since:
        rows = rows.filter(at__gte=_midnight(asked.since))
    if asked.until:
        rows = rows.filter(at__lt=_midnight(asked.until + timedelta(days=1)))
    return rows


def _day(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=timezone.get_current_timezone())


def _csv(rows: Any) -> Iterator[str]:
    cells = ([_cell(getattr(entry, column)) for column in COLUMNS] for entry in rows.iterator(chunk_size=1000))
    return csv_lines(chain([COLUMNS], cells))


def _cell(value: Any) -> str:
    return json.dumps(value) if isinstance(value, dict) else "" if value is None else str(value)
