"""Italy's codice fiscale, derived and checked."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from string import ascii_uppercase, digits

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.it.codicefiscale import calc_check_digit

from modules.crm.domain.tax_codes import Bearer, Fault, as_written, derive, faults_of

MARIO = Bearer(first_name="Mario", last_name="Rossi", birth_date=date(1980, 1, 1), sex="male")
CODE = "RSSMRA80A01H501U"  # the one on every specimen
ROME = "H501"
letters = st.characters(whitelist_categories=["Lu", "Ll"], max_codepoint=0x17F)
names = st.text(letters, min_size=1, max_size=20)
bearers = st.builds(
    Bearer,
    first_name=names,
    last_name=names,
    birth_date=st.dates(date(1900, 1, 1), date(2099, 12, 31)),
    sex=st.sampled_from(["female", "male"]),
)
places = st.from_regex(r"[A-M][0-9]{3}", fullmatch=True)


def faults(code: str, bearer: Bearer = MARIO) -> list[Fault]:
    return faults_of(code, country="IT", bearer=bearer)


def test_the_specimen_is_derived_and_agrees() -> None:
    assert derive(MARIO, place=ROME) == CODE
    assert faults(as_written("rss mra 80a01 h501u")) == []


@given(bearer=bearers, place=places)
def test_a_derived_code_agrees_with_whom_it_was_derived_from(bearer: Bearer, place: str) -> None:
    assert faults(derive(bearer, place=place), bearer) == []


@given(bearer=bearers, place=places, at=st.integers(0, 15), sign=st.sampled_from(ascii_uppercase + digits))
def test_a_slip_in_one_sign_is_noticed(bearer: Bearer, place: str, at: int, sign: str) -> None:
    code = derive(bearer, place=place)
    slipped = code[:at] + sign + code[at + 1 :]

    assert (faults(slipped, Bearer()) == []) == (slipped == code)


@pytest.mark.parametrize(
    ("bearer", "found"),
    [
        (replace(MARIO, last_name="Bianchi"), [Fault.NAME]),
        (replace(MARIO, first_name="Maria Luisa"), [Fault.NAME]),
        (replace(MARIO, birth_date=date(1980, 1, 2)), [Fault.BORN]),
        (replace(MARIO, sex="female"), [Fault.SEX]),
        (replace(MARIO, sex="unknown", birth_date=None), []),
        (replace(MARIO, first_name="Марио", last_name="Росси"), []),  # other letters are not held against it
        (replace(MARIO, last_name="Rossì"), []),
    ],
    ids=["surname", "given name", "birth date", "sex", "not said", "Cyrillic", "an accent"],
)
def test_what_does_not_agree_is_named(bearer: Bearer, found: list[Fault]) -> None:
    assert faults(CODE, bearer) == found


def test_two_of_one_code_have_letters_for_digits() -> None:
    start = CODE[:14] + "M"  # 1 became M
    assert faults(start + calc_check_digit(start)) == []


FIRMS = [("00743110157", []), ("00743110158", [Fault.CHECK]), ("123", [Fault.FORM])]


@pytest.mark.parametrize(("code", "found"), FIRMS)
def test_a_firm_has_eleven_digits(code: str, found: list[Fault]) -> None:
    assert faults(code) == found


def test_a_country_without_a_rule_here_takes_any() -> None:
    assert faults_of("AB 12", country="GB", bearer=MARIO) == []


ELSEWHERE = [
    ("DE", "36574261809", []),
    ("DE", "36574261808", [Fault.CHECK]),
    ("ES", "54362315K", []),
    ("PL", "44051401359", [Fault.BORN]),  # says 14 May 1944
    ("NL", "no number", [Fault.FORM]),
    ("GB", "whatever it is", []),  # no rule, so nothing is held against it
]


@pytest.mark.parametrize(("country", "code", "found"), ELSEWHERE)
def test_other_countries_have_rules_of_their_own(country: str, code: str, found: list[Fault]) -> None:
    assert faults_of(as_written(code), country=country, bearer=MARIO) == found
