"""What a line of a bank statement most likely was, and why. A person confirms; what is sure, with one click.

Sure is what the number and the amount say together, or the amount and an account that is known to be the client's: and
only if nothing else would fit as well.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from itertools import combinations
from uuid import UUID

from modules.billing.domain.bank.mentions import Names, Numbers, is_named, plain_reference

DAYS_APART = 5  # between a payment that was written down by hand and the line that it is
MOST_TOGETHER, MOST_OWED = 4, 14  # invoices that add up to a line, of so many that the payer owes
MOST_SHOWN = 4


class Why(StrEnum):
    NUMBER = "number"
    AMOUNT = "amount"
    SUM = "sum"
    PART = "part"
    BEYOND = "beyond"
    NAME = "name"
    ACCOUNT = "account"
    REFERENCE = "reference"
    RECORDED = "recorded"
    SENT_BACK = "sent_back"


@dataclass(frozen=True, slots=True)
class Reason:
    kind: Why
    said: str = ""  # a number, a name


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What the bank says, in minor units."""

    minor: int
    booked_on: date
    text: str = ""
    reference: str = ""
    party_name: str = ""
    known_clients: frozenset[UUID] = frozenset()  # whose money came from this account before

    @property
    def texts(self) -> tuple[str, str]:
        return self.text, self.reference


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """An invoice that is still to be paid. `names`: of whoever is billed, and of whom it is for."""

    id: UUID
    number: str
    client_id: UUID
    minor: int
    due: date
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A payment, or a refund below nothing, that was written down and is no line's yet; one sum, as one."""

    ids: tuple[UUID, ...]
    numbers: tuple[str, ...]
    client_id: UUID
    minor: int
    on: date
    reference: str = ""
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """Shares of invoices in minor units with what is `beyond` them, or what was written down before."""

    client_id: UUID
    client_name: str
    reasons: tuple[Reason, ...]
    shares: tuple[tuple[UUID, int], ...] = ()
    beyond: int = 0
    recorded: tuple[UUID, ...] = ()
    is_sure: bool = False
    rank: int = 0
    numbers: tuple[str, ...] = field(default=())

    @property
    def key(self) -> str:
        """What it is found again by, as long as it still holds."""
        shares = [f"{invoice_id.hex}:{minor}" for invoice_id, minor in self.shares]
        return "+".join(shares) or "=" + "+".join(each.hex for each in self.recorded)


class Books:
    """Everything that lines are held against: what is owed, what is written down, and which numbers there are."""

    def __init__(self, *, owed: Sequence[Owed], recorded: Sequence[Recorded], numbers: Iterable[str]) -> None:
        self.owed = {each.number: each for each in owed}
        self.recorded = recorded
        self.numbers = Numbers({*self.owed, *numbers})
        self.of_client: dict[UUID, list[Owed]] = defaultdict(list)
        for each in sorted(owed, key=lambda one: (one.due, one.number)):
            self.of_client[each.client_id].append(each)
        self.names = Names(
            (client_id, name) for client_id, owed in self.of_client.items() for each in owed for name in each.names
        )

    def mentioned(self, line: Line) -> list[str]:
        return self.numbers.in_text(*line.texts)

    def clients_named(self, line: Line) -> dict[UUID, str]:
        """Return who is named in a line, of those who owe something."""
        return self.names.in_text(line.party_name, line.text)


def proposals_for(line: Line, books: Books) -> list[Proposal]:
    """Return what a line may have been, the likeliest first. None of it twice."""
    if line.minor < 0:
        return _ranked(_sent_back(line, books))
    before = list(_written_down(line, books))
    found = _ranked([*before, *_by_number(line, books), *_by_account(line, books), *_by_name(line, books)])
    if before:  # whatever else it could be, it may be counted already
        found = [each if each.recorded else replace(each, is_sure=False) for each in found]
    return found


