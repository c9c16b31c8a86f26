"""The one process that hands out jobs and watches the clock. Several may run; they share the work."""

from __future__ import annotations

import logging
import signal
import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connection

from jobs import relay, schedules
from jobs.middleware import beat
from monitoring import metrics
from tenancy import poolers

logger = logging.getLogger(__name__)

TICK_SECONDS = 5
ENROL_SECONDS = 60


class Command(BaseCommand):
    help = "Hand waiting jobs to the workers, and put regular ones into the outbox when they are due."

    def handle(self, **options: Any) -> None:
        self.going = True
        poolers.check_at_boot()
        metrics.serve(settings.METRICS_LISTEN)
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        turns = {self._enrol: ENROL_SECONDS, self._tick: TICK_SECONDS}
        due = dict.fromkeys(turns, 0.0)
        while self.going:
            for turn, pause in turns.items():
                if due[turn] <= time.monotonic():
                    self._try(turn)
                    due[turn] = time.monotonic() + pause
            self._try(self._relay)

    def _stop(self, *_: object) -> None:
        self.going = False

    def _try(self, turn: Any) -> None:
        """Keep going through a database or broker that is away for a while."""
        try:
            turn()
        except Exception:
            logger.exception("The clock missed a turn.")
            connection.close()
            time.sleep(1)

    def _enrol(self) -> None:
        schedules.enrol()

    def _tick(self) -> None:
        beat("clock")
        schedules.tick()

    def _relay(self) -> None:
        if relay.relay() < relay.BATCH:
            relay.wait_for_poke()
