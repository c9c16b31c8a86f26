"""Debits and credits, paired: programs of accountants know a booking as one sum from one account to another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pair:
    """So much, always above nothing, on the debit of one account and on the credit of another."""

    debit: str
    credit: str
    minor: int


def pairs(sums: Mapping[str, int]) -> list[Pair]:
    """Split what happened on each account (a debit above zero, a credit below it) into pairs that add up to it exactly.

    They are as few as by going through both sides once: less than there are accounts. Raises `ValueError` where debits
    and credits are not the same.
    """
    if sum(sums.values()):
        raise ValueError("Debits and credits are not the same.")
    owing = {account: minor for account, minor in sums.items() if minor > 0}
    owed = {account: -minor for account, minor in sums.items() if minor < 0}
    found = []
    while owing:
        debit, credit = next(iter(owing)), next(iter(owed))
        minor = min(owing[debit], owed[credit])
        found.append(Pair(debit, credit, minor))
        _take(owing, debit, minor)
        _take(owed, credit, minor)
    return found


def _take(side: dict[str, int], account: str, minor: int) -> None:
    """Take so much off an account of a side; one of which nothing is left goes."""
    side[account] -= minor
    if not side[account]:
        del side[account]
