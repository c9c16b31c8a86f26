"""From the Host header to the room the view runs in."""

from __future__ import annotations

import json
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpResponse, HttpResponseNotFound
from django.http.request import split_domain_port

from kernel import limits
from kernel.ids import new_id
from tenancy import addresses, catalog, leading
from tenancy.places import this_connection, use
from tenancy.requests import Request

Next = Callable[[Request], HttpResponse]


class OriginMiddleware:
    """Gives each request an id and tells the database where it came from, for the audit log."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponse:
        request.id = str(new_id())
        request.ip = client_ip(request)
        agent = request.headers.get("User-Agent", "")[:200]
        this_connection().set_origin(json.dumps({"request_id": request.id, "ip": request.ip, "user_agent": agent}))
        try:
            response = self.get_response(request)
        finally:
            this_connection().set_origin("")
        response["X-Request-Id"] = request.id
        return response


def client_ip(request: Request) -> str:
    """Return the address of the client, believing only as many proxies as the deployment says it has."""
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
    behind = settings.TRUSTED_PROXIES
    if behind and len(hops) >= behind:
        return hops[-behind]
    return str(request.META.get("REMOTE_ADDR", ""))


class HostMiddleware:
    """Finds whose host was asked, answers for hosts that nobody has, and leads on from a tenant's other names.

    An unknown host gets the same plain 404 whatever its name, so that names cannot be listed by trying them.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponse:
        name = asked_name(request)
        if name is None:
            request.tenant = None  # type: ignore[assignment]  # only the platform's views run then
            request.urlconf = settings.PLATFORM_URLCONF
            return self.get_response(request)
        tenant = catalog.find_by_name(name) if name else None
        if tenant is None or tenant.state in HIDDEN_STATES:
            return _nobodys(request)
        request.tenant, request.asked_name = tenant, name
        if leading.leads_on(request):
            return leading.lead_on(request)
        response = self.get_response(request)
        if addresses.is_custom(name) and HSTS in response:
            response[HSTS] = f"max-age={A_MONTH}"
        return response


HSTS = "Strict-Transport-Security"
# What lies beside and below a customer's domain is theirs, and need not speak https. Nor is the domain ours for ever.
A_MONTH = 30 * 24 * 60 * 60


def asked_name(request: Request) -> str | None:
    """Return what `addresses.name_in_host` makes of the Host header; "" if that header is none at all."""
    try:
        host, _ = split_domain_port(request.get_host())
    except DisallowedHost:
        return ""
    return addresses.name_in_host(host)


def _nobodys(request: Request) -> HttpResponse:
    try:
        limits.count("unknown-host", request.ip, at_most=UNKNOWN_HOSTS_A_MINUTE, seconds=60)
    except limits.TooMany as error:
        answer = HttpResponse("Too many requests\n", status=error.status, content_type="text/plain")
        answer["Retry-After"] = str(error.retry_after)
        return answer
    return HttpResponseNotFound("Not found\n", content_type="text/plain")


UNKNOWN_HOSTS_A_MINUTE = 300
HIDDEN_STATES = {"pending", "opening", "importing", "erasing"}  # not a tenant yet, or no longer


class RoomMiddleware:
    """Runs everything further in, the view above all, in the tenant's room.

    What lies further out (session, sign-in) reads the platform's tables, so no transaction ever mixes the two.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponse:
        tenant = request.tenant
        if tenant is None:
            return self.get_response(request)
        with use(tenant):
            return self.get_response(request)
