"""Take in a file of the bank: what was there before is not kept again, and a table waits until its columns are said."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from audit import recording as audit
from modules.billing.domain.bank.camt import is_xml, read_camt
from modules.billing.domain.bank.lines import ReadLine, ReadStatement, Unreadable, keyed
from modules.billing.domain.bank.tables import headed
from modules.billing.models import BankLine, BankStatement, BankTable
from modules.billing.models.bank import LONGEST_NAME_OF_PARTY, LONGEST_REFERENCE, LONGEST_TEXT
from modules.billing.services.bank.refusals import StatementInvalid, StatementKnown, refused
from modules.billing.services.settling.moving_on import signed_by
from modules.crm import public as crm
from tenancy import current_tenant

LARGEST, MOST_ROWS = 5 << 20, 10_000
WAITS = timedelta(days=7)
WHAT_IS_KEPT = ("account", "currency", "since", "until", "opening_minor", "closing_minor", "known_before")


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a file: its statements, or the table whose columns are to be said first."""

    statements: Sequence[BankStatement] = ()
    table: BankTable | None = None


@transaction.atomic
def take_in(*, name: str, content: bytes, by: Any, at: datetime) -> Taken:
    """Read a file of the bank. Statements by camt.053 are kept at once; of a table somebody says the columns first.

    Raises `StatementInvalid`, or `StatementKnown` for a file that was sent before.
    """
    if len(content) > LARGEST:
        raise refused(Unreadable("too-large"))
    digest = sha256(content).hexdigest()
    _check_unknown(digest)
    if is_xml(content):
        try:
            read = read_camt(content)
        except Unreadable as problem:
            raise refused(problem) from None
        return Taken(statements=keep(read, name=name, digest=digest, by=by, at=at))
    return Taken(table=_waiting(name, content, digest, by=by, at=at))


def keep(read: Sequence[ReadStatement], *, name: str, digest: str, by: Any, at: datetime) -> list[BankStatement]:
    """Keep statements and those of their lines that no earlier one had. All of a file, or nothing of it."""
    own = current_tenant().currency
    if other := next((each.currency for each in read if each.currency != own), None):
        raise refused(Unreadable("other-currency", currency=other, own=own))
    kept = []
    for place, each in enumerate(read):
        statement = _written(each, name=name, digest=digest, place=place, by=by, at=at)
        audit.record(
            action="billing.bankstatement.taken_in",
            of=statement,
            by=by,
            changes=audit.created(statement, WHAT_IS_KEPT),
        )
        kept.append(statement)
    return kept


@transaction.atomic
def forget_tables(*, at: datetime) -> int:
    """Throw tables away whose columns nobody said within a week. Return how many."""
    count, _each = BankTable.objects.filter(at__lt=at - WAITS).delete()
    return count


def known_as(digest: str) -> BankStatement | None:
    return BankStatement.objects.filter(digest=digest).order_by("place").first()


def _check_unknown(digest: str) -> None:
    if known := known_as(digest):
        words = {"day": f"{known.at:%Y-%m-%d}", "name": known.by_name}
        raise StatementKnown(_("This file was sent before, on %(day)s by %(name)s. Nothing was kept twice.") % words)


def _written(read: ReadStatement, *, name: str, digest: str, place: int, by: Any, at: datetime) -> BankStatement:
    try:
        with transaction.atomic():
            statement = BankStatement.objects.create(
                name=name[:200],
                digest=digest,
                place=place,
                account=read.account,
                currency=read.currency,
                since=read.since,
                until=read.until,
                opening_minor=None if read.opening is None else read.opening.minor,
                closing_minor=None if read.closing is None else read.closing.minor,
                at=at,
                **signed_by(by),
            )
    except IntegrityError:
        _check_unknown(digest)
        raise
    every = list(keyed(read.account, read.lines))
    known = _known({key for _line, key, _nth in every})
    rows = [
        _row(statement, position, line, key, nth)
        for position, (line, key, nth) in enumerate(every)
        if nth not in known[key]
    ]
    made = BankLine.objects.bulk_create(rows, ignore_conflicts=True)  # the same lines, sent at the same moment
    statement.known_before = len(every) - BankLine.objects.filter(pk__in=[row.pk for row in made]).count()
    statement.save(update_fields=["known_before"])
    return statement


def _known(keys: set[str]) -> dict[str, set[int]]:
    known: dict[str, set[int]] = defaultdict(set)
    for key, nth in BankLine.objects.filter(key__in=keys).values_list("key", "nth"):
        known[key].add(nth)
    return known


def _row(statement: BankStatement, position: int, line: ReadLine, key: str, nth: int) -> BankLine:
    return BankLine(
        statement=statement,
        position=position,
        booked_on=line.booked_on,
        value_on=line.value_on,
        amount_minor=line.amount.minor,
        currency=line.amount.currency,
        text=line.text[:LONGEST_TEXT],
        reference=line.reference[:LONGEST_REFERENCE],
        party_name=line.party_name[:LONGEST_NAME_OF_PARTY],
        party_iban=line.party_iban,
        bank_reference=line.bank_reference[:LONGEST_REFERENCE],
        key=key,
        nth=nth,
    )


def _waiting(name: str, content: bytes, digest: str, *, by: Any, at: datetime) -> BankTable:
    """Keep a table until its columns are said; one that waits already is the same."""
    try:
        headers, rows = crm.table_in(content, most_rows=MOST_ROWS)
    except crm.NotATable as problem:
        sentence = crm.sentence_of(str(problem))
        raise StatementInvalid(sentence, fields={"file": [sentence]}) from None
    above, below = headed(headers, [row.cells for row in rows])
    told = json.dumps([above, below])
    made = {"name": name[:200], "rows": told, "at": at, **signed_by(by)}
    table, is_new = BankTable.objects.get_or_create(digest=digest, defaults=made)
    if is_new:
        audit.record(action="billing.banktable.sent", of=table, by=by, changes={"name": (None, table.name)})
    return table
