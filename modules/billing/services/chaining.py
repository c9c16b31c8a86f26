"""The chain over issued documents: link each one as it is issued, those of before too, and look whether all holds."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Max

from audit import recording as audit
from modules.billing.domain.chain import START, form, link, link_hash, people_hash
from modules.billing.models import Invoice, InvoiceLine, NumberSeries

BATCH = 500
MOST_FINDINGS = 100

# What a document says of people: it goes when they are erased. What else it says is of money, and stays.
PEOPLE = frozenset({"client_name", "client_address", "client_details", "patient_name", "reason"})
PEOPLE_ON_LINES = frozenset({"description", "detail"})
# What changes after a document is issued, or says nothing on it: whose records it is, by an id that a merge moves.
APART = frozenset(
    {"status", "paid_minor", "credited_minor", "written_off_minor", "pdf_id", "created_at"}
    | {"client_id", "patient_id", "series_id"}
    | {"chain_hash", "chain_previous", "chain_people", "chain_salt"}
)
APART_ON_LINES = frozenset(
    {"invoice_id", "credited_minor", "appointment_id", "treatment_id", "former_appointment_id", "former_treatment_id"}
)


class Finding(NamedTuple):
    """Something that is not as it was issued."""

    what: str
    number: str

    def __str__(self) -> str:
        return f"{self.number}: {self.what}"


@dataclass
class Verdict:
    """What a verification saw. `waiting` documents are of before the chain and not in it yet: nothing vouches for them.

    Of the `erased` ones what they said of people is gone, and the rest was looked at.
    """

    documents: int = 0
    waiting: int = 0
    erased: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        return not self.findings

    def add(self, what: str, number: str) -> None:
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(Finding(what, number))


def set_link(*, document: Invoice) -> None:
    """Link a numbered document to the one before it. Call under the lock of its series, and save it then.

    If the one before it waits for the worker, it waits as well.
    """
    previous = _hash_before(document)
    if previous:
        _link(document, previous=previous)


def chain_up() -> int:
    """Link the documents that were issued before there was a chain, or by a release of before. Return how many.

    A batch per transaction, in the order of their numbers: safe to break off anywhere, and to run twice at once.
    """
    total = 0
    _place_strays()
    waiting = Invoice.objects.filter(chain_hash="", series__isnull=False)
    for series_id in list(waiting.values_list("series_id", flat=True).distinct().order_by("series_id")):
        while done := _chain_batch(series_id):
            total += done
    return total


def verify() -> Verdict:
    """Go through the documents of the tenant in use, series by series, and work out every hash anew."""
    verdict = Verdict()
    for series in NumberSeries.objects.order_by("year", "kind", "pk"):
        _verify_series(verdict, series)
    strays = Invoice.objects.filter(number__isnull=False, series=None).order_by("number")
    for number in strays.values_list("number", flat=True)[:MOST_FINDINGS]:
        verdict.add("the document is in no series", str(number))
    return verdict


@transaction.atomic
def _place_strays() -> None:
    """Put what a release of before issued into its series, by its number: that knew one series a year."""
    for document in Invoice.objects.filter(number__isnull=False, series=None).order_by("number"):
        year, _, place = str(document.number).partition("-")
        series = NumberSeries.objects.filter(kind=document.kind, location_id=None, year=year).first()
        if series is not None:
            document.series, document.sequence = series, int(place)
            document.save(update_fields=["series", "sequence"])
            changes = {"sequence": (None, document.sequence)}
            audit.record(action="billing.invoice.placed", of=document, by=None, changes=changes)


@transaction.atomic
def _chain_batch(series_id: int) -> int:
    NumberSeries.objects.select_for_update(no_key=True).get(pk=series_id)
    rows = list(Invoice.objects.filter(series=series_id, chain_hash="").order_by("sequence")[:BATCH])
    previous = _hash_before(rows[0]) if rows else START
    for document, lines in _with_lines(rows):
        _link(document, previous=previous, lines=lines)
        document.save(update_fields=["chain_hash", "chain_previous", "chain_people", "chain_salt"])
        audit.record(action="billing.invoice.chained", of=document, by=None, changes=_hash_told(document))
        previous = document.chain_hash
    return len(rows)


def _hash_told(document: Invoice) -> dict[str, tuple[None, str]]:
    return {"chain_hash": (None, document.chain_hash)}


def _hash_before(document: Invoice) -> str:
    before = Invoice.objects.filter(series=document.series, sequence__lt=document.sequence).order_by("-sequence")
    last = before.values_list("chain_hash", flat=True).first()
    return START if last is None else last


def _link(document: Invoice, *, previous: str, lines: Sequence[InvoiceLine] | None = None) -> None:
    if lines is None:
        lines = list(InvoiceLine.objects.filter(invoice=document).order_by("position"))
    made = link(
        previous=previous, money=_money(document, lines), people=_people(document, lines), salt=secrets.token_hex(16)
    )
    document.chain_previous, document.chain_hash = made.previous, made.hash
    document.chain_people, document.chain_salt = made.people, made.salt


def _money(document: Invoice, lines: Sequence[InvoiceLine]) -> str:
    return form(
        _columns(document, PEOPLE | APART), [_columns(line, PEOPLE_ON_LINES | APART_ON_LINES) for line in lines]
    )


def _people(document: Invoice, lines: Sequence[InvoiceLine]) -> str:
    return form(
        {name: getattr(document, name) for name in PEOPLE},
        [{"id": line.pk} | {name: getattr(line, name) for name in PEOPLE_ON_LINES} for line in lines],
    )


def _columns(row: Any, without: frozenset[str]) -> dict[str, Any]:
    """Return every column but these: one that is added later is vouched for without anybody thinking of it."""
    names = (each.attname for each in row._meta.concrete_fields)
    return {name: getattr(row, name) for name in names if name not in without}


def _verify_series(verdict: Verdict, series: NumberSeries) -> None:
    rows = Invoice.objects.filter(series=series).order_by("sequence")
    last_chained = rows.exclude(chain_hash="").aggregate(last=Max("sequence"))["last"] or 0
    previous, place = START, 0
    for document, lines in _with_lines(rows.iterator(BATCH)):
        for missing in range(place + 1, document.sequence or 0):
            verdict.add("the document is missing", series.shown(missing))
        place = document.sequence or 0
        verdict.documents += 1
        if document.chain_hash:
            _verify(verdict, document, lines, series=series, previous=previous)
            previous = document.chain_hash
        elif place < last_chained:
            verdict.add("the document was put in behind the chain's back", str(document.number))
        else:
            verdict.waiting += 1
    for missing in range(place + 1, series.next):
        verdict.add("the document is missing", series.shown(missing))


def _verify(
    verdict: Verdict, document: Invoice, lines: Sequence[InvoiceLine], *, series: NumberSeries, previous: str
) -> None:
    number = str(document.number)
    if document.number != series.shown(document.sequence or 0):
        verdict.add("the number is not the one of its place", number)
    if document.chain_previous != previous:
        verdict.add("the document does not follow the one before it", number)
    people = document.chain_people
    if document.chain_salt:
        people = people_hash(_people(document, lines), salt=document.chain_salt)
    elif _says_something_of_people(document, lines):
        people = ""
    else:
        verdict.erased += 1
    money = _money(document, lines)
    if people != document.chain_people or (
        link_hash(previous=document.chain_previous, money=money, people=people) != document.chain_hash
    ):
        verdict.add("the document was changed", number)


def _says_something_of_people(document: Invoice, lines: Sequence[InvoiceLine]) -> bool:
    said = [getattr(document, name) for name in PEOPLE]
    return any(said) or any(getattr(line, name) for line in lines for name in PEOPLE_ON_LINES)


def _with_lines(rows: Any) -> Iterator[tuple[Invoice, list[InvoiceLine]]]:
    """Yield documents with their lines, in pages: one query for the lines of many."""
    page: list[Invoice] = []
    for row in rows:
        page.append(row)
        if len(page) == BATCH:
            yield from _page_with_lines(page)
            page = []
    yield from _page_with_lines(page)


def _page_with_lines(page: list[Invoice]) -> Iterator[tuple[Invoice, list[InvoiceLine]]]:
    lines: dict[Any, list[InvoiceLine]] = {document.pk: [] for document in page}
    for line in InvoiceLine.objects.filter(invoice__in=page).order_by("position"):
        lines[line.invoice_id].append(line)
    for document in page:
        yield document, lines[document.pk]
