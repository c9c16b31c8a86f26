"""What pages and the API read of the bank's statements: lines with what they may have been, or were."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, QuerySet

from modules.billing.domain.bank.mentions import Numbers
from modules.billing.domain.bank.proposals import (
    DAYS_APART,
    Books,
    Line,
    Owed,
    Proposal,
    Recorded,
    not_twice,
    proposals_for,
)
from modules.billing.domain.states import DocumentKind, Method
from modules.billing.models import (
    BankLine,
    BankMatch,
    BankStatement,
    Invoice,
    LineState,
    Payment,
    Refund,
    RefundKind,
    RefundState,
)
from modules.billing.selectors.bank_words import ShownProposal, shown_proposal
from tenancy import current_tenant

STRIPE = "STRIPE"
NAMED = ("invoice__client",)


@dataclass(frozen=True, slots=True)
class Found:
    """A line, what it may have been, which invoices it names that nothing is owed on, and what it was."""

    line: BankLine
    proposals: Sequence[Proposal]
    settled: Sequence[Invoice]
    matches: Sequence[BankMatch]

    @property
    def sure(self) -> Proposal | None:
        return next((each for each in self.proposals if each.is_sure), None)

    @property
    def is_payout(self) -> bool:
        """Test whether it looks like what the gateway pays out: who paid what of it is in the books already."""
        return self.line.is_incoming and STRIPE in f"{self.line.party_name} {self.line.text}".upper()

    @property
    def shown(self) -> list[ShownProposal]:
        return [shown_proposal(each) for each in self.proposals]

    @property
    def invoices(self) -> list[Invoice]:
        return [_invoice_of(match) for match in self.matches]


def statements() -> QuerySet[BankStatement]:
    """Return the statements, the latest first, with how many of their lines nobody decided on."""
    rows = BankStatement.objects.annotate(
        total=Count("lines"), left=Count("lines", filter=Q(lines__state=LineState.OPEN))
    )
    return rows.order_by("-until", "-at", "-pk")


def lines_of(statement: BankStatement | None = None, *, state: str = "") -> QuerySet[BankLine]:
    """Return the lines of a statement, or of all; in one state, or in any."""
    rows = BankLine.objects.select_related("statement")
    if statement is not None:
        rows = rows.filter(statement=statement)
    if state in LineState.values:
        rows = rows.filter(state=state)
    return rows.order_by("-booked_on", "-statement__at", "position")


def found(lines: Iterable[BankLine], *, alike: Iterable[BankLine] = ()) -> list[Found]:
    """Return what is known of lines, in a few queries. What an open one is, is not sure while one of `alike` is too."""
    shown = list(lines)
    every = list({line.pk: line for line in (*shown, *alike) if line.is_open}.values())
    facts, books, settled = _facts(every)
    proposals = dict(zip(facts, not_twice([proposals_for(line, books) for line in facts.values()]), strict=True))
    matches = _matches(shown)
    mentioned = {pk: [settled[number] for number in books.mentioned(line) if number in settled]
                 for pk, line in facts.items()}  # fmt: skip
    return [
        Found(line, proposals.get(line.pk, []), mentioned.get(line.pk, []), matches.get(line.pk, [])) for line in shown
    ]


def matched(what: str) -> QuerySet[BankMatch, Any]:
    """Return the payments, or the refunds, that are a line's."""
    return BankMatch.objects.filter(**{f"{what}__isnull": False}, undone_at=None).values(what)


def given_back() -> QuerySet[Refund, Any]:
    """Return the payments of which something went back."""
    return Refund.objects.exclude(state=RefundState.FAILED).filter(payment__isnull=False).values("payment")


def seen_in(rows: Iterable[Found]) -> list[Invoice]:
    """Return the invoices that a page names, for the audit log: those proposed, those paid and those matched."""
    every = list(rows)
    ids = {invoice_id for each in every for proposal in each.proposals for invoice_id, _minor in proposal.shares}
    numbers = {number for each in every for proposal in each.proposals for number in proposal.numbers}
    proposed = Invoice.objects.filter(Q(pk__in=ids) | Q(number__in=numbers)) if ids or numbers else []
    return [*proposed, *(invoice for each in every for invoice in (*each.settled, *each.invoices))]


