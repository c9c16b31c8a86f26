"""Which hosts get a certificate: the proxy in front asks before it has one issued (Caddy's `on_demand_tls`)."""

from __future__ import annotations

from ipaddress import ip_address

from django.http import HttpResponse, HttpResponseNotFound
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from kernel import limits
from kernel.doors import open_door
from tenancy import catalog, use_platform
from tenancy.addresses import is_custom, name_in_host
from tenancy.middleware import HIDDEN_STATES
from tenancy.requests import Request
from tenants.domains.models import CustomDomain, DomainState

ASKED_A_MINUTE = 1200  # by all proxies together: each asks once for a host that it has no certificate of


@open_door("it tells our own proxy what anybody learns by visiting the host")
@require_GET
@never_cache
def may_have(request: Request) -> HttpResponse:
    """Answer 200 if `?domain=` is a host of ours, to who asks from beside us; to everybody else there is nothing."""
    if not _is_beside_us(request.ip):
        return _no()
    try:
        limits.count("certificate", "all proxies", at_most=ASKED_A_MINUTE, seconds=60)
    except limits.TooMany as error:
        return HttpResponse(status=error.status, headers={"Retry-After": str(error.retry_after)})
    return HttpResponse("Yes\n", content_type="text/plain") if deserves_one(request.GET.get("domain", "")) else _no()


def deserves_one(host: str) -> bool:
    """Test whether a host is the platform's, or a tenant's who is there. One that is closed says so by https, too.

    Made-up hosts are remembered (tenancy.catalog), so that a flood of them does not reach the database.
    """
    name = name_in_host(host.removesuffix("."))
    if name is None:
        return True
    tenant = catalog.find_by_name(name) if name and "\0" not in name else None
    if tenant is None or tenant.state in HIDDEN_STATES:
        return False
    return not is_custom(name) or _is_verified(name)


def _is_verified(name: str) -> bool:
    """Test whether the domain works: of one that fails, whoever has its DNS now would get the certificate."""
    with use_platform():
        return CustomDomain.objects.filter(name=name, state=DomainState.VERIFIED).exists()


def _is_beside_us(ip: str) -> bool:
    try:
        asking = ip_address(ip)
    except ValueError:
        return False
    return asking.is_loopback or asking.is_private


def _no() -> HttpResponse:
    return HttpResponseNotFound("Not found\n", content_type="text/plain")
