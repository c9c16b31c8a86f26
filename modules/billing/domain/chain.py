"""The chain over the documents of a series: whoever changes, removes or inserts one breaks it from there on.

A document's hash is over the hash of the one before it in its series, over what it says of money, and over what it says
of people. The last has a hash of its own, with a salt: when somebody is erased, their names and the salt go, the hash
stays, and the rest of the document can still be proved. Nobody finds out from it who it was.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

START = "0" * 64


class Link(NamedTuple):
    """What a document keeps of its place in the chain."""

    previous: str
    salt: str
    people: str
    hash: str


def link(*, previous: str, money: str, people: str, salt: str) -> Link:
    """Return the link of a document from its two forms and the hash of the one before it."""
    told = people_hash(people, salt=salt)
    return Link(previous, salt, told, link_hash(previous=previous, money=money, people=told))


def people_hash(people: str, *, salt: str) -> str:
    return hashlib.sha256(bytes.fromhex(salt) + people.encode()).hexdigest()


def link_hash(*, previous: str, money: str, people: str) -> str:
    digest = hashlib.sha256(money.encode()).digest()
    return hashlib.sha256(bytes.fromhex(previous) + digest + bytes.fromhex(people)).hexdigest()


def form(head: Mapping[str, Any], lines: Iterable[Mapping[str, Any]]) -> str:
    """Return the one text that says what a document says.

    What is empty is left out, so that a column that is added later changes the hash of no document of before.
    """
    told = {**_said(head), "lines": [_said(each) for each in lines]}
    return json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _said(columns: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _plain(value) for name, value in columns.items() if value not in (None, "", 0, False)}


def _plain(value: Any) -> Any:
    if isinstance(value, (bool, int)):
        return value
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value.isoformat() if isinstance(value, date) else str(value)
