"""The stand-in's one port: Stripe's API, the payer's pages, and the knobs of tests."""

from __future__ import annotations

import json
import secrets
import threading
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from infra.local.stripe_stand_in import api, page, sessions
from infra.local.stripe_stand_in.delivery import Courier
from infra.local.stripe_stand_in.errors import StripeError
from infra.local.stripe_stand_in.events import Desk
from infra.local.stripe_stand_in.store import Json, Store
from infra.local.stripe_stand_in.wire import decode

LARGEST_BODY = 1 << 20
HOST = "127.0.0.1"


class StandIn:
    """A running stand-in. `folder` keeps what it is told; events go to `webhooks`, signed with `secret`."""

    def __init__(self, *, folder: Path, port: int = 0, webhooks: str = "", secret: str = "") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.server = Server((HOST, port), Handler)
        self.url = f"http://{HOST}:{self.server.server_port}"
        self.desk = Desk(Store(folder / "stripe.sqlite3"), self.url, webhooks, secret)
        self.server.desk = self.desk
        self.courier = Courier(self.desk)

    def start(self) -> StandIn:
        threading.Thread(target=self.server.serve_forever, args=[0.05], daemon=True, name="stripe").start()
        self.courier.start()
        return self

    def stop(self) -> None:
        self.courier.stop()
        self.server.shutdown()
        self.server.server_close()
        self.desk.store.close()


class Server(ThreadingHTTPServer):
    daemon_threads = True
    desk: Desk


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 65536  # one packet per answer: else each waits 40 ms for the acknowledgement of its head
    timeout = 60

    def handle_any(self) -> None:
        parts = urlsplit(self.path)
        try:
            body = self._body()
            if parts.path.startswith("/v1/"):
                self._api(parts.path, body if self.command == "POST" else parts.query)
            elif parts.path.startswith("/_stand_in/"):
                self._knobs(parts.path, body)
            else:
                self._page(parts.path, parts.query, body)
        except StripeError as error:
            self._json(error.status, error.body)

    do_GET = do_POST = do_DELETE = handle_any  # noqa: N815 - http.server's names

    def _api(self, path: str, encoded: str) -> None:
        desk, headers = self.server.desk, self.headers
        call = api.Call(
            method=self.command,
            path=path,
            params=decode(encoded),
            account=headers.get("Stripe-Account", ""),
            idempotency_key=headers.get("Idempotency-Key", ""),
        )
        reply = api.answer(desk, call, headers.get("Authorization", "").removeprefix("Bearer "))
        if desk.knobs.use_up("lost_answers"):
            self.close_connection = True  # the work is done, and nobody hears of it
            return
        self._json(reply.status, reply.body, {"Idempotent-Replayed": "true"} if reply.is_replayed else {})

    def _page(self, path: str, query: str, body: str) -> None:
        match path.strip("/").split("/"):
            case ["c", "pay", session_id]:
                self._checkout(session_id, parse_qs(body).get("card", [""])[0])
            case ["setup", _]:
                self._redirect(parse_qs(query)["return_url"][0])
            case _:
                self._html(404, page.unknown_page())

    def _checkout(self, session_id: str, card: str) -> None:
        desk, refusal = self.server.desk, ""
        try:
            with desk.store.change():
                account, session = sessions.open_page(desk, session_id)
                if self.command == "POST":
                    session, refusal = sessions.pay_session(desk, session_id, card)
        except StripeError as error:
            self._html(error.status, page.unknown_page())
            return
        if self.command == "POST" and session["status"] == "complete":
            self._redirect(session["success_url"].replace("{CHECKOUT_SESSION_ID}", session["id"]))
        elif session["status"] == "open":
            self._html(200, page.checkout_page(session, self._merchant(account), refusal=refusal))
        else:
            self._html(200, page.closed_page(session, self._merchant(account)))

    def _merchant(self, account: str) -> str:
        try:
            profile = self.server.desk.store.get("", "account", account)["business_profile"]
        except StripeError:
            profile = {}
        return str(profile.get("name") or "the merchant")

    def _knobs(self, path: str, body: str) -> None:
        desk = self.server.desk
        wanted: dict[str, Any] = json.loads(body or "{}")
        match self.command, path:
            case "GET", "/_stand_in/knobs":
                self._json(200, asdict(desk.knobs))
            case "POST", "/_stand_in/knobs":
                try:
                    self._json(200, desk.knobs.set(wanted))
                except ValueError as error:
                    self._json(400, {"error": str(error)})
            case "POST", "/_stand_in/redeliver":
                with desk.store.change():
                    _, event = desk.store.find("event", str(wanted.get("event", "")))
                    desk.deliver(event, times=int(wanted.get("times", 1)))
                self._json(200, {"event": event["id"]})
            case _:
                self._json(404, {"error": "There is no such knob."})

    def _body(self) -> str:
        length = int(self.headers.get("Content-Length") or 0)
        if length > LARGEST_BODY:
            raise StripeError(413, "invalid_request_error", "The request is too large.")
        return self.rfile.read(length).decode()

    def _json(self, status: int, body: Json, headers: dict[str, str] | None = None) -> None:
        told = {"Content-Type": "application/json", "Request-Id": f"req_{secrets.token_hex(6)}"} | (headers or {})
        self._send(status, json.dumps(body).encode(), told)

    def _html(self, status: int, html: str) -> None:
        policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"
        told = {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": policy}
        self._send(status, html.encode(), told)

    def _redirect(self, address: str) -> None:
        self._send(303, b"", {"Location": address})

    def _send(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - http.server's name
        """Say nothing: what was asked is in the store."""
