"""A stand-in of the test's own, a listener for its events, and the official SDK to drive it with."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import stripe

from infra.local.stripe_stand_in.server import StandIn

SECRET = "whsec_test"


class Listener:
    """A web server that takes events, or refuses the first few."""

    def __init__(self) -> None:
        self.heard: list[tuple[bytes, str, float]] = []
        self.refusals = 0
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                listener.heard.append((body, self.headers["Stripe-Signature"], time.monotonic()))
                refused, listener.refusals = listener.refusals > 0, max(listener.refusals - 1, 0)
                self.send_response(500 if refused else 200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/webhooks/"
        threading.Thread(target=self.server.serve_forever, args=[0.02], daemon=True).start()

    def events(self, secret: str = SECRET) -> list[Any]:
        """Return what was heard, each checked by the official SDK's own signature check."""
        return [stripe.Webhook.construct_event(body, header, secret) for body, header, _ in list(self.heard)]

    def wait_for(self, event_type: str, times: int = 1) -> list[Any]:
        return eventually(lambda: found if len(found := self._of(event_type)) >= times else None)

    def _of(self, event_type: str) -> list[Any]:
        return [event for event in self.events() if event.type == event_type]

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def eventually(find: Callable[[], Any], seconds: float = 10) -> Any:
    """Return what `find` finds, as soon as it finds something."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := find():
            return found
        time.sleep(0.02)
    raise AssertionError("it did not happen")


@pytest.fixture
def listener() -> Iterator[Listener]:
    running = Listener()
    yield running
    running.stop()


@pytest.fixture
def stand_in(tmp_path: Path, listener: Listener) -> Iterator[StandIn]:
    running = StandIn(folder=tmp_path, webhooks=listener.url, secret=SECRET).start()
    yield running
    running.stop()


def client_of(stand_in: StandIn, key: str = "sk_test_x", retries: int = 0) -> stripe.StripeClient:
    return stripe.StripeClient(
        key,
        base_addresses={"api": stand_in.url},
        max_network_retries=retries,
        http_client=stripe.RequestsClient(timeout=5),
    )


@pytest.fixture
def client(stand_in: StandIn) -> stripe.StripeClient:
    return client_of(stand_in)


@pytest.fixture
def account(client: stripe.StripeClient) -> str:
    made = client.v1.accounts.create({"business_profile": {"name": "Northside Physio"}, "country": "GB"})
    return str(made.id)


@pytest.fixture
def session(client: stripe.StripeClient, account: str) -> Any:
    return open_session(client, account)


def open_session(client: stripe.StripeClient, account: str, *, amount: int = 5800, key: str | None = None) -> Any:
    options: dict[str, Any] = {"stripe_account": account} | ({"idempotency_key": key} if key else {})
    return client.v1.checkout.sessions.create(
        {
            "mode": "payment",
            "line_items": [
                {
                    "quantity": 1,
                    "price_data": {
                        "currency": "gbp",
                        "unit_amount": amount,
                        "product_data": {"name": "Invoice 2026-0041"},
                    },
                }
            ],
            "client_reference_id": "ours",
            "metadata": {"invoice": "41"},
            "success_url": "http://physio.localhost/pay/t/?done=1&session={CHECKOUT_SESSION_ID}",
            "cancel_url": "http://physio.localhost/pay/t/",
        },
        options,
    )
