"""Absolute addresses: of the platform's own host, and of a tenant's.

A *name* is what the catalogue knows a host by: a label without a dot for a subdomain of ours, else a custom domain.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings

from tenancy.places import TenantRef

LONGEST_NAME = 253  # RFC 1035 §2.3.4, without the root's dot


def platform_url(path: str = "/") -> str:
    """Return the address of `path` on the platform's own host."""
    return f"{settings.PLATFORM_URL}{path}"


def tenant_url(tenant: TenantRef, path: str = "/") -> str:
    """Return the address of `path` on the host that the tenant chose to be known by."""
    return url_at(tenant.primary_name, path)


def url_at(name: str, path: str = "/") -> str:
    """Return the address of `path` on the host of this name."""
    return f"{urlsplit(settings.PLATFORM_URL).scheme}://{tenant_host(name)}{path}"


def tenant_host(name: str) -> str:
    """Return the host of this name as people write it, with the port where ours has one."""
    base = urlsplit(settings.PLATFORM_URL)
    port = f":{base.port}" if base.port else ""
    return f"{name}{port}" if is_custom(name) else f"{name}.{base.hostname}{port}"


def is_custom(name: str) -> bool:
    """Test whether this is a domain of the tenant's own, and no subdomain of ours."""
    return "." in name


def name_in_host(host: str) -> str | None:
    """Return what the catalogue may know a host by, or "" if no tenant can have it; None for the platform's own host.

    `host` has no port and no dot at its end.
    """
    host = host.lower()
    if host == settings.PLATFORM_HOST:
        return None
    label, dot, rest = host.partition(".")
    if dot and rest == settings.PLATFORM_HOST:
        return label
    return host if is_custom(host) and len(host) <= LONGEST_NAME else ""
