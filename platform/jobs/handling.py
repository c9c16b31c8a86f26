"""Events travel as jobs, one per handler: each has its own transaction, receipt and retries."""

from __future__ import annotations

from typing import Any

from django.utils.module_loading import import_string

from jobs.actors import actor
from jobs.outbox import later
from kernel import events
from kernel.events import Event, Subscription
from kernel.modules import is_enabled
from tenancy import TenantRef


def put_in_outbox(event: Event, subscription: Subscription, tenant: TenantRef | None) -> None:
    later(
        handle,
        tenant=tenant,
        event=events.event_name(type(event)),
        payload=events.to_plain(event),
        handler=subscription.handler,
        module=subscription.module,
    )


@actor()
def handle(*, event: str, payload: dict[str, Any], handler: str, module: str, **_: Any) -> None:
    if is_enabled(module):
        import_string(handler)(events.from_plain(event, payload))
