"""Which numbers of documents a payer wrote into a transfer, and whose name: people leave out and add what they like."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from uuid import UUID

from stdnum import iso11649
from stdnum.ch import esr

YEAR_AND_NUMBER = re.compile(r"(?<!\d)(?P<year>20\d\d)(?:[\s\-/._]+0*(?P<number>\d{1,9})|(?P<glued>\d{4,9}))(?!\d)")
NUMBER = re.compile(r"(?:(?P<prefix>[A-Z0-9]+(?:-[A-Z0-9]+)*)-)?(?P<year>\d{4})-(?P<number>\d+)")
RF = re.compile(r"RF\d\d[A-Z0-9 ]{1,26}")
QR = re.compile(r"(?<!\d)\d(?:\s?\d){26}(?!\d)")


class Numbers:
    """The numbers of a practice's documents, to be found in what payers write.

    "INV-2026-0041" is found in "inv 2026/41" and in a creditor reference (ISO 11649) or a Swiss QR reference of its
    digits. One that stands without its prefix is found if no other document has the rest.
    """

    def __init__(self, numbers: Iterable[str]) -> None:
        self.known: dict[tuple[int, int], list[tuple[str, str]]] = defaultdict(list)
        for number in numbers:
            if found := NUMBER.fullmatch(number):
                place = (int(found["year"]), int(found["number"]))
                self.known[place].append((_letters(found["prefix"] or ""), number))

    def in_text(self, *texts: str) -> list[str]:
        """Return the numbers that stand in the texts, each once, as they come."""
        found: dict[str, None] = {}
        for text in texts:
            plain = text.upper()
            for each in (plain, *_references(plain)):
                found |= dict.fromkeys(self._found(each))
        return list(found)

    @staticmethod
    def places_in(*texts: str) -> set[tuple[int, int]]:
        """Return the years and places in their series of all that could be numbers."""
        plain = [text.upper() for text in texts]
        every = [each for text in plain for each in (text, *_references(text))]
        found = [match for text in every for match in YEAR_AND_NUMBER.finditer(text)]
        return {(int(match["year"]), int(match["number"] or match["glued"])) for match in found}

    def _found(self, text: str) -> Iterable[str]:
        for match in YEAR_AND_NUMBER.finditer(text):
            known = self.known.get((int(match["year"]), int(match["number"] or match["glued"])), [])
            before = _letters(text[max(0, match.start() - 20) : match.start()])
            fits = [(prefix, number) for prefix, number in known if before.endswith(prefix)]
            if fits:
                yield max(fits, key=lambda each: len(each[0]))[1]
            elif len(known) == 1:
                yield known[0][1]


class Names:
    """People's names, to be found in what payers write: by the rarest word of each, or every line would ask for all."""

    def __init__(self, names: Iterable[tuple[UUID, str]]) -> None:
        every = [(whose, name, _words(name)) for whose, name in names]
        often = Counter(word for _whose, _name, words in every for word in words)
        self.by_word: dict[str, list[tuple[int, UUID, str, frozenset[str]]]] = defaultdict(list)
        for place, (whose, name, words) in enumerate(every):
            if len(words) > 1:
                self.by_word[min(words, key=lambda word: (often[word], word))].append((place, whose, name, words))

    def in_text(self, *texts: str) -> dict[UUID, str]:
        """Return who is named, in the order in which they were given, each by the first of their names that stands."""
        said = [_words(text) for text in texts]
        found = {
            place: (whose, name)
            for words in said
            for word in words & self.by_word.keys()
            for place, whose, name, wanted in self.by_word[word]
            if wanted <= words
        }
        named: dict[UUID, str] = {}
        for _place, (whose, name) in sorted(found.items()):
            named.setdefault(whose, name)
        return named


def plain_reference(text: str) -> str:
    """Return a reference as it is compared: letters and digits, without the check digits of a creditor's."""
    plain = _letters(text.upper())
    return plain[4:] if iso11649.is_valid(plain) else plain.lstrip("0")


def is_named(name: str, *texts: str) -> bool:
    """Test whether a person's name stands in one of the texts, in whatever order, with or without accents."""
    wanted = _words(name)
    return len(wanted) > 1 and any(wanted <= _words(text) for text in texts)


def _references(text: str) -> Sequence[str]:
    """Return what is in the creditor references in a text; without leading zeros, and without check digits."""
    found = []
    for match in RF.finditer(text):
        words = match[0].split(" ")
        for end in range(len(words), 0, -1):
            candidate = "".join(words[:end])
            if iso11649.is_valid(candidate):
                found.append(candidate[4:].lstrip("0"))
                break
    for match in QR.finditer(text):
        digits = "".join(match[0].split())
        if esr.is_valid(digits):
            found.append(digits[:-1].lstrip("0"))
    return found


def _letters(text: str) -> str:
    return "".join(sign for sign in text if sign.isalnum())


@lru_cache(maxsize=8192)
def _words(text: str) -> frozenset[str]:
    spread = unicodedata.normalize("NFKD", text.casefold().replace("ß", "ss"))
    folded = "".join(sign if sign.isalnum() else " " for sign in spread if not unicodedata.combining(sign))
    return frozenset(word for word in folded.split() if len(word) > 1)
