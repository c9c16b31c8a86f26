"""What people are found by: one row for each, folded when it is written, so that a search has nothing left to fold."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import reduce
from operator import and_
from typing import TYPE_CHECKING, Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import TrigramWordSimilarity
from django.db import connection, models, transaction
from django.db.models import Case, F, Func, Q, Value, When

from access.fields import hidden_fields
from modules.crm.domain.folding import skeleton
from modules.crm.domain.tax_codes import as_written
from modules.crm.domain.wanted import Wanted, read_wanted
from privacy.fields import digests_in
from tenancy import current_tenant

if TYPE_CHECKING:
    from modules.crm.models.people import Patient, PatientQuerySet

ALIKE = 0.45  # how similar a word must be to what was typed (pg_trgm word similarity) to be found in spite of a typo
ENOUGH = 5  # fewer found as they were typed, and those that are merely alike are looked for, too
ALIKE_AT_MOST = 50
CODE = re.compile(r"(?=.*[0-9]{2})[A-Z0-9]{6,32}")
MOST = 300  # whoever finds more has to say more
SHORTEST_ALIKE = 3  # a typo in two letters is another name


class SearchKey(models.Model):
    """What a patient is found by. `text` has a space before and after each word, `numbers` before each phone and chip.

    A trigger sets `is_stale` whenever a row that it is made from changes, however that came; whoever changed it writes
    the key anew at once (`services.search_keys`), and a job what they forgot.
    """

    patient = models.OneToOneField("crm.Patient", models.CASCADE, primary_key=True, related_name="search_key")
    text = models.TextField(blank=True)
    numbers = models.TextField(blank=True)
    skeletons = ArrayField(models.CharField(max_length=70), default=list, db_default=[])
    birth_date = models.DateField(null=True)
    sorted_by = models.CharField(max_length=141, blank=True)
    is_stale = models.BooleanField(default=False, db_default=True)

    class Meta:
        indexes = [
            GinIndex(fields=["text"], opclasses=["gin_trgm_ops"], name="search_key_text"),
            GinIndex(fields=["numbers"], opclasses=["gin_trgm_ops"], name="search_key_numbers"),
            GinIndex(fields=["skeletons"], name="search_key_skeletons"),
            models.Index(fields=["birth_date"], name="search_key_born"),
            models.Index(fields=["sorted_by", "patient"], name="search_key_sorted"),
            models.Index(fields=["patient"], condition=Q(is_stale=True), name="search_key_stale"),
        ]


class InOrder:
    """Those who were found, in order. Who asks for a page of them reads that page, and no more."""

    def __init__(self, rows: PatientQuerySet, ids: list[Any]) -> None:
        self._rows, self._ids = rows.order_by(), ids

    def __getitem__(self, place: slice) -> list[Patient]:
        ids = self._ids[place]
        known = self._rows.in_bulk(ids)
        return [known[each] for each in ids if each in known]

    def count(self) -> int:
        return len(self._ids)


def find_matching(rows: PatientQuerySet, text: str, *, seen_by: Any) -> PatientQuerySet:
    """Return those of `rows` who are found, the likeliest first: see `find_ids`."""
    ids = find_ids(rows, text, seen_by=seen_by)
    place = Func(Value(ids, ArrayField(models.UUIDField())), F("pk"), function="array_position")
    return rows.filter(pk__in=ids).order_by(place) if ids else rows.none()


def find_ids(rows: PatientQuerySet, text: str, *, seen_by: Any) -> list[Any]:
    """Return the ids of those of `rows` who are meant by what was typed, in the tenant's language: see `Wanted`.

    First come those who have the very words, then those with words that begin so, by name; at most `MOST`. If they are
    few, also those who have it in the middle of a word or have something alike, the most alike first. A whole tax code
    or number of an identity document is for those who may see it.
    """
    if seen_by is not None and (ids := _by_code(rows, text, seen_by=seen_by)):
        return sorted(ids)
    wanted = read_wanted(text, language=current_tenant().language)
    if not wanted:
        return []
    numbered = rows.filter(_numbers_and_days(wanted))
    with transaction.atomic(savepoint=False), by_index():
        ids = _as_typed(numbered, wanted)
        return _alike(numbered, wanted) if wanted.words and len(ids) < ENOUGH else ids


@contextmanager
def by_index() -> Iterator[None]:
    """Have the indexes used: Postgres guesses how rare a part of a name is, and often wrongly."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('pg_trgm.word_similarity_threshold', %s, true), "
            "set_config('enable_seqscan', 'off', true)",
            [str(ALIKE)],
        )
        yield
        cursor.execute("SELECT set_config('enable_seqscan', 'on', true)")


