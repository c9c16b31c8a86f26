"""What happened, told to whoever listens."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field

from infra.local.stripe_stand_in.knobs import Knobs
from infra.local.stripe_stand_in.store import Json, Store

API_VERSION = "2026-10-28.endive"


@dataclass
class Desk:
    """What every part of the stand-in works with."""

    store: Store
    base: str  # where the stand-in itself is found
    webhooks: str = ""  # where events of every account go
    secret: str = ""
    knobs: Knobs = field(default_factory=Knobs)

    def emit(self, account: str, event_type: str, about: Json) -> Json:
        """Keep an event, and one delivery of it for each listener. Call inside the change that it tells of."""
        event = self.store.make(
            account,
            "evt",
            "event",
            type=event_type,
            api_version=API_VERSION,
            pending_webhooks=1,
            request={"id": None, "idempotency_key": None},
            data={"object": json.loads(json.dumps(self.shown(about)))},
            **({"account": account} if account else {}),
        )
        if not self.knobs.drops(event_type):
            self.deliver(event, times=self.knobs.deliveries)
        return event

    def deliver(self, event: Json, *, times: int = 1) -> None:
        """Have an event brought to its listeners, so many times."""
        due = time.time() + self.knobs.delay
        rows = [(event["id"], url, secret, due) for url, secret in self._listeners(event) for _ in range(times)]
        with self.store.lock:
            insert = "INSERT INTO deliveries (event_id, url, secret, due) VALUES (?, ?, ?, ?)"
            self.store.database.executemany(insert, rows)

    def _listeners(self, event: Json) -> list[tuple[str, str]]:
        """Return address and secret of our own endpoint, and of those that were made over the API."""
        listeners = [(self.webhooks, self.secret)] if self.webhooks else []
        for endpoint in self.store.all("", "webhook_endpoint"):
            wanted = endpoint["enabled_events"]
            is_for_accounts = bool(endpoint["_connect"])
            if is_for_accounts == ("account" in event) and ("*" in wanted or event["type"] in wanted):
                listeners.append((endpoint["url"], endpoint["_secret"]))
        return listeners

    def shown(self, thing: Json) -> Json:
        """Return an object as it goes over the wire: without what is ours, with the address of its page."""
        seen = {name: value for name, value in thing.items() if not name.startswith("_")}
        if thing.get("object") == "checkout.session":
            seen["url"] = f"{self.base}/c/pay/{thing['id']}" if thing["status"] == "open" else None
        return seen
