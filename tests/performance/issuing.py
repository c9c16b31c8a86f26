"""Row 7: ten thousand invoices of four lines are issued, each with the next number."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Model
from django.utils import timezone

from kernel.ids import new_id
from kernel.money import Money
from modules.billing.models import Happening, Invoice, InvoiceLine, LedgerEntry, NumberSeries
from modules.billing.services import WishedLine, draft_invoice_by_hand
from tenancy import use, use_owner
from tests.performance.asking import Wanted, put_load
from tests.performance.bare import measure
from tests.performance.house import per_request
from tests.performance.results import Result, spread
from tests.performance.visit import Visit, WrongAnswer

INVOICES, WARM_UP, LINES, CLIENTS, BARE = 10_000, 40, 4, 8, 4000
SHARE = 0.3  # of what bare Postgres does
TABLES = """
DROP SCHEMA IF EXISTS bare CASCADE;
CREATE SCHEMA bare;
CREATE TABLE bare.series (next integer NOT NULL);
INSERT INTO bare.series VALUES (1);
CREATE TABLE bare.invoice (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), number integer UNIQUE, net bigint);
CREATE TABLE bare.line (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), invoice uuid NOT NULL, net bigint NOT NULL);
"""
ISSUE = """
WITH taken AS (UPDATE bare.series SET next = next + 1 RETURNING next - 1 AS number),
     issued AS (INSERT INTO bare.invoice (number, net) SELECT number, 5000 FROM taken RETURNING id)
INSERT INTO bare.line (invoice, net) SELECT id, 1250 FROM issued, generate_series(1, %s)
"""


def without_gaps(visit: Visit) -> Iterator[Result]:
    limit, times = _bare_invoices()
    seen = spread(times)
    yield Result(
        row="7",
        what=f"limit: bare Postgres, counter's row, invoice and {LINES} lines, c={CLIENTS}",
        measured=f"{limit:.0f}/s",
        p50=seen.p50,
        p95=seen.p95,
        worst=seen.worst,
    )
    wanted = [Wanted("POST", f"/api/billing/invoices/{each}/issue/") for each in _drafts(visit, INVOICES + WARM_UP)]
    put_load(visit.arrive, wanted[:WARM_UP], clients=CLIENTS)
    before = visit.house.cpu_seconds()
    load = put_load(visit.arrive, wanted[WARM_UP:], clients=CLIENTS)
    cpu = per_request(before, visit.house.cpu_seconds(), INVOICES)
    visit.check(load.answers, {200})
    _leave_papers_undone(visit)
    with use(visit.practice.tenant):
        if problems := list(_problems()):
            raise WrongAnswer("; ".join(problems))
    seen = spread(load.times)
    yield Result(
        row="7",
        what=f"{INVOICES:,} invoices of {LINES} lines, c={CLIENTS}, numbered, chained, in the books, in the log",
        bar=f"≥ {SHARE} × limit; no gap, no number twice",
        measured=f"{load.per_second:.0f}/s, {load.per_second / limit:.2f} × limit, no gap, no number twice",
        met=load.per_second >= SHARE * limit,
        p50=seen.p50,
        p95=seen.p95,
        worst=seen.worst,
        cpu=cpu,
    )


def _drafts(visit: Visit, wanted: int) -> list[UUID]:
    """Put in so many drafts as rows, all like one that was drafted by hand."""
    practice, at = visit.practice, timezone.now()
    lines = [
        WishedLine(description=f"Line {number}", unit_price=Money(1250, "GBP"), tax_rate=Decimal(20))
        for number in range(LINES)
    ]
    with use(practice.tenant):
        first = draft_invoice_by_hand(patient_id=practice.people[0], lines=lines, by=practice.owner, at=at)
        ids = [new_id() for _ in range(wanted)]
        copies = [_copy(first, pk=invoice_id) for invoice_id in ids]
        Invoice.objects.bulk_create(copies, batch_size=1000)
        sold = list(first.lines.all())
        InvoiceLine.objects.bulk_create(
            (_copy(line, pk=new_id(), invoice_id=invoice_id) for invoice_id in ids for line in sold), batch_size=1000
        )
    with use_owner(practice.tenant.schema_name), connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return ids


def _copy(row: Any, **changes: Any) -> Any:
    model: type[Model] = type(row)
    values = {field.attname: getattr(row, field.attname) for field in model._meta.concrete_fields}
    del values["id"]
    return model(**values | changes)


def _leave_papers_undone(visit: Visit) -> None:
    """Take the jobs away that would make ten thousand PDF files while other rows are measured."""
    with use_owner(), connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM jobs_outboxmessage WHERE done_at IS NULL AND tenant_id = %s", [visit.practice.tenant.id]
        )


def _problems() -> Iterator[str]:
    numbers = list(Invoice.objects.exclude(sequence=None).order_by("sequence").values_list("sequence", flat=True))
    if numbers != list(range(1, len(numbers) + 1)):
        yield "the numbers are not one, two, three"
    if NumberSeries.objects.get().next != len(numbers) + 1:
        yield "the series does not go on where the numbers end"
    if (entered := LedgerEntry.objects.filter(kind=Happening.ISSUED).count()) != len(numbers):
        yield f"{len(numbers)} invoices, {entered} of them in the books"


def _bare_invoices() -> tuple[float, list[float]]:
    """Return how many invoices a second Postgres alone issues, each committed to the disk, and how long each took."""
    seconds, times = measure(TABLES, lambda connection: connection.execute(ISSUE, [LINES]), clients=CLIENTS, times=BARE)
    return BARE / seconds, times
