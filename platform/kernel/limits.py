"""How often somebody may knock. Counted in the shared cache, so that every process sees the same number."""

from __future__ import annotations

import hashlib
import logging
import time

from django.core.cache import cache

from kernel.errors import DomainError

logger = logging.getLogger(__name__)


class TooMany(DomainError):
    """Somebody knocked more often than the door allows."""

    status = 429
    code = "too-many-requests"

    def __init__(self, *, retry_after: int) -> None:
        super().__init__(f"That was too often. Try again in {retry_after} seconds.")
        self.retry_after = retry_after


def count(door: str, who: str, *, at_most: int, seconds: int) -> None:
    """Count one knock of `who` at `door`. Raises `TooMany` past `at_most` within a window of `seconds`.

    `who` may be an address or an e-mail: only a digest of it is kept. While the cache is down nobody is counted: the
    doors stay open rather than shut for all.
    """
    window, elapsed = divmod(int(time.time()), seconds)
    key = f"limit:{door}:{hashlib.sha256(who.encode()).hexdigest()[:24]}:{window}"
    try:
        cache.add(key, 0, timeout=seconds * 2)
        knocks = cache.incr(key)
    except Exception:
        logger.exception("Knocks at %s could not be counted.", door)
        return
    if knocks > at_most:
        raise TooMany(retry_after=seconds - elapsed)
