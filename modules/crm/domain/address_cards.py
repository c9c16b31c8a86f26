"""Cards for an address book: vCard 4.0 (RFC 6350), as telephones and mail programs read them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple
from uuid import UUID

import vobject

MEDIA_TYPE = "text/vcard; charset=utf-8"
SEXES = {"female": "F", "male": "M", "other": "O"}


class Way(NamedTuple):
    """A phone in E.164 or an e-mail; `use` is one of RFC 6350's types, or nothing."""

    value: str
    use: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    id: UUID
    first_name: str = ""
    last_name: str = ""
    nickname: str = ""
    organisation: str = ""
    birth_date: date | None = None
    sex: str = ""
    phones: tuple[Way, ...] = ()
    emails: tuple[Way, ...] = ()
    street: str = ""
    postal_code: str = ""
    city: str = ""
    region: str = ""
    country: str = ""
    written_to: str = ""  # who is written to about them, if that is somebody else
    note: str = ""

    @property
    def name(self) -> str:
        return self.organisation or f"{self.first_name} {self.last_name}".strip()


def write_card(card: Card) -> str:
    """Return a card. Whatever was typed stays within its own line: vobject escapes what has a meaning there."""
    written = vobject.vCard()
    written.add("version").value = "4.0"
    written.add("uid").value = f"urn:uuid:{card.id}"
    written.add("fn").value = _line(card.name)
    written.add("n").value = vobject.vcard.Name(family=_line(card.last_name), given=_line(card.first_name))
    _add_words(written, card)
    for name, ways in (("tel", card.phones), ("email", card.emails)):
        _add_ways(written, name, ways)
    if any((card.street, card.postal_code, card.city, card.region, card.country)):
        written.add("adr").value = vobject.vcard.Address(
            street=_line(card.street),
            code=_line(card.postal_code),
            city=_line(card.city),
            region=_line(card.region),
            country=_line(card.country),
        )
    return str(written.serialize(validate=False))  # vobject knows what 3.0 requires only


def _add_words(written: vobject.base.Component, card: Card) -> None:
    if card.organisation:
        written.add("org").value = [_line(card.organisation)]
    if card.birth_date:
        written.add("bday").value = f"{card.birth_date:%Y%m%d}"
    said = {"nickname": card.nickname, "gender": SEXES.get(card.sex, ""), "note": card.note}
    for name, value in said.items():
        if value:
            written.add(name).value = _line(value)
    if card.written_to:
        related = written.add("related")
        related.value, related.type_param, related.value_param = _line(card.written_to), "contact", "text"


def _add_ways(written: vobject.base.Component, name: str, ways: Iterable[Way]) -> None:
    for place, way in enumerate(ways):
        line = written.add(name)
        line.value = _line(way.value)
        if way.use:
            line.type_param = way.use
        if place == 0:
            line.pref_param = "1"


def _line(text: str) -> str:
    """Return a text as one line of signs that can be seen."""
    return "".join(sign for sign in " ".join(text.split()) if sign.isprintable())
