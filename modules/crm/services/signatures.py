"""What shows who signed: their name, what they are to the patient, a drawing, and where it came from."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.core.validators import validate_ipv46_address
from django.utils.translation import gettext as _

from modules.crm.domain.drawings import NotADrawing, read_strokes, write_strokes
from modules.crm.models import Relation

LONGEST_AGENT, LONGEST_SIGNER = 300, 150


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """Who decides for the patient, as they write their name."""

    name: str
    relation: str = Relation.SELF


def problems_of(signer: Signer) -> dict[str, list[str]]:
    problems: dict[str, list[str]] = {}
    if not signer.name.strip():
        problems["signer_name"] = [_("Write the name of whoever signs.")]
    if signer.relation not in Relation.values:
        problems["relation"] = [_("Choose who signs.")]
    return problems


def read_drawing(text: str, *, problems: dict[str, list[str]]) -> str:
    """Return a drawing as it is kept; nothing for none, or, with a sentence among the `problems`, for no drawing."""
    if not text:
        return ""
    try:
        return write_strokes(read_strokes(text))
    except NotADrawing:
        problems["drawing"] = [_("That is no signature. Draw it again, or leave it out: the name counts, too.")]
        return ""


def address_in(ip: str) -> str | None:
    try:
        validate_ipv46_address(ip)
    except ValidationError:
        return None
    return ip
