"""dramatiq actors whose delivery the outbox vouches for."""

from __future__ import annotations

from collections.abc import Callable
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
            )


def actor(
    *, queue_name: str = "default", max_attempts: int = 8, own_transactions: bool = False, at_most_minutes: int = 10
) -> Callable[[Callable[..., None]], DurableActor]:
    """Make a function a job for `later()`.

    Its arguments are keyword-only ids, with a `**_` tail: publisher and consumer may be of different releases. One that
    takes more than a few minutes calls `relay.prolong_lease` now and then.
    """

    def declare(function: Callable[..., None]) -> DurableActor:
        made = dramatiq.actor(
            actor_class=DurableActor,
            actor_name=f"{function.__module__}.{function.__qualname__}",
            queue_name=queue_name,
            max_attempts=max_attempts,
            own_transactions=own_transactions,
            time_limit=at_most_minutes * 60_000,
        )(function)
        return cast("DurableActor", made)

    return declare
