"""What the worker does around every job."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from dramatiq import Broker, Middleware, Worker
from dramatiq.broker import MessageProxy
from dramatiq.middleware import MiddlewareError

from jobs.outbox import release
from monitoring import metrics
from monitoring.occasions import Work, during
from monitoring.queries import counted
from tenancy import catalog, use_cell
from tenancy.places import PLATFORM, this_connection

BEAT_SECONDS = 5


class TenantAway(MiddlewareError):
    """The job's tenant is suspended or gone. The job stays in the outbox."""


class RoomMiddleware(Middleware):
    """Runs each job in its tenant's room.

    The error it raises has to be a MiddlewareError: dramatiq logs any other and runs the job anyway, in whatever
    room was used last.
    """

    @property
    def actor_options(self) -> set[str]:
        return {"max_attempts", "own_transactions", "given_up"}

    def before_process_message(self, broker: Broker, message: MessageProxy) -> None:
        this_connection().set_tenant(PLATFORM)
        tenant_id = message.options.get("tenant_id")
        if tenant_id is None:
            return
        tenant = catalog.find_by_id(UUID(tenant_id))
        if tenant is None or not tenant.is_open:
            with use_cell():
                release(UUID(message.options["outbox_id"]))
            raise TenantAway(tenant_id)
        this_connection().set_tenant(tenant)

    def after_process_message(
        self, broker: Broker, message: MessageProxy, *, result: Any = None, exception: BaseException | None = None
    ) -> None:
        this_connection().set_tenant(PLATFORM)
        connection.close()  # back to the pool

    def after_skip_message(self, broker: Broker, message: MessageProxy) -> None:
        self.after_process_message(broker, message)


class WatchMiddleware(Middleware):
    """Has logs and slow queries name the job, and tells Prometheus how many there were."""

    def after_worker_boot(self, broker: Broker, worker: Worker) -> None:
        metrics.serve(settings.METRICS_LISTEN)

    def before_process_message(self, broker: Broker, message: MessageProxy) -> None:
        work = Work(message.options.get("outbox_id", message.message_id), message.actor_name)
        watching = ExitStack()
        watching.enter_context(during(work))
        watching.enter_context(counted(work))
        _watching.stack, _watching.began = watching, time.perf_counter()

    def after_process_message(
        self, broker: Broker, message: MessageProxy, *, result: Any = None, exception: BaseException | None = None
    ) -> None:
        metrics.JOB_SECONDS.labels(message.actor_name).observe(time.perf_counter() - _watching.began)
        _watching.stack.close()


_watching = threading.local()


class HeartbeatMiddleware(Middleware):
    """Lets /healthz see that a worker lives."""

    def after_worker_boot(self, broker: Broker, worker: Worker) -> None:
        threading.Thread(target=beat_forever, args=["worker"], daemon=True).start()


def beat_forever(name: str) -> None:
    while True:
        beat(name)
        time.sleep(BEAT_SECONDS)


def beat(name: str) -> None:
    cache.set(f"jobs:heartbeat:{name}", time.time(), timeout=BEAT_SECONDS * 6)


def is_beating(name: str) -> bool:
    """Test whether a process of this kind ("worker", "clock") gave a sign of life within the last half minute."""
    return cache.get(f"jobs:heartbeat:{name}") is not None
