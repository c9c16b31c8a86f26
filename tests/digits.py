"""The digits of an authenticator app, for somebody who types slowly on a busy machine."""

from __future__ import annotations

import time

from identity.second_step import SECONDS, digits_now

TYPING = 5  # seconds


def digits(secret: str) -> str:
    """Return digits that hold for a few seconds yet: the next ones, once they are there, if these are about to go."""
    left = SECONDS - time.time() % SECONDS
    if left < TYPING:
        time.sleep(left)
    return digits_now(secret)
