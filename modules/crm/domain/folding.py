"""Names as they are looked for: without accents, capitals or signs, in Latin letters from any script."""

from __future__ import annotations

import re
import unicodedata

from anyascii import anyascii

APOSTROPHES = re.compile(r"['`’ʼ]")
SIGNS = re.compile(r"[^a-z0-9]+")
SOUNDS = (("ph", "f"), ("x", "ks"), ("q", "k"), ("c", "k"))  # spellings of one sound, as far as they are common
SILENT = re.compile("[aeiouyw]")  # vowels, and what Arabic and Hebrew write for them
TWICE = re.compile(r"(.)\1+")
SHORTEST_SKELETON = 2  # one consonant says nothing


def fold(text: str) -> str:
    """Return the words of a text in small Latin letters, joined by single spaces. Folding twice changes nothing."""
    latin = anyascii(unicodedata.normalize("NFKC", text)).lower()
    return SIGNS.sub(" ", APOSTROPHES.sub("", latin)).strip()


def skeleton(word: str) -> str:
    """Return the consonants of a folded word, or nothing if they are too few to say anything.

    Scripts that write no vowels, and tongues that spell one name in five ways, meet there: Mohammed, Muhamad, محمد.
    """
    for spelling, sound in SOUNDS:
        word = word.replace(spelling, sound)
    word = word.removesuffix("h")  # Sara and Sarah
    bones = TWICE.sub(r"\1", SILENT.sub("", word))
    return bones if len(bones) >= SHORTEST_SKELETON else ""


def skeletons(folded: str) -> list[str]:
    """Return the skeletons of the words in a folded text, each once, in their order."""
    return list(dict.fromkeys(bones for word in folded.split() if (bones := skeleton(word))))
