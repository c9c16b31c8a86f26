"""Codes that are meant by what somebody types, in spite of typos.

A list may have 70,000 codes, but they are made of some 20,000 words. What is typed is held against the words, by their
trigrams, and the words lead to the codes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce
from operator import add
from typing import Any

from django.contrib.postgres.search import TrigramSimilarity
from django.db import transaction
from django.db.models import Case, Q, QuerySet, Value, When
from django.db.models.functions import Length

from modules.crm.domain.codes.entries import key_of
from modules.crm.domain.folding import fold, skeleton
from modules.crm.models import Code, CodeList, CodeListState, CodeSystem, CodeWord
from modules.crm.models.search import by_index

SHOWN = 20
ENOUGH = 5  # fewer found as they were typed, and those that are merely alike are looked for, too
MOST_WORDS = 8  # of what was typed
MOST_LIKE_IT = 100  # words that one typed word may be a part of
MOST_ALIKE = 12
WITHIN = 3  # so many letters are looked for within words as well, not at their beginning only
SHORTEST_KEY = 2


def find_codes(text: str, *, limit: int = SHOWN) -> list[Code]:
    """Return the likeliest codes of the lists in use: by the code itself, else by all words that were typed."""
    typed, key = fold(text).split()[:MOST_WORDS], key_of(text)
    if not typed:
        return []
    rows = Code.objects.filter(system__ended_at=None).select_related("system")
    with transaction.atomic(savepoint=False), by_index():
        found = list(rows.filter(key__startswith=key).order_by("key")[:limit]) if len(key) >= SHORTEST_KEY else []
        if len(found) < limit:
            found = _with(found, _by_words(rows, [_as_typed(word) for word in typed], limit))
        if len(found) < ENOUGH:
            found = _with(found, _by_words(rows, [_or_alike(word) for word in typed], limit))
    return found[:limit]


def code_systems() -> QuerySet[CodeSystem]:
    """Return the lists that codes are chosen from."""
    return CodeSystem.objects.filter(ended_at=None, lists__state=CodeListState.ACTIVE).order_by("name")


def lists_in_use() -> list[CodeList]:
    rows = CodeList.objects.filter(state=CodeListState.ACTIVE, system__ended_at=None)
    return list(rows.select_related("system").order_by("system__name"))


def _with(found: list[Code], more: Iterable[Code]) -> list[Code]:
    return list({code.pk: code for code in [*found, *more]}.values())


def _as_typed(word: str) -> list[str]:
    """Return the words that begin so, and then those that have it within, the shortest first. A letter is itself."""
    if len(word) == 1:
        return [word]
    part = Q(word__contains=word) if len(word) >= WITHIN else Q(word__startswith=word)
    begins = Case(When(word__startswith=word, then=Value(0)), default=Value(1))
    return _words(CodeWord.objects.filter(part).order_by(begins, Length("word"), "word"), MOST_LIKE_IT)


def _or_alike(word: str) -> list[str]:
    """Return words that are like it, the most alike first; those with the very same consonants, too."""
    alike = Q(word__trigram_similar=word)
    if bones := skeleton(word):
        alike |= Q(bones=bones)
    rows = CodeWord.objects.filter(alike).annotate(likeness=TrigramSimilarity("word", word))
    return [*_as_typed(word), *_words(rows.order_by("-likeness", "word"), MOST_ALIKE)]


def _words(rows: QuerySet[CodeWord, Any], most: int) -> list[str]:
    return list(dict.fromkeys(rows.values_list("word", flat=True)[:most]))


def _by_words(rows: QuerySet[Code], meant: Sequence[list[str]], limit: int) -> list[Code]:
    """Return codes that have one of the words meant by each typed one: with the likeliest words first, then short."""
    if not all(meant):
        return []
    condition = reduce(lambda both, words: both & Q(words__overlap=words), meant, Q())
    farness = reduce(add, (_farness(words) for words in meant), Value(0))
    return list(rows.filter(condition).order_by(farness, Length("display"), "display", "pk")[:limit])


def _farness(words: list[str]) -> Case:
    tiers = [words[:1], words[1:3], words[3:10]]
    whens = (When(words__overlap=tier, then=Value(place)) for place, tier in enumerate(tiers) if tier)
    return Case(*whens, default=Value(len(tiers)))
