"""The chain over the log: add what waits, and look whether all of it still holds.

Every link's hash is over its number, the hash before it, and everything in its entry. Whoever changes, removes, inserts
or reorders an entry breaks it from there on. The links are made by the database (migration 0004); the verification
calculates them here anew, so that it does not have to believe the function it verifies.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection, transaction

BATCH = 1000
AT_A_TIME = 2000
START = bytes(32)
MOST_FINDINGS = 100

FORM = """jsonb_build_array(
    1, e.id, to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), e.user_id, e.user_label, e.role,
    e.action, e.object_type, e.object_id, e.subject_id, e.listed, e.changes, e.origin
)::text"""
LINKS = f"""
SELECT l.seq, l.entry_id, l.prev, l.hash, CASE WHEN e.id IS NOT NULL THEN {FORM} END, r.digest, r.remains
FROM audit_auditlink l LEFT JOIN audit_auditentry e ON e.id = l.entry_id
LEFT JOIN audit_auditredaction r ON r.entry_id = l.entry_id
WHERE l.seq > %s ORDER BY l.seq LIMIT %s
"""  # noqa: S608 - nothing but our own columns
STRAYS = """
SELECT e.id FROM audit_auditentry e
WHERE NOT EXISTS (SELECT 1 FROM audit_auditlink l WHERE l.entry_id = e.id)
  AND NOT EXISTS (SELECT 1 FROM audit_auditwaiting w WHERE w.entry_id = e.id)
ORDER BY e.at, e.id LIMIT %s
"""
LOST = """
SELECT w.entry_id FROM audit_auditwaiting w
WHERE NOT EXISTS (SELECT 1 FROM audit_auditentry e WHERE e.id = w.entry_id) ORDER BY w.entry_id LIMIT %s
"""
TAIL = """
SELECT count(*), min(e.at) FROM audit_auditwaiting w JOIN audit_auditentry e ON e.id = w.entry_id
"""
REDACTED = "audit.log.redacted"  # the action of the entry that vouches for what was emptied
SUMS = """
SELECT batch_id, count(*),
       encode(sha256(string_agg(entry_id::text || encode(digest, 'hex') || encode(remains, 'hex'), '' ORDER BY entry_id)
           ::bytea), 'hex')
