"""dramatiq actors whose delivery the outbox vouches for."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, cast
from uuid import UUID

import dramatiq
from dramatiq.middleware import CurrentMessage

from jobs.outbox import perform
from kernel.modules import may_run
from tenancy.places import coming_from


class DurableActor(dramatiq.Actor[Any, Any]):
    """Runs inside a transaction that also ticks its outbox row off. Called directly, it is the plain function."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        message = CurrentMessage.get_current_message()
        if message is None or "outbox_id" not in message.options:
            return super().__call__(*args, **kwargs)
        self.run_durably(UUID(message.options["outbox_id"]), kwargs)
        return None

    def run_durably(self, message_id: UUID, kwargs: dict[str, Any]) -> None:
        with coming_from(job=self.actor_name, job_id=str(message_id)):
            perform(
                message_id,
                lambda: self.fn(**kwargs) if may_run(self.actor_name) else None,
                name=self.actor_name,
                max_attempts=self.options["max_attempts"],
                own_transactions=self.options["own_transactions"],
                given_up=partial(self._give_up, kwargs) if self.options["given_up"] else None,
            )

    def _give_up(self, kwargs: dict[str, Any], problem: str) -> None:
        self.options["given_up"](problem=problem, **kwargs)


def actor(
    *,
    queue_name: str = "default",
    max_attempts: int = 8,
    own_transactions: bool = False,
    at_most_minutes: int = 10,
    given_up: Callable[..., None] | None = None,
) -> Callable[[Callable[..., None]], DurableActor]:
    """Make a function a job for `later()`.

    Its arguments are keyword-only ids, with a `**_` tail: publisher and consumer may be of different releases. One that
    takes more than a few minutes calls `relay.prolong_lease` now and then. `given_up` is told, with the same arguments
    and the kind of error as `problem`, when it failed for the last time: whoever waits for it learns that from there.
    """

    def declare(function: Callable[..., None]) -> DurableActor:
        made = dramatiq.actor(
            actor_class=DurableActor,
            actor_name=f"{function.__module__}.{function.__qualname__}",
            queue_name=queue_name,
            max_attempts=max_attempts,
            own_transactions=own_transactions,
            given_up=given_up,
            time_limit=at_most_minutes * 60_000,
        )(function)
        return cast("DurableActor", made)

    return declare
