"""Doors count their knocks: in Valkey, or in each process while Valkey is away."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.cache import cache
from redis.exceptions import ConnectionError as NoConnection

from kernel import limits, steady_cache
from kernel.limits import LockOut, TooMany, in_words

DOOR = LockOut(door="test", free=3, first_wait=60, longest_wait=200)


class Clock:
    def __init__(self) -> None:
        self.now = 1_900_000_000.0

    def time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(limits, "time", made)
    return made


@pytest.fixture(params=["valkey", "without valkey"])
def either_cache(request: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """With Valkey, and with a process that lost it."""
    if request.param == "without valkey":
        lose_valkey(monkeypatch)
    yield
    steady_cache.outage.end()


def lose_valkey(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise NoConnection("Connection refused.")

    monkeypatch.setattr(type(cache._cache), "get_client", refuse)  # type: ignore[attr-defined]
    cache.clear()


def wait_after(tries: int, clock: Clock) -> int:
    """Be wrong so often, waiting as long as is asked each time; return the wait that follows the last."""
    for _ in range(tries):
        try:
            DOOR.begin_try("somebody")
        except TooMany as refusal:
            clock.now += refusal.retry_after
            cache.delete(limits.key_of("test", "somebody", "closed"))  # Valkey's own clock does not know ours
            DOOR.begin_try("somebody")
    with pytest.raises(TooMany) as told:
        DOOR.begin_try("somebody")
    return told.value.retry_after


@pytest.mark.usefixtures("either_cache")
@pytest.mark.parametrize(("tries", "wait"), [(3, 60), (4, 120), (5, 200), (9, 200)])
def test_each_further_wrong_try_waits_twice_as_long_up_to_a_bound(clock: Clock, tries: int, wait: int) -> None:
    assert wait_after(tries, clock) == wait


@pytest.mark.usefixtures("either_cache")
def test_the_first_few_are_free_and_being_right_forgets_them() -> None:
    for _ in range(5):
        DOOR.begin_try("somebody")
        DOOR.begin_try("somebody")
        DOOR.forget("somebody")


@pytest.mark.usefixtures("either_cache")
def test_one_does_not_wait_for_another() -> None:
    for _ in range(3):
        DOOR.begin_try("somebody")

    DOOR.begin_try("another")


@pytest.mark.usefixtures("either_cache")
def test_a_try_that_is_taken_back_leaves_the_wrong_ones_counted() -> None:
    for _ in range(2):
        DOOR.begin_try("somebody")
    DOOR.begin_try("somebody")
    DOOR.take_back("somebody")

    DOOR.begin_try("somebody")
    with pytest.raises(TooMany):
        DOOR.begin_try("somebody")


@pytest.mark.usefixtures("either_cache")
def test_a_hundred_guesses_at_once_are_a_hundred_and_not_one() -> None:
    def guess(_: int) -> bool:
        try:
            DOOR.begin_try("somebody")
        except TooMany:
            return False
        return True

    with ThreadPoolExecutor(20) as guessers:
        let_through = sum(guessers.map(guess, range(100)))

    assert let_through == 3


@pytest.mark.usefixtures("either_cache")
def test_so_many_knocks_in_a_span_and_no_more(clock: Clock) -> None:
    for _ in range(4):
        limits.count("test", "1.2.3.4", at_most=4, seconds=60)

    with pytest.raises(TooMany) as told:
        limits.count("test", "1.2.3.4", at_most=4, seconds=60)
    assert told.value.retry_after == 60 - clock.now % 60
    limits.count("test", "5.6.7.8", at_most=4, seconds=60)
    clock.now += 60
    limits.count("test", "1.2.3.4", at_most=4, seconds=60)


def test_nobodys_address_is_kept() -> None:
    assert "rita" not in limits.key_of("test", "rita@clinic.example", "tries")


def test_a_cache_that_is_gone_is_not_asked_again_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def refuse(*_: Any, **__: Any) -> None:
        asked.append(1)
        raise NoConnection("Connection refused.")

    monkeypatch.setattr(type(cache._cache), "get_client", refuse)  # type: ignore[attr-defined]
    cache.set("a", 1)

    assert (cache.get("a"), len(asked)) == (1, 1)
    steady_cache.outage.end()
    assert (cache.get("a"), len(asked)) == (1, 2)
    steady_cache.outage.end()


def test_its_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    lose_valkey(monkeypatch)
    cache._memory._max_entries = 50  # type: ignore[attr-defined]

    for n in range(500):
        cache.set(f"key-{n}", n)

    assert len(cache._memory._cache) <= 51  # type: ignore[attr-defined]
    steady_cache.outage.end()


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(1, "1 second"), (59, "59 seconds"), (60, "1 minute"), (61, "2 minutes"), (3600, "60 minutes")],
)
def test_a_wait_is_told_in_words_and_never_too_short(seconds: int, words: str) -> None:
    assert in_words(seconds) == words