def _written_down(line: Line, books: Books) -> Iterator[Proposal]:
    fits = [each for each in books.recorded if each.minor == line.minor and _is_near(line, each)]
    for each in fits:
        if reasons := _evidence(line, each, books):
            yield Proposal(
                client_id=each.client_id,
                client_name=_first(each.names),
                reasons=(Reason(Why.RECORDED, each.on.isoformat()), *reasons),
                recorded=each.ids,
                numbers=each.numbers,
                is_sure=len(fits) == 1,
                rank=5,
            )


def _sent_back(line: Line, books: Books) -> Iterator[Proposal]:
    fits = [each for each in books.recorded if each.minor == line.minor]
    for each in fits:
        reasons = _evidence(line, each, books)
        yield Proposal(
            client_id=each.client_id,
            client_name=_first(each.names),
            reasons=(Reason(Why.SENT_BACK, each.on.isoformat()), Reason(Why.AMOUNT), *reasons),
            recorded=each.ids,
            numbers=each.numbers,
            is_sure=bool(reasons) and len(fits) == 1,
            rank=len(reasons),
        )


def _evidence(line: Line, recorded: Recorded, books: Books) -> list[Reason]:
    """Return what else than the amount says that a line is what was written down."""
    mentioned, reference = set(books.mentioned(line)), plain_reference(recorded.reference)
    reasons = [Reason(Why.NUMBER, number) for number in recorded.numbers if number in mentioned]
    if reference and reference in {plain_reference(each) for each in line.texts}:
        reasons.append(Reason(Why.REFERENCE, recorded.reference))
    if recorded.client_id in line.known_clients:
        reasons.append(Reason(Why.ACCOUNT))
    name = next((name for name in recorded.names if is_named(name, line.party_name, line.text)), None)
    return [*reasons, Reason(Why.NAME, name)] if name else reasons


def _by_number(line: Line, books: Books) -> Iterator[Proposal]:
    """The payer says which: all of one client's that are named, or if they are of several clients, each client's."""
    named = [books.owed[number] for number in books.mentioned(line) if number in books.owed]
    by_client: dict[UUID, list[Owed]] = defaultdict(list)
    for each in named:
        by_client[each.client_id].append(each)
    for client_id, owed in by_client.items():
        said = tuple(Reason(Why.NUMBER, each.number) for each in owed)
        is_exact = sum(each.minor for each in owed) == line.minor
        yield _shared(line, owed, client_id, said, is_sure=is_exact and len(by_client) == 1, rank=4 if is_exact else 3)


def _by_account(line: Line, books: Books) -> Iterator[Proposal]:
    for client_id in sorted(line.known_clients & books.of_client.keys()):
        yield from _of_client(line, books, client_id, Reason(Why.ACCOUNT), may_be_sure=len(line.known_clients) == 1)


def _by_name(line: Line, books: Books) -> Iterator[Proposal]:
    for client_id, name in books.clients_named(line).items():
        yield from _of_client(line, books, client_id, Reason(Why.NAME, name), may_be_sure=False)


def _of_client(line: Line, books: Books, client_id: UUID, reason: Reason, *, may_be_sure: bool) -> Iterator[Proposal]:
    """What a client who is known to pay owes: one of just this amount, several that add up to it, or the oldest."""
    owed = books.of_client[client_id]
    exact = [each for each in owed if each.minor == line.minor]
    for each in exact:
        is_sure = may_be_sure and len(exact) == 1
        yield _shared(line, [each], client_id, (reason,), is_sure=is_sure, rank=3 if is_sure else 2)
    sums = [] if exact else list(_adding_up(owed, line.minor))
    for together in sums:
        yield _shared(line, together, client_id, (reason,), is_sure=may_be_sure and len(sums) == 1, rank=2)
    if not exact and not sums and reason.kind is Why.ACCOUNT:
        yield _shared(line, _oldest(owed, line.minor), client_id, (reason,), is_sure=False, rank=1)


