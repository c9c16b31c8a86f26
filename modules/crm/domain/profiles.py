"""What somebody's account may do on the portal for whom they answer, by what they are to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum


class Right(StrEnum):
    """`RECORD` is the record as it is shared, with visits and documents; `SIGN` the agreements; `BILLS` the bills."""

    RECORD = "record"
    SIGN = "sign"
    BILLS = "bills"


# Who is only to be rung in an emergency sees nothing. Bills are otherwise of whom they are written to.
GIVES: Mapping[str, frozenset[Right]] = {
    "client": frozenset({Right.RECORD, Right.SIGN}),
    "owner": frozenset({Right.RECORD, Right.SIGN}),
    "guardian": frozenset({Right.RECORD, Right.SIGN}),
    "consenter": frozenset({Right.SIGN}),
    "authoriser": frozenset({Right.SIGN}),
    "payer": frozenset({Right.BILLS}),
    "emergency": frozenset(),
}


def roles_that_give(right: Right) -> list[str]:
    return sorted(role for role, rights in GIVES.items() if right in rights)


def roles_that_give_any() -> list[str]:
    return sorted(role for role, rights in GIVES.items() if rights)


def rights_of(roles: Iterable[str]) -> frozenset[Right]:
    return frozenset().union(*(GIVES[role] for role in roles))
