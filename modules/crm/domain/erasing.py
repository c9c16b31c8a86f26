"""What of a person goes when they are erased, and what the law has kept, for how long and why.

Each module declares every kind of its rows once (`personal` in its passport). The terms are defaults by country, each
with its source; a practice sets its own. Where no rule is known, nothing about health is kept, and invoices are.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from dateutil.relativedelta import relativedelta


class Term(StrEnum):
    """What the law asks to be kept for a while."""

    NONE = "none"
    CLINICAL = "clinical"
    MONEY = "money"


class Rule(NamedTuple):
    """For how many years, and which law says so. A child's record is kept until an age, if that is later."""

    years: int
    source: str
    until_age: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Personal:
    """The rows of a model that hold something of a person.

    `patient`, `client` and `account` are the ways to whom they are about. `day` is of when they are. When their term is
    over they go, or if others hang on them, their columns take the values in `blanks`; `stays` names the other texts,
    which are nobody's. `files` are columns that name a stored file, which goes, too. `at_once` is what even a record is
    emptied of that law has kept, and `hindrances` says for patients and clients what has to be put right first.
    """

    model: str
    label: Any
    patient: tuple[str, ...] = ()
    client: tuple[str, ...] = ()
    account: str = ""
    only: Mapping[str, Any] = field(default_factory=dict)
    term: Term = Term.NONE
    day: str = ""
    deletes: bool = True
    blanks: Mapping[str, Any] = field(default_factory=dict)
    stays: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    at_once: Mapping[str, Any] = field(default_factory=dict)
    hindrances: Callable[[Collection[UUID], Collection[UUID]], Iterable[str]] | None = None

    @property
    def names_them(self) -> bool:
        """Test whether the row itself points at them, and not another row in between."""
        return any("__" not in way for way in (*self.patient, *self.client))


class Nothing(NamedTuple):
    """A model on the way to a person that holds nothing of them, and why."""

    model: str
    why: str


Declared = Iterable[Personal | Nothing]

NO_RULE = Rule(0, "")
INVOICES_ANYWHERE = Rule(10, "No rule of this country is known here: ten years, as most ask.")
RULES: dict[str, dict[Term, Rule]] = {
    "AT": {
        Term.CLINICAL: Rule(10, "§ 51 (3) ÄrzteG"),
        Term.MONEY: Rule(7, "§ 132 BAO"),
    },
    "DE": {
        Term.CLINICAL: Rule(10, "§ 630f (3) BGB"),
        Term.MONEY: Rule(8, "§ 147 (3) AO, § 14b UStG"),
    },
    "ES": {
        Term.CLINICAL: Rule(5, "Ley 41/2002, art. 17.1"),
        Term.MONEY: Rule(6, "Código de Comercio, art. 30"),
    },
    "FR": {
        Term.CLINICAL: Rule(20, "Code de la santé publique, art. R1112-7", until_age=28),
        Term.MONEY: Rule(10, "Code de commerce, art. L123-22"),
    },
    "GB": {
        Term.CLINICAL: Rule(8, "NHS Records Management Code of Practice", until_age=25),
        Term.MONEY: Rule(6, "HMRC VAT Notice 700/21"),
    },
    "IT": {
        Term.CLINICAL: Rule(10, "Codice civile, art. 2946"),
        Term.MONEY: Rule(10, "Codice civile, art. 2220"),
    },
}


def rule_of(country: str, term: Term, *, is_clinical: bool) -> Rule:
    """Return what a country asks. Records of animals and of customers are no health records of people."""
    if term is Term.NONE or (term is Term.CLINICAL and not is_clinical):
        return NO_RULE
    usual = INVOICES_ANYWHERE if term is Term.MONEY else NO_RULE
    return RULES.get(country, {}).get(term, usual)


def kept_until(rule: Rule, *, last: date | None, born: date | None = None) -> date | None:
    """Return the last day on which a record is kept that was last added to on a day; None if it is not kept."""
    if not rule.years or last is None:
        return None
    until = last + relativedelta(years=rule.years)
    of_age = born + relativedelta(years=rule.until_age) if born and rule.until_age else until
    return max(until, of_age) if born and _was_a_child(born, last) else until


def booked_until(rule: Rule, *, day: date | None) -> date | None:
    """Return the last day on which a voucher is kept: its years begin when its own year ends."""
    return date(day.year + rule.years, 12, 31) if rule.years and day else None


def _was_a_child(born: date, on: date) -> bool:
    return on < born + relativedelta(years=18)