def _by_code(rows: PatientQuerySet, text: str, *, seen_by: Any) -> list[Any]:
    """Return whose tax code it is, or the number of whose identity document, or of their client's.

    Each table is asked by itself: an OR across two of them would read both.
    """
    code = as_written(text)
    if not CODE.fullmatch(code):
        return []
    patients, clients = _holders_of(rows.model, code, seen_by=seen_by)
    if not patients and not clients:
        return []
    found = rows.order_by().filter(Q(pk__in=patients) | Q(client__in=clients))
    return list(found.values_list("pk", flat=True)[:MOST])


def _holders_of(patient: Any, code: str, *, seen_by: Any) -> tuple[list[Any], list[Any]]:
    client: Any = patient._meta.get_field("client").related_model
    papers: Any = patient._meta.get_field("identity_documents").related_model
    patients: list[Any] = []
    clients: list[Any] = []
    if "tax_code" not in hidden_fields(seen_by, patient):
        for model, found in ((patient, patients), (client, clients)):
            theirs = model._base_manager.filter(tax_code_digest__in=digests_in(model, "tax_code", code))
            found.extend(theirs.values_list("pk", flat=True)[:MOST])
    if "number" not in hidden_fields(seen_by, papers):
        numbered = papers._base_manager.filter(number_digest__in=digests_in(papers, "number", code))
        for patient_id, client_id in numbered.values_list("patient", "client")[:MOST]:
            (patients if patient_id else clients).append(patient_id or client_id)
    return patients, clients


def _has(part: str) -> Q:
    return Q(search_key__text__contains=part)


def _all_of(conditions: Iterable[Q]) -> Q:
    return reduce(and_, conditions, Q())


def _numbers_and_days(wanted: Wanted) -> Q:
    condition = Q(search_key__birth_date__in=wanted.born) if wanted.born else Q()
    for digits in wanted.digits:
        condition &= Q(search_key__numbers__contains=digits) | _has(digits)
    return condition


def _as_typed(rows: PatientQuerySet, wanted: Wanted) -> list[Any]:
    """Return those with words that begin as typed, the very words first; some of them, if they are many.

    They are put in order here: all who begin with one letter are tens of thousands for the database to sort.
    """
    begin = rows.order_by().filter(_all_of(_has(f" {word}") for word in wanted.words))
    shown = begin.values_list("pk", "search_key__text", "search_key__sorted_by")
    found = [*shown[:MOST]]
    if wanted.words and len(found) == MOST:
        found += shown.filter(_all_of(_has(f" {word} ") for word in wanted.words))[:MOST]

    def place(row: tuple[Any, str, str]) -> tuple[bool, str, Any]:
        pk, text, sorted_by = row
        return not all(f" {word} " in text for word in wanted.words), sorted_by, pk

    return [pk for pk, *_rest in sorted(set(found), key=place)[:MOST]]


def _alike(rows: PatientQuerySet, wanted: Wanted) -> list[Any]:
    likeness = TrigramWordSimilarity(" ".join(wanted.words), "search_key__text")
    how = Case(
        When(_all_of(_has(f" {word}") for word in wanted.words), then=Value(0)),
        When(_all_of(_has(word) for word in wanted.words), then=Value(1)),
        default=Value(2),
    )
    found = rows.filter(_all_of(_resembles(word) for word in wanted.words)).annotate(how=how, likeness=likeness)
    in_order = found.order_by("how", F("likeness").desc(), "search_key__sorted_by", "pk")
    return list(in_order.values_list("pk", flat=True)[:ALIKE_AT_MOST])


def _resembles(word: str) -> Q:
    condition = _has(word)
    if len(word) >= SHORTEST_ALIKE:
        condition |= Q(search_key__text__trigram_word_similar=word)
    if bones := skeleton(word):
        condition |= Q(search_key__skeletons__contains=[bones])
    return condition
