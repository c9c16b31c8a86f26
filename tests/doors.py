"""Knock at the doors of a tenant: its API with a token, its pages with a session."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.test import Client
from django.utils import timezone

from identity import tokens
from identity.models import User
from identity.proofs import PROVED_AT
from identity.sessions import SessionStore
from tenancy import TenantRef, use_platform
from tests.trail import check_request, watched

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def host_of(tenant: TenantRef) -> str:
    return f"{tenant.subdomain}.{settings.PLATFORM_HOST}"


class Browser(Client):
    """A client whose every request is held against the audit log."""

    def request(self, **request: Any) -> Any:
        with watched() as watch:
            response = super().request(**request)
        check_request(watch, request, response)
        return response


class Api:
    """A program that speaks JSON to one tenant, for one person. Methods return Django's response."""

    def __init__(self, tenant: TenantRef, user: User | None) -> None:
        headers = {"host": host_of(tenant)}
        if user is not None:
            pair = tokens.issue_tokens(user=user, tenant_id=tenant.id, at=timezone.now())
            headers["authorization"] = f"Bearer {pair.access}"
        self.client = Browser(headers=headers)

    def get(self, path: str, query: dict[str, Any] | None = None) -> Any:
        return self.client.get(path, query)

    def post(self, path: str, body: Any = None, key: str | None = None) -> Any:
        return self._send("post", path, body, **{"idempotency-key": key} if key else {})

    def patch(self, path: str, body: Any = None, **headers: str) -> Any:
        return self._send("patch", path, body, **headers)

    def put(self, path: str, body: Any = None) -> Any:
        return self._send("put", path, body)

    def upload(self, path: str, fields: dict[str, Any], key: str | None = None) -> Any:
        """POST a form with files in it."""
        return self.client.post(path, fields, headers={"idempotency-key": key} if key else {})

    def _send(self, method: str, path: str, body: Any, **headers: str) -> Any:
        content = json.dumps(body if body is not None else {}, default=str)
        return getattr(self.client, method)(path, content, content_type="application/json", headers=headers)


class Pages:
    """A browser without JavaScript at one tenant, signed in as one person."""

    def __init__(self, tenant: TenantRef, user: User | None) -> None:
        self.client = Browser(headers={"host": host_of(tenant)})
        if user is not None:
            self.client.cookies[settings.SESSION_COOKIE_NAME] = session_key(user, tenant)

    def get(self, path: str, query: dict[str, Any] | None = None, **headers: str) -> Any:
        return self.client.get(path, query, headers=headers)

    def post(self, path: str, fields: dict[str, Any] | None = None, **headers: str) -> Any:
        return self.client.post(path, fields or {}, headers=headers)


def session_key(user: User, tenant: TenantRef | None, *, proved_at: datetime | None = None) -> str:
    """Return the key of a new session of `user` on the tenant's host, or on the platform's.

    They proved who they are at `proved_at`, which is now if nothing else is said.
    """
    moment = (proved_at or timezone.now()).timestamp()
    store = SessionStore(tenant_id=tenant.id if tenant else None)
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = BACKEND
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store[PROVED_AT] = moment
    store["account_authentication_methods"] = [{"method": "password", "at": moment}]
    store["account_authentication_methods_user"] = str(user.pk)
    with use_platform():
        store.save()
    return str(store.session_key)