def _adding_up(owed: Sequence[Owed], minor: int) -> Iterator[list[Owed]]:
    """Yield which of a client's invoices come to a sum: all of them, or a few."""
    if len(owed) > 1 and sum(each.minor for each in owed) == minor:
        yield list(owed)
        return
    for size in range(2, MOST_TOGETHER + 1):
        for together in combinations(owed[:MOST_OWED], size):
            if sum(each.minor for each in together) == minor:
                yield list(together)


def _oldest(owed: Sequence[Owed], minor: int) -> list[Owed]:
    taken: list[Owed] = []
    for each in owed:
        if minor <= 0:
            break
        taken.append(each)
        minor -= each.minor
    return taken


def _shared(
    line: Line, owed: Sequence[Owed], client_id: UUID, reasons: tuple[Reason, ...], *, is_sure: bool, rank: int
) -> Proposal:
    shares, beyond = share_out(line.minor, [(each.id, each.minor) for each in owed])
    is_part = sum(each.minor for each in owed) > line.minor
    kind = Why.BEYOND if beyond else Why.PART if is_part else Why.AMOUNT if len(owed) == 1 else Why.SUM
    return Proposal(
        client_id=client_id,
        client_name=_first(owed[0].names),
        reasons=(*reasons, Reason(kind)),
        shares=shares,
        beyond=beyond,
        numbers=tuple(each.number for each in owed)[: len(shares)],
        is_sure=is_sure,
        rank=rank,
    )


def share_out(minor: int, owed: Sequence[tuple[UUID, int]]) -> tuple[tuple[tuple[UUID, int], ...], int]:
    """Return how much of a sum is for which invoice, one after the other, and what is beyond all of them.

    Both together come to the sum; no share is nothing, or more than is owed.
    """
    shares: list[tuple[UUID, int]] = []
    left = minor
    for invoice_id, wanted in owed:
        if taken := min(left, wanted):
            shares.append((invoice_id, taken))
            left -= taken
    return tuple(shares), left


def not_twice(found: Sequence[Sequence[Proposal]]) -> list[list[Proposal]]:
    """Return the proposals of several lines, sure only where no other line would surely be the same."""
    wanted: Counter[UUID] = Counter()
    for proposals in found:
        wanted.update({each for proposal in proposals if proposal.is_sure for each in _wants(proposal)})
    return [
        [
            replace(each, is_sure=False) if each.is_sure and any(wanted[one] > 1 for one in _wants(each)) else each
            for each in proposals
        ]
        for proposals in found
    ]


def _wants(proposal: Proposal) -> set[UUID]:
    return {invoice_id for invoice_id, _minor in proposal.shares} | set(proposal.recorded)


def _first(names: Sequence[str]) -> str:
    return names[0] if names else ""


def _is_near(line: Line, recorded: Recorded) -> bool:
    return abs((line.booked_on - recorded.on).days) <= DAYS_APART


def _ranked(found: Iterable[Proposal]) -> list[Proposal]:
    """Return each proposal once, with all that speaks for it, the likeliest first. Of several sure ones none is."""
    by_key: dict[str, Proposal] = {}
    for each in found:
        known = by_key.get(each.key)
        if known is None:
            by_key[each.key] = each
        else:
            reasons = tuple(dict.fromkeys((*known.reasons, *each.reasons)))
            is_sure, rank = known.is_sure or each.is_sure, max(known.rank, each.rank)
            by_key[each.key] = replace(known, reasons=reasons, is_sure=is_sure, rank=rank)
    ranked = sorted(by_key.values(), key=lambda each: (not each.is_sure, -each.rank, -len(each.reasons)))[:MOST_SHOWN]
    best = ranked[0].rank if ranked else 0
    if sum(each.is_sure and each.rank == best for each in ranked) > 1:
        return [replace(each, is_sure=False) for each in ranked]
    return [ranked[0], *(replace(each, is_sure=False) for each in ranked[1:])] if ranked else []