FROM audit_auditredaction GROUP BY batch_id
"""
VOUCHED = """
SELECT object_id, changes #>> '{digest,1}' FROM audit_auditentry WHERE action = %s
"""
STATE = """
SELECT EXISTS (SELECT 1 FROM audit_auditwaiting), l.seq, l.hash
FROM (SELECT 1) AS one LEFT JOIN LATERAL (SELECT seq, hash FROM audit_auditlink ORDER BY seq DESC LIMIT 1) l ON true
"""


class Head(NamedTuple):
    """The last link of a chain; number 0 before the first."""

    seq: int
    hash: bytes


class Finding(NamedTuple):
    """Something that is not as it was written. Ids only: this goes into logs."""

    what: str
    seq: int | None
    entry_id: UUID | None

    def __str__(self) -> str:
        at = f" at link {self.seq}" if self.seq is not None else ""
        return f"{self.what}{at}" + (f", entry {self.entry_id}" if self.entry_id else "")


@dataclass
class Verdict:
    """What a verification saw. `waiting` entries are in no link yet, so nothing vouches for them."""

    links: int = 0
    waiting: int = 0
    waiting_since: datetime | None = None
    head: Head = field(default_factory=lambda: Head(0, START))
    findings: list[Finding] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        return not self.findings

    def add(self, what: str, seq: int | None = None, entry_id: UUID | None = None) -> None:
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(Finding(what, seq, entry_id))


def state() -> tuple[bool, Head]:
    """Return whether anything waits in the tenant in use, and the head of its chain. One query."""
    with connection.cursor() as cursor:
        cursor.execute(STATE)
        waits, seq, last = cursor.fetchone()
    return waits, Head(seq, bytes(last)) if seq else Head(0, START)


def chain_up() -> int:
    """Put everything that waits into the chain, a batch per transaction. Return how many entries that was.

    Safe to break off anywhere and to run twice at once: the second finds the first at it and leaves.
    """
    total = 0
    while done := _chain_batch():
        total += done
    return total


def _chain_batch() -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT audit_chain_up(%s)", [BATCH])
        return int(cursor.fetchone()[0])


def stands_on(anchor: Head) -> bool:
    """Test whether the chain of the tenant in use still goes through this link."""
    if not anchor.seq:
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT hash FROM audit_auditlink WHERE seq = %s", [anchor.seq])
        row = cursor.fetchone()
    return row is not None and bytes(row[0]) == anchor.hash


def verify(*, anchor: Head | None = None) -> Verdict:
    """Go through the whole chain of the tenant in use. `anchor` is the head as it was noted elsewhere."""
    verdict = Verdict()
    last = Head(0, START)
    for link in _links():
        _check_link(verdict, last, link)
        last = Head(link.seq, link.kept)
        verdict.links += 1
    verdict.head = last
    _check_outside(verdict)
    if anchor is not None and not stands_on(anchor):
        what = "the end of the chain is gone" if anchor.seq > last.seq else "the chain was rewritten"
        verdict.add(what, anchor.seq)
    return verdict


def unvouched_for(cursor: Any) -> list[UUID]:
    """Return the batches of emptied entries that no entry of the log vouches for, or that are not what it says."""
    cursor.execute(VOUCHED, [REDACTED])
    known = dict(cursor.fetchall())
    cursor.execute(SUMS)
    return [batch for batch, _number, total in cursor.fetchall() if known.get(str(batch)) != total]


class Link(NamedTuple):
    """A link with the form of its entry as it is now; of one that was redacted also the digest of what it was."""

    seq: int
    entry_id: UUID
    prev: bytes
    kept: bytes
    form: str | None
    was: bytes | None
    remains: bytes | None


def _check_link(verdict: Verdict, last: Head, link: Link) -> None:
    if link.seq != last.seq + 1:
        verdict.add("links are missing before", link.seq)
    elif link.prev != last.hash:
        verdict.add("the link does not follow the one before it", link.seq, link.entry_id)
    if link.form is None:
        verdict.add("an entry was removed", link.seq, link.entry_id)
    elif not _is_as_it_was(link, link.form):
        verdict.add("an entry was changed", link.seq, link.entry_id)


def _is_as_it_was(link: Link, form: str) -> bool:
    """Test whether an entry is the one that was linked, or what a redaction left of it."""
    now = hashlib.sha256(form.encode()).digest()
    was = now if link.was is None else link.was
    return now == (link.remains or now) and hash_over(link.seq, link.prev, was) == link.kept


def _check_outside(verdict: Verdict) -> None:
    """Look at what is in no link: entries that slipped past the trigger, entries gone before their turn, the rest."""
    with connection.cursor() as cursor:
        cursor.execute(STRAYS, [MOST_FINDINGS])
        for (entry_id,) in cursor.fetchall():
            verdict.add("an entry was put in behind the chain's back", None, entry_id)
        cursor.execute(LOST, [MOST_FINDINGS])
        for (entry_id,) in cursor.fetchall():
            verdict.add("an entry was removed before it was in the chain", None, entry_id)
        for batch in unvouched_for(cursor):
            verdict.add("entries were emptied that nothing in the log vouches for", None, batch)
        cursor.execute(TAIL)
        verdict.waiting, verdict.waiting_since = cursor.fetchone()


def link_hash(seq: int, prev: bytes, form: str) -> bytes:
    return hash_over(seq, prev, hashlib.sha256(form.encode()).digest())


def hash_over(seq: int, prev: bytes, entry: bytes) -> bytes:
    return hashlib.sha256(seq.to_bytes(8, "big", signed=True) + prev + entry).digest()


def _links() -> Iterator[Link]:
    """Yield the links in their order, in pages: an own transaction for each, and never much in memory."""
    after = -(2**63)
    with connection.cursor() as cursor:
        while True:
            cursor.execute(LINKS, [after, AT_A_TIME])
            page = cursor.fetchall()
            for seq, entry_id, prev, kept, form, *redaction in page:
                was, remains = (None if each is None else bytes(each) for each in redaction)
                yield Link(seq, entry_id, bytes(prev), bytes(kept), form, was, remains)
            if len(page) < AT_A_TIME:
                return
            after = page[-1][0]
