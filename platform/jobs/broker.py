"""The dramatiq broker. It retries nothing and delays nothing: the outbox does both, and does not forget."""

from __future__ import annotations

import dramatiq
from django.conf import settings
from dramatiq.brokers.redis import RedisBroker
from dramatiq.brokers.stub import StubBroker
from dramatiq.middleware import CurrentMessage, ShutdownNotifications, TimeLimit

from jobs.middleware import HeartbeatMiddleware, RoomMiddleware, WatchMiddleware


def set_broker() -> None:
    """Make the broker that actors are declared on. Call before any of them is imported."""
    middleware: list[dramatiq.Middleware] = [
        TimeLimit(),
        ShutdownNotifications(notify_shutdown=True),
        CurrentMessage(),
        RoomMiddleware(),
        WatchMiddleware(),
        HeartbeatMiddleware(),
    ]
    if settings.REDIS_URL:
        # Housekeeping happens by chance, per command. Raised, so that on a quiet day a dead worker's jobs return soon.
        dramatiq.set_broker(RedisBroker(url=settings.REDIS_URL, middleware=middleware, maintenance_chance=20_000))
    else:
        dramatiq.set_broker(StubBroker(middleware=middleware))
