"""The numbers by which tax offices and banks know somebody, as people type them, and whether they can be right."""

from __future__ import annotations

import re

from stdnum import bic, iban
from stdnum.eu import vat
from stdnum.it import codicefiscale

EU = frozenset(vat.MEMBER_STATES)
RECIPIENT = re.compile(r"[A-Z0-9]{7}")


def bare(text: str) -> str:
    """Return a number without what people put into it to read it."""
    return re.sub(r"[\s.\-/]", "", text).upper()


def vat_id_of(text: str, *, country: str) -> str:
    """Return a VAT number with its country in front."""
    number = bare(text)
    return number if not number or number[:2].isalpha() else country + number


def is_vat_id(number: str) -> bool:
    """Test whether there can be such a number. Of countries outside of the EU only its form is looked at."""
    country = "el" if number[:2] == "GR" else number[:2].lower()
    if country in EU:
        return bool(vat.is_valid(number))
    return re.fullmatch(r"[A-Z]{2}[A-Z0-9]{2,28}", number) is not None


def is_fiscal_code(number: str, *, country: str) -> bool:
    if country == "IT":
        return bool(codicefiscale.is_valid(number))
    return re.fullmatch(r"[A-Z0-9]{4,16}", number) is not None


def is_iban(number: str) -> bool:
    return bool(iban.is_valid(number))


def is_bic(number: str) -> bool:
    return bool(bic.is_valid(number))


def is_recipient_code(code: str) -> bool:
    return RECIPIENT.fullmatch(code) is not None