def _facts(lines: Sequence[BankLine]) -> tuple[dict[UUID, Line], Books, dict[str, Invoice]]:
    known: dict[str, set[UUID]] = defaultdict(set)
    ibans = {line.party_iban for line in lines if line.party_iban}
    earlier = BankLine.objects.filter(party_iban__in=ibans, client__isnull=False, state=LineState.MATCHED)
    for iban, client_id in earlier.values_list("party_iban", "client").distinct() if ibans else ():
        known[iban].add(client_id)
    facts = {
        line.pk: Line(
            minor=line.amount_minor,
            booked_on=line.booked_on,
            text=line.text,
            reference=line.reference,
            party_name=line.party_name,
            known_clients=frozenset(known[line.party_iban]),
        )
        for line in lines
    }
    named = _named(facts.values())
    owed = [_owed(invoice) for invoice in _owed_rows()] if any(line.minor > 0 for line in facts.values()) else []
    recorded = [*_payments(lines), *_refunds(lines)]
    books = Books(owed=owed, recorded=recorded, numbers=[str(each.number) for each in named])
    open_numbers = {each.number for each in owed}
    settled = {
        str(each.number): each
        for each in named
        if each.number not in open_numbers and each.kind == DocumentKind.INVOICE.value
    }
    return facts, books, settled


def _named(lines: Iterable[Line]) -> list[Invoice]:
    """Return the documents whose numbers may stand in the lines."""
    places = Numbers.places_in(*(text for line in lines for text in line.texts))
    if not places:
        return []
    years, numbers = {year for year, _number in places}, {number for _year, number in places}
    rows = Invoice.objects.filter(series__year__in=years, sequence__in=numbers, number__isnull=False)
    return list(rows.select_related("series", "client", "patient"))


def _owed_rows() -> QuerySet[Invoice]:
    rows = Invoice.objects.to_be_paid().filter(currency=current_tenant().currency)
    return rows.select_related("client").order_by("due_date", "pk")


def _owed(invoice: Invoice) -> Owed:
    return Owed(
        id=invoice.pk,
        number=str(invoice.number),
        client_id=invoice.client_id,
        minor=invoice.balance_minor,
        due=invoice.due_date or invoice.created_at.date(),
        names=_names(invoice),
    )


def _names(invoice: Invoice) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, (invoice.client_name, invoice.client.name, invoice.patient_name))))


def _payments(lines: Sequence[BankLine]) -> list[Recorded]:
    """Return what was written down by hand as come by bank around these days, one sum as one."""
    days = [line.booked_on for line in lines if line.is_incoming]
    if not days:
        return []
    near = timedelta(days=DAYS_APART + 1)
    rows = Payment.objects.filter(
        method=Method.BANK_TRANSFER.value,
        received_at__date__range=(min(days) - near, max(days) + near),
        currency=current_tenant().currency,
    )
    sums: dict[Any, list[Payment]] = defaultdict(list)
    for payment in (
        rows.exclude(pk__in=given_back()).exclude(pk__in=matched("payment")).select_related(*NAMED).order_by("pk")
    ):
        sums[payment.receipt or payment.pk].append(payment)
    return [_recorded(parts) for parts in sums.values()]


def _recorded(parts: Sequence[Payment]) -> Recorded:
    first = parts[0]
    return Recorded(
        ids=tuple(part.pk for part in parts),
        numbers=tuple(str(part.invoice) for part in parts),
        client_id=first.invoice.client_id,
        minor=sum(part.amount_minor for part in parts),
        on=first.received_at.astimezone(ZoneInfo(current_tenant().time_zone)).date(),
        reference=first.reference,
        names=_names(first.invoice),
    )


def _refunds(lines: Sequence[BankLine]) -> list[Recorded]:
    """Return what was paid back by bank and is no line's yet, of the amounts that went."""
    amounts = {-line.amount_minor for line in lines if not line.is_incoming}
    if not amounts:
        return []
    rows = Refund.objects.filter(
        method=Method.BANK_TRANSFER.value,
        kind=RefundKind.PAID_BACK,
        amount_minor__in=amounts,
        currency=current_tenant().currency,
    )
    zone = ZoneInfo(current_tenant().time_zone)
    return [
        Recorded(
            ids=(refund.pk,),
            numbers=(str(refund.invoice),),
            client_id=refund.invoice.client_id,
            minor=-refund.amount_minor,
            on=refund.at.astimezone(zone).date(),
            names=_names(refund.invoice),
        )
        for refund in rows.exclude(pk__in=matched("refund")).select_related(*NAMED).order_by("at", "pk")
    ]


def _matches(lines: Sequence[BankLine]) -> dict[UUID, list[BankMatch]]:
    rows = BankMatch.objects.filter(line__in=[line.pk for line in lines], undone_at=None)
    sorted_by_line: dict[UUID, list[BankMatch]] = defaultdict(list)
    named = rows.select_related("payment__invoice", "refund__invoice").order_by("position")
    for match in named if lines else ():
        sorted_by_line[match.line_id].append(match)
    return sorted_by_line


def _invoice_of(match: BankMatch) -> Invoice:
    thing = match.payment or match.refund
    if thing is None:
        raise ValueError("A match is a payment or a refund.")
    return thing.invoice
