"""How likely it is that somebody is already known: what speaks for it, and what against.

A phone or an e-mail that a family shares is worth little beside another first name.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from difflib import SequenceMatcher
from enum import StrEnum
from typing import NamedTuple

from modules.crm.domain.folding import fold, skeleton

WORTH_SHOWING = 25  # while somebody is being registered
LIKELY = 50  # worth somebody's look: not by a name, a phone or an e-mail alone
MOST = 100
CLOSE = 0.8  # how much of two words has to be the same for one to be the other with a typo


class Reason(StrEnum):
    TAX_CODE = "same_tax_code"
    PAPER = "same_identity_document"
    CHIP = "same_microchip"
    NAME = "same_name"
    NAME_ALIKE = "name_alike"
    NAME_IN_PART = "name_in_part"
    OWNER_NAME = "same_owner_name"
    PHONE = "same_phone"
    EMAIL = "same_email"
    BIRTH_DATE = "same_birth_date"
    BIRTH_DATE_NEARLY = "birth_date_nearly"
    OTHER_BIRTH_DATE = "other_birth_date"
    OTHER_NAME = "other_name"
    OTHER_SEX = "other_sex"
    OTHER_CHIP = "other_microchip"
    OTHER_TAX_CODE = "other_tax_code"
    OTHER_SPECIES = "other_species"


WORTH = {
    Reason.TAX_CODE: 90,
    Reason.PAPER: 90,
    Reason.CHIP: 90,
    Reason.NAME: 40,
    Reason.NAME_ALIKE: 27,
    Reason.NAME_IN_PART: 5,
    Reason.OWNER_NAME: 30,
    Reason.PHONE: 25,
    Reason.EMAIL: 25,
    Reason.BIRTH_DATE: 35,
    Reason.BIRTH_DATE_NEARLY: 15,
    Reason.OTHER_BIRTH_DATE: -30,
    Reason.OTHER_NAME: -50,
    Reason.OTHER_SEX: -20,
    Reason.OTHER_CHIP: -70,
    Reason.OTHER_TAX_CODE: -40,
    Reason.OTHER_SPECIES: -60,
}
SAYS_LESS = {  # who knew of the one has known of the others
    Reason.NAME: (Reason.NAME_ALIKE, Reason.NAME_IN_PART),
    Reason.NAME_ALIKE: (Reason.NAME_IN_PART,),
    Reason.BIRTH_DATE: (Reason.BIRTH_DATE_NEARLY,),
}
ONE_WAY_TO_REACH = {Reason.PHONE, Reason.EMAIL}  # who shares the one often shares the other, too
SECOND_WAY = 10
SEALED = frozenset({Reason.TAX_CODE, Reason.PAPER, Reason.OTHER_TAX_CODE})  # of what not everybody here may see
OF_AN_ANIMAL_BY_NAME = 15  # how much less it says that two are called Luna than that two are called Anna Rossi


class Code(NamedTuple):
    column: str
    digest: str


class Paper(NamedTuple):
    """What an identity document is found by, and which country issued it, if that is known."""

    country: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of somebody, or was typed so far.

    `phone` is in E.164, `email` in small letters. `codes` are what their tax code is found by, each with the column it
    is of: those of two columns are never the same; `papers` the same of their identity documents. An animal has a
    species, and `owner` names who brings it; the phone and the e-mail are then the owner's. `further` are the phones
    and e-mails beside the first ones: each counts as they do.
    """

    first_name: str = ""
    last_name: str = ""
    organisation: str = ""
    birth_date: date | None = None
    sex: str = ""
    phone: str = ""
    email: str = ""
    further: frozenset[str] = frozenset()
    codes: frozenset[Code] = frozenset()
    papers: frozenset[Paper] = frozenset()
    microchip: str = ""
    species: str = ""
    owner: str = ""

    @property
    def name(self) -> str:
        return self.organisation or f"{self.first_name} {self.last_name}"

    @property
    def phones(self) -> frozenset[str]:
        return frozenset(each for each in {self.phone, *self.further} if each and "@" not in each)

    @property
    def emails(self) -> frozenset[str]:
        return frozenset(each for each in {self.email, *self.further} if "@" in each)

    @property
    def unsealed(self) -> Facts:
        """The facts without those that not everybody may see: a reason would tell them."""
        return replace(self, codes=frozenset(), papers=frozenset())


class Likeness(NamedTuple):
    """How likely two are one, from 0 to 100, and why: first what says most."""

    score: int
    reasons: tuple[Reason, ...]


