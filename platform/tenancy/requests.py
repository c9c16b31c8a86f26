"""What our middleware adds to a request. For annotations: Django makes the objects."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from tenancy.places import TenantRef


class Request(HttpRequest):
    """`tenant` is None on the platform's own host, where only the platform's views run."""

    id: str
    ip: str
    tenant: TenantRef
    asked_name: str  # under which of its names the tenant was asked
    user: Any  # identity.User or AnonymousUser
    by_token: bool  # a bearer token was sent, so no forged form can be behind it
    token: Any  # identity.tokens.Access, if a good one was sent
    auth_error: Exception | None
    htmx: Any
    elsewhere: Any  # the other workspaces of who opens a whole page of a tenant (tenants.switching)
    urlconf: str | None
    LANGUAGE_CODE: str
