"""The shared cache, and what takes its place while Valkey does not answer.

Doors count their knocks in it, and sign-in stands on that: with the cache gone they must be neither open nor shut. So
each process counts for itself until it is back. Nothing that has to be true is kept here; that is Postgres' part.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

REST_SECONDS = 2.0  # for how long it is not asked again after it did not answer
REMEMBER_AT_MOST = 20_000  # whoever tries many addresses must not fill the memory


class _Outage:
    """Whether the cache is known not to answer, for all threads of this process."""

    def __init__(self) -> None:
        self._until = 0.0
        self._lock = threading.Lock()

    @property
    def is_on(self) -> bool:
        return time.monotonic() < self._until

    def begin(self, error: Exception) -> None:
        with self._lock:
            if not self.is_on:
                logger.error("The shared cache does not answer, this process counts for itself: %s", error)
            self._until = time.monotonic() + REST_SECONDS

    def end(self) -> None:
        self._until = 0.0


outage = _Outage()


class SteadyCache(RedisCache):
    """Valkey or Redis; while it does not answer, a bounded memory of this process."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._memory = LocMemCache("steady", {"OPTIONS": {"MAX_ENTRIES": REMEMBER_AT_MOST}})

    def add(self, *args: Any, **kwargs: Any) -> bool:
        return bool(self._ask("add", *args, **kwargs))

    def get(self, *args: Any, **kwargs: Any) -> Any:
        return self._ask("get", *args, **kwargs)

    def set(self, *args: Any, **kwargs: Any) -> None:
        self._ask("set", *args, **kwargs)

    def touch(self, *args: Any, **kwargs: Any) -> bool:
        return bool(self._ask("touch", *args, **kwargs))

    def delete(self, *args: Any, **kwargs: Any) -> bool:
        return bool(self._ask("delete", *args, **kwargs))

    def get_many(self, *args: Any, **kwargs: Any) -> dict[Any, Any]:
        found: dict[Any, Any] = self._ask("get_many", *args, **kwargs)
        return found

    def has_key(self, *args: Any, **kwargs: Any) -> bool:
        return bool(self._ask("has_key", *args, **kwargs))

    def incr(self, *args: Any, **kwargs: Any) -> int:
        return int(self._ask("incr", *args, **kwargs))

    def set_many(self, *args: Any, **kwargs: Any) -> list[Any]:
        return list(self._ask("set_many", *args, **kwargs))

    def delete_many(self, *args: Any, **kwargs: Any) -> None:
        self._ask("delete_many", *args, **kwargs)

    def clear(self) -> None:
        self._memory.clear()
        self._ask("clear")

    def _ask(self, name: str, *args: Any, **kwargs: Any) -> Any:
        if not outage.is_on:
            try:
                return getattr(super(), name)(*args, **kwargs)
            except (RedisError, OSError) as error:
                outage.begin(error)
        return getattr(self._memory, name)(*args, **kwargs)
