"""Whether a password is in a list of stolen ones, asked without saying which password it is (k-anonymity).

The service is told the first five of the forty digits of the password's SHA-1, and answers with the rest of every
stolen one that begins like this, as api.pwnedpasswords.com does. Off unless the deployment names a service. One that
does not answer lets every password pass: somebody else's outage keeps nobody from signing up.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Mapping
from http.client import HTTPException
from typing import Any, Protocol
from urllib.request import Request, urlopen

from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

logger = logging.getLogger(__name__)

SHOWN = 5  # digits of the hash that leave the house
WAIT_SECONDS = 2
LARGEST = 1_000_000  # bytes of an answer; real ones have about 40,000
LEAVE_ALONE_SECONDS = 60
DOWN = "identity:breaches-down"


class Unanswered(Exception):
    """The service did not answer, or not in its own language."""


class Ranges(Protocol):
    """The port: a list of stolen passwords that can be asked by the beginning of a hash."""

    def beginning_with(self, prefix: str) -> Mapping[str, int]:
        """Return the rests of the hashes that begin so, each with how often it was stolen. Raises `Unanswered`."""
        ...


class HttpRanges:
    """Asks a service over HTTP, at `<address><prefix>`."""

    def __init__(self, address: str) -> None:
        self.address = address

    def beginning_with(self, prefix: str) -> Mapping[str, int]:
        headers = {"Add-Padding": "true", "User-Agent": "Atrium"}  # padded, so that its length tells nobody anything
        try:
            with urlopen(Request(f"{self.address}{prefix}", headers=headers), timeout=WAIT_SECONDS) as answer:  # noqa: S310
                return dict(_line(line) for line in answer.read(LARGEST).decode("ascii").split())
        except (OSError, HTTPException, ValueError) as error:
            raise Unanswered from error


class FakeRanges:
    """Knows the passwords it was given: for tests, and to try it out."""

    def __init__(self, passwords: Iterable[str]) -> None:
        self.hashes = [_hash(password) for password in passwords]
        self.asked: list[str] = []

    def beginning_with(self, prefix: str) -> Mapping[str, int]:
        self.asked.append(prefix)
        return {hashed[SHOWN:]: 1 for hashed in self.hashes if hashed.startswith(prefix)} | {"0" * 35: 0}


class NotStolenValidator:
    """For AUTH_PASSWORD_VALIDATORS: refuses passwords that are in the deployment's list, if it has one."""

    def validate(self, password: str, user: Any = None) -> None:
        if is_stolen(password, ranges()):
            raise ValidationError(_("This password is in a list of stolen ones. Choose another."), code="stolen")

    def get_help_text(self) -> str:
        return _("It must not be in a list of stolen passwords.")


def ranges() -> Ranges | None:
    """Return the deployment's list, or None if it has none."""
    return HttpRanges(settings.STOLEN_PASSWORDS_URL) if settings.STOLEN_PASSWORDS_URL else None


def is_stolen(password: str, asked: Ranges | None) -> bool:
    """Test whether the list has this password. Without an answer it has not, and is left alone for a minute."""
    if asked is None or cache.get(DOWN):
        return False
    hashed = _hash(password)
    try:
        return asked.beginning_with(hashed[:SHOWN]).get(hashed[SHOWN:], 0) > 0
    except Unanswered:
        logger.warning("The list of stolen passwords does not answer. Passwords pass unasked for a minute.")
        cache.set(DOWN, 1, timeout=LEAVE_ALONE_SECONDS)
        return False


def _hash(password: str) -> str:
    return hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper()


def _line(line: str) -> tuple[str, int]:
    rest, _colon, count = line.partition(":")
    return rest.upper(), int(count)
