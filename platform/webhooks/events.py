"""What other systems tell us, told on to the tenant it concerns."""

from __future__ import annotations

from dataclasses import dataclass

from kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class StripeObjectChanged(Event):
    """Something at Stripe may have changed. A hint and no more: whoever hears it asks Stripe how the object stands.

    `type` is Stripe's name of the event, such as "checkout.session.completed".
    """

    type: str
    object_id: str
    event_id: str