def compare(one: Facts, other: Facts) -> Likeness:
    """Say how likely one and the other are the same. Which of them comes first makes no difference."""
    reasons = [*_by_name(one, other), *_by_contact(one, other), *_by_birth(one, other), *_by_numbers(one, other)]
    if {one.sex, other.sex} == {"female", "male"}:
        reasons.append(Reason.OTHER_SEX)
    score = sum(WORTH[reason] for reason in reasons)
    if set(reasons) >= ONE_WAY_TO_REACH:
        score -= WORTH[Reason.EMAIL] - SECOND_WAY
    if (one.species or other.species) and {Reason.NAME, Reason.NAME_ALIKE} & set(reasons):
        score -= OF_AN_ANIMAL_BY_NAME
    in_order = sorted(reasons, key=lambda reason: (-WORTH[reason], reason))
    return Likeness(min(max(score, 0), MOST), tuple(in_order))


def _by_name(one: Facts, other: Facts) -> list[Reason]:
    if one.species or other.species:
        return _of_animals(one, other)
    likeness = likeness_of_names(one.name, other.name)
    return [likeness] if likeness else []


def _of_animals(one: Facts, other: Facts) -> list[Reason]:
    reasons: list[Reason] = []
    if likeness := likeness_of_names(one.first_name, other.first_name):
        reasons.append(Reason.NAME_ALIKE if likeness is Reason.NAME_IN_PART else likeness)
    if one.owner.strip() and likeness_of_names(one.owner, other.owner) in (Reason.NAME, Reason.NAME_ALIKE):
        reasons.append(Reason.OWNER_NAME)
    if one.species and other.species and not _is_close(fold(one.species), fold(other.species)):
        reasons.append(Reason.OTHER_SPECIES)
    return reasons


def likeness_of_names(one: str, other: str) -> Reason | None:
    """Say how alike two names are, in any script and order; nothing if one of them is not known."""
    words, others = fold(one).split(), fold(other).split()
    if not words or not others:
        return None
    if sorted(words) == sorted(others):
        return Reason.NAME
    fewer, more = sorted((words, others), key=lambda each: (len(each), each))
    matched = _matched(fewer, more)
    if matched == len(fewer) and (matched > 1 or len(more) == 1):
        return Reason.NAME_ALIKE
    return Reason.NAME_IN_PART if _is_close(words[0], others[0]) else Reason.OTHER_NAME


def _matched(fewer: list[str], more: list[str]) -> int:
    """Count the words that stand in the other name, too, each once."""
    left = list(more)
    for word in fewer:
        found = next((each for each in left if each == word), None) or next(
            (each for each in left if _is_close(word, each)), None
        )
        if found:
            left.remove(found)
    return len(more) - len(left)


def _is_close(word: str, other: str) -> bool:
    if word == other:
        return True
    bones = skeleton(word)
    if len(bones) > 2 and bones == skeleton(other):
        return True
    return min(len(word), len(other)) > 2 and SequenceMatcher(a=min(word, other), b=max(word, other)).ratio() >= CLOSE


def _by_contact(one: Facts, other: Facts) -> list[Reason]:
    reasons = [Reason.PHONE] if one.phones & other.phones else []
    return [*reasons, Reason.EMAIL] if one.emails & other.emails else reasons


def _by_birth(one: Facts, other: Facts) -> list[Reason]:
    if one.birth_date is None or other.birth_date is None:
        return []
    if one.birth_date == other.birth_date:
        return [Reason.BIRTH_DATE]
    return [Reason.BIRTH_DATE_NEARLY if _is_nearly(one.birth_date, other.birth_date) else Reason.OTHER_BIRTH_DATE]


def _is_nearly(day: date, other: date) -> bool:
    """Test whether the day and the month are in each other's place, or a single digit is another."""
    if (day.year, day.month, day.day) == (other.year, other.day, other.month):
        return True
    return sum(one != two for one, two in zip(f"{day:%Y%m%d}", f"{other:%Y%m%d}", strict=True)) == 1


def _by_numbers(one: Facts, other: Facts) -> list[Reason]:
    reasons = []
    if one.codes & other.codes:
        reasons.append(Reason.TAX_CODE)
    elif {code.column for code in one.codes} & {code.column for code in other.codes}:
        reasons.append(Reason.OTHER_TAX_CODE)
    if any(_is_one(paper, each) for paper in one.papers for each in other.papers):
        reasons.append(Reason.PAPER)
    if one.microchip and other.microchip:
        reasons.append(Reason.CHIP if one.microchip == other.microchip else Reason.OTHER_CHIP)
    return reasons


def _is_one(paper: Paper, other: Paper) -> bool:
    """Two countries give out the same number to different people."""
    return paper.digest == other.digest and (not paper.country or not other.country or paper.country == other.country)


def speaking_for(reasons: Iterable[Reason]) -> list[Reason]:
    """Return those that make two more likely to be one, in their order."""
    return [reason for reason in reasons if WORTH[reason] > 0]


def known_with(reasons: Iterable[Reason]) -> set[Reason]:
    """Return these reasons, and those that say less of the same."""
    return {each for reason in reasons for each in (reason, *SAYS_LESS.get(reason, ()))}
