"""Entries in sentences, with what this reader may see of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from audit.models import AuditEntry
from audit.reading import EMERGENCY
from audit.recording import record_of_log
from audit.words import Named
from tenants.activity.selecting import Place, behind
from tenants.activity.values import Change, Names, changes_of, pointed_at
from tenants.activity.words import sentence_of, trail_of

PER_PAGE = 50
PER_QUERY = 500  # in an export, or in a search: what it finds may be hidden
SEARCHED = 4  # so many times, before a search asks to be continued
SUBJECT = "crm.patient"
SHOWN_OF_LIST = 3
LOG_VIEWED, LOG_EXPORTED = "audit.log.viewed", "audit.log.exported"


@dataclass(frozen=True, slots=True)
class Line:
    """An entry as it is read. `about` is whom it tells of."""

    entry: AuditEntry
    sentence: str
    what: Named
    changes: list[Change]
    about: list[UUID]

    @property
    def who(self) -> str:
        return who_of(self.entry)

    @property
    def is_emergency(self) -> bool:
        return self.entry.action.endswith(EMERGENCY)

    @property
    def is_by_support(self) -> bool:
        return "operator_id" in self.entry.origin_of

    def has(self, text: str) -> bool:
        """Test whether the reader sees the text in this line: what they may not see is not found by searching."""
        told = (str(part) for each in self.changes if not each.is_hidden for part in each if part is not None)
        return any(text.lower() in part.lower() for part in told)


class Shown(NamedTuple):
    """A page of lines, and where the next one begins."""

    lines: list[Line]
    next: Place | None


def read_page(
    rows: QuerySet[AuditEntry],
    *,
    after: Place | None,
    reader: Any,
    text: str = "",
    size: int = PER_PAGE,
    among: Collection[UUID] | None = None,
) -> Shown:
    """Return a page of what `rows` has. Of a search, entries are left out whose matching values are hidden."""
    lines: list[Line] = []
    at_a_time = PER_QUERY if text else size
    for _round in range(SEARCHED if text else 1):
        batch = list(behind(rows, after)[: at_a_time + 1])
        told = tell(batch[:at_a_time], reader=reader, among=among)
        lines += [line for line in told if not text or line.has(text)]
        if len(lines) > size:
            return Shown(lines[:size], _place(lines[size - 1].entry))
        if len(batch) <= at_a_time:
            return Shown(lines, None)
        after = _place(batch[at_a_time - 1])
    return Shown(lines, after)


def _place(entry: AuditEntry) -> Place:
    return Place(entry.at, entry.id)


def read_all(
    rows: QuerySet[AuditEntry], *, text: str, reader: Any, among: Collection[UUID] | None = None
) -> Iterator[Line]:
    """Yield every line of `rows`, a few hundred in memory at a time."""
    after: Place | None = None
    while True:
        shown = read_page(rows, after=after, text=text, reader=reader, size=PER_QUERY, among=among)
        yield from shown.lines
        if shown.next is None:
            return
        after = shown.next


def note_reading(lines: Sequence[Line], *, by: Any) -> None:
    """Write into the log that somebody read it, and about whom."""
    record_of_log(action=LOG_VIEWED, by=by, listed=[each for line in lines for each in line.about])


def tell(entries: Sequence[AuditEntry], *, reader: Any, among: Collection[UUID] | None = None) -> list[Line]:
    """Put entries into sentences: the names of each kind of thing by one look-up.

    With `among`, of a list only these people are named, and nothing is said of how many others there were.
    """
    shown = {entry.id: _shown_of(entry, among) for entry in entries if entry.listed}
    names = _names(entries, shown, reader)
    lines = []
    for entry in entries:
        known = names.get(entry.object_type, {}).get(entry.object_id) if entry.object_id else Named("")
        if entry.listed:
            what = _listed(shown[entry.id], names, of=len(entry.listed) if among is None else 0)
        else:
            what = known or _whose(entry, names)
        changes = list(changes_of(entry, reader=reader, sees_it=known is not None, names=names))
        sentence = str(sentence_of(entry.action)) % {"who": who_of(entry), "what": what.name}
        lines.append(Line(entry, sentence, what, changes, _about(entry, among)))
    return lines


def _about(entry: AuditEntry, among: Collection[UUID] | None) -> list[UUID]:
    """Return whom an entry tells of. Of looks at the log it is not told, or such lines would grow with each other."""
    if entry.subject_id:
        return [entry.subject_id]
    listed = entry.listed or [] if entry.action != LOG_VIEWED else []
    return [each for each in listed if among is None or each in among]


def name_of(subject: UUID, *, reader: Any) -> str:
    """Return somebody's name; nothing to a reader who may not see them."""
    named = trail_of(SUBJECT).names(SUBJECT, [str(subject)], seen_by=reader).get(str(subject))
    return named.name if named else ""


def who_of(entry: AuditEntry) -> str:
    return entry.user_label or _("The system")


def _shown_of(entry: AuditEntry, among: Collection[UUID] | None) -> list[str]:
    """Return whom to name of those whom a list showed."""
    listed = entry.listed or []
    shown = listed[:SHOWN_OF_LIST] if among is None else [each for each in listed if each in among]
    return [str(each) for each in shown]


def _listed(shown: list[str], names: Names, *, of: int) -> Named:
    """Name the first few whom a list showed, and count the rest of them."""
    known = [names[SUBJECT][each].name for each in shown if each in names.get(SUBJECT, {})]
    more = of - len(known)
    return Named(", ".join([*known, _("%(n)d more") % {"n": more}] if more > 0 else known))


def _whose(entry: AuditEntry, names: Names) -> Named:
    """Name the person whom something concerns that the reader may not see itself, such as a note."""
    whose = names.get(SUBJECT, {}).get(str(entry.subject_id))
    return whose or Named(_("something you may not see"))


def _names(entries: Iterable[AuditEntry], shown: Mapping[UUID, list[str]], reader: Any) -> Names:
    wanted: dict[str, set[str]] = defaultdict(set)
    for entry in entries:
        if entry.object_id:
            wanted[entry.object_type].add(entry.object_id)
        for kind, thing_id in pointed_at(entry):
            wanted[kind].add(thing_id)
        wanted[SUBJECT].update(shown.get(entry.id, []), [str(entry.subject_id)] if entry.subject_id else [])
    return {kind: trail_of(kind).names(kind, ids, seen_by=reader) for kind, ids in wanted.items() if ids}
