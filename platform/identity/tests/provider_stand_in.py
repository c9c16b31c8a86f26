"""A stand-in for an OpenID Connect provider, over HTTP: discovery, authorization with PKCE, token, userinfo."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt

CLIENT_ID, CLIENT_SECRET = "atrium", "a-secret-between-the-two"


class Provider(HTTPServer):
    """Signs `person`, a dict of claims, in at once. `is_down` has it answer nothing but 503."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.person: dict[str, Any] = {}
        self.is_down = False
        self.codes: dict[str, dict[str, str]] = {}
        self.access: dict[str, dict[str, Any]] = {}

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def approve(self, address: str) -> str:
        """Return where the browser is sent to by somebody who says yes at the authorization endpoint."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert (asked["client_id"], asked["response_type"], "openid" in asked["scope"]) == (CLIENT_ID, "code", True)
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def tokens(self, form: dict[str, str]) -> dict[str, Any] | None:
        """Return tokens for a code, once, to who knows the client's secret and began the sign-in."""
        asked = self.codes.pop(form.get("code", ""), None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        is_known = (form.get("client_id"), form.get("client_secret")) == (CLIENT_ID, CLIENT_SECRET)
        if asked is None or not is_known or asked["code_challenge"] != challenge.decode().rstrip("="):
            return None
        access = secrets.token_urlsafe(16)
        self.access[access] = self.person
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 300} | self.person
        id_token = jwt.encode(claims, "k" * 32, algorithm="HS256")
        return {"access_token": access, "token_type": "Bearer", "expires_in": 300, "id_token": id_token}


class Handler(BaseHTTPRequestHandler):
    server: Provider

    def do_GET(self) -> None:
        issuer = self.server.issuer
        if self.server.is_down:
            return self._say(503, {})
        if self.path == "/.well-known/openid-configuration":
            ends = {"authorization": "authorize", "token": "token", "userinfo": "userinfo"}
            found = {f"{name}_endpoint": f"{issuer}/{path}" for name, path in ends.items()}
            methods = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
            return self._say(200, {"issuer": issuer, "jwks_uri": f"{issuer}/keys"} | found | methods)
        if self.path == "/userinfo":
            person = self.server.access.get(self.headers.get("Authorization", "").removeprefix("Bearer "))
            return self._say(200 if person else 401, person or {})
        return self._say(404, {})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        given = self.server.tokens({name: values[0] for name, values in parse_qs(body).items()})
        self._say(200 if given else 400, given or {"error": "invalid_grant"})

    def _say(self, status: int, what: dict[str, Any]) -> None:
        body = json.dumps(what).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def running() -> Iterator[Provider]:
    with Provider() as stand_in:
        thread = threading.Thread(target=stand_in.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield stand_in
        finally:
            stand_in.shutdown()
            thread.join()
