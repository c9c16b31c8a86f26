"""How often patients may book: nobody has so many appointments to make."""

from __future__ import annotations

from typing import Any

from access.permissions import is_staff
from kernel import limits

BOOKINGS, SECONDS = 120, 10 * 60


def count_booking(*, by: Any) -> None:
    """Count a try to book. Raises `kernel.limits.TooMany`; the desk may book as fast as it can."""
    if not is_staff(by):
        limits.count("booking", str(by.pk), at_most=BOOKINGS, seconds=SECONDS)
