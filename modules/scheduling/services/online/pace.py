"""How often patients may book, and whoever is not signed in may look, keep times and try codes and links."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from access.permissions import is_staff
from identity.secrets import digest
from kernel import limits

BOOKINGS, SECONDS = 120, 10 * 60
HOUR = 60 * 60
LOOKS, LOOKS_BY_LINK, MISSES_BY_LINK = 240, 120, 60  # in ten minutes
HOLDS, HOLDS_FOR_ONE, CODES, MAILS, MISSES = 30, 8, 8, 3, 60  # in an hour


def count_booking(*, by: Any) -> None:
    """Count a try to book. Raises `kernel.limits.TooMany`; the desk may book as fast as it can."""
    if not is_staff(by):
        limits.count("booking", str(by.pk), at_most=BOOKINGS, seconds=SECONDS)


def count_look(*, ip: str) -> None:
    limits.count("online-look", ip, at_most=LOOKS, seconds=SECONDS)


def count_hold(*, ip: str, email: str) -> None:
    limits.count("online-hold", ip, at_most=HOLDS, seconds=HOUR)
    limits.count("online-hold-for", email.lower(), at_most=HOLDS_FOR_ONE, seconds=HOUR)


def count_code(*, secret: str, ip: str) -> None:
    limits.count("online-code", digest(secret), at_most=CODES, seconds=HOUR)
    limits.count("online-codes", ip, at_most=MISSES, seconds=HOUR)


def count_mail(*, hold_id: UUID) -> None:
    limits.count("online-mail", str(hold_id), at_most=MAILS, seconds=HOUR)


def count_guessed_hold(*, ip: str) -> None:
    limits.count("online-unknown", ip, at_most=MISSES, seconds=HOUR)


def count_look_by_link(*, secret: str) -> None:
    limits.count("visit-link", digest(secret), at_most=LOOKS_BY_LINK, seconds=SECONDS)


def count_guessed_link(*, ip: str) -> None:
    limits.count("visit-link-unknown", ip, at_most=MISSES_BY_LINK, seconds=SECONDS)
