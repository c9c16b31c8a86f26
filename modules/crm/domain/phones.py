"""Phone numbers in E.164, for any country."""

from __future__ import annotations

import phonenumbers


class NotAPhoneNumber(ValueError):
    """Text that no network would ring."""


def to_e164(text: str, *, country: str) -> str:
    """Return the number in E.164 (ITU-T), reading one without a country code as of `country` (ISO 3166-1).

    An empty text stays empty. Raises `NotAPhoneNumber`.
    """
    if not text.strip():
        return ""
    try:
        number = phonenumbers.parse(text, country or None)
    except phonenumbers.NumberParseException as error:
        raise NotAPhoneNumber(text) from error
    if not phonenumbers.is_possible_number(number):
        raise NotAPhoneNumber(text)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def shown(e164: str) -> str:
    """Return a stored number the way people write it, in the international form."""
    if not e164:
        return ""
    return phonenumbers.format_number(phonenumbers.parse(e164), phonenumbers.PhoneNumberFormat.INTERNATIONAL)
