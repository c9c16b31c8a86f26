"""Facts that modules tell each other about, after they are committed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple, TypeVar

from pydantic import TypeAdapter


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened. Named in the past tense; carries ids and plain values, never personal data."""


E = TypeVar("E", bound=Event)
Handler = Callable[[Any], None]
Carrier = Callable[[Event, "Subscription", Any], None]


class Subscription(NamedTuple):
    """`handler` is the dotted path that will hear of the event while `module` is switched on."""

    module: str
    handler: str


_subscriptions: dict[type[Event], list[Subscription]] = defaultdict(list)
_types: dict[str, type[Event]] = {}
_carriers: list[Carrier] = []


def subscribe(event_type: type[E], handler: str, *, module: str) -> None:
    """Have the function at the dotted path `handler` called after each event of this type."""
    _types[event_name(event_type)] = event_type
    _subscriptions[event_type].append(Subscription(module, handler))


def carry_by(carrier: Carrier) -> None:
    """Name who brings events to their handlers: the outbox, which keeps them in the publisher's transaction."""
    _carriers[:] = [carrier]


def publish(event: Event, *, tenant: Any = None) -> None:
    """Tell the subscribers of the tenant in use, or of `tenant` from the platform's own pages.

    Call inside the transaction that makes the event true. Each handler hears of it at least once, after commit, in a
    job of its own; a rollback takes the news back.
    """
    (carrier,) = _carriers
    for subscription in _subscriptions[type(event)]:
        carrier(event, subscription, tenant)


def event_name(event_type: type[Event]) -> str:
    return f"{event_type.__module__}.{event_type.__qualname__}"


def to_plain(event: Event) -> dict[str, Any]:
    """Return the event as JSON values."""
    plain: dict[str, Any] = _adapter(event_name(type(event))).dump_python(event, mode="json")
    return plain


def from_plain(name: str, plain: dict[str, Any]) -> Event:
    """Rebuild an event. Fields that a newer release added and this one does not know are left out."""
    event_type = _types[name]
    known = {field: value for field, value in plain.items() if field in event_type.__dataclass_fields__}
    event: Event = _adapter(name).validate_python(known)
    return event


@cache
def _adapter(name: str) -> TypeAdapter[Any]:
    """Making one takes longer than the insert that carries the event."""
    return TypeAdapter(_types[name])
