"""How often somebody may knock. Counted in the shared cache, so that every process sees the same number.

Two kinds: `count` lets so many through in a span of time, whoever they are. A `LockOut` is for secrets that can be
guessed: the first few wrong ones are free, then each further try has to wait longer than the one before.
"""

from __future__ import annotations

import hashlib
import math
import time
from dataclasses import dataclass

from django.core.cache import cache
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kernel.errors import DomainError


class TooMany(DomainError):
    """Somebody knocked more often than the door allows."""

    status = 429
    code = "too-many-requests"

    def __init__(self, detail: str = "", *, retry_after: int) -> None:
        super().__init__(detail or _("That was too often. Try again in %(wait)s.") % {"wait": in_words(retry_after)})
        self.retry_after = retry_after


def count(door: str, who: str, *, at_most: int, seconds: int) -> None:
    """Count one knock of `who` at `door`. Raises `TooMany` past `at_most` within a window of `seconds`.

    `who` may be an address or an e-mail: only a digest of it is kept.
    """
    window, elapsed = divmod(int(time.time()), seconds)
    if _increase(key_of(door, who, str(window)), keep=seconds * 2) > at_most:
        raise TooMany(retry_after=seconds - elapsed)


@dataclass(frozen=True, slots=True, kw_only=True)
class LockOut:
    """After `free` wrong tries a wait of `first_wait` seconds, which doubles with each more, up to `longest_wait`.

    After `forgotten_after` seconds without a try, or `forget`, it begins anew.
    """

    door: str
    free: int
    first_wait: int = 60
    longest_wait: int = 60 * 60
    forgotten_after: int = 24 * 60 * 60

    def begin_try(self, who: str) -> None:
        """Let somebody try once, and count it as wrong until `forget` says otherwise. Raises `TooMany`.

        Counted first and judged later, so a hundred tries at the same moment are a hundred and not one.
        """
        closed = key_of(self.door, who, "closed")
        self._check(closed)
        tries = _increase(key_of(self.door, who, "tries"), keep=self.forgotten_after)
        if tries < self.free:
            return
        wait = min(self.first_wait * 2 ** min(tries - self.free, 30), self.longest_wait)
        # One more try for whoever comes first; those beside and after them find the door closed.
        if not cache.add(closed, time.time() + wait, timeout=wait):
            self._check(closed)

    def forget(self, who: str) -> None:
        cache.delete_many([key_of(self.door, who, "tries"), key_of(self.door, who, "closed")])

    def take_back(self, who: str) -> None:
        """Uncount one try that was right, and leave the wrong ones counted."""
        try:
            tries = cache.decr(key_of(self.door, who, "tries"))
        except ValueError:  # forgotten meanwhile
            return
        if tries < self.free:
            cache.delete(key_of(self.door, who, "closed"))

    def _check(self, closed: str) -> None:
        until = cache.get(closed)
        if until is not None:
            wait = max(1, math.ceil(until - time.time()))
            raise TooMany(
                _("Too many wrong tries. Wait %(wait)s, then try again.") % {"wait": in_words(wait)}, retry_after=wait
            )


def in_words(seconds: int) -> str:
    """Return a wait as people say it, and never shorter than it is."""
    if seconds < 60:
        return ngettext("%(n)d second", "%(n)d seconds", seconds) % {"n": seconds}
    minutes = math.ceil(seconds / 60)
    return ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}


def _increase(key: str, *, keep: int) -> int:
    cache.add(key, 0, timeout=keep)
    try:
        return cache.incr(key)
    except ValueError:  # it ran out, or the cache went away, between the two
        cache.set(key, 1, timeout=keep)
        return 1


def key_of(door: str, who: str, what: str) -> str:
    """Return what is counted under: no address and no e-mail, but a digest of it."""
    return f"limit:{door}:{hashlib.sha256(who.encode()).hexdigest()[:24]}:{what}"
