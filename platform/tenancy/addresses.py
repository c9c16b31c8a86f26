"""Absolute addresses: of the platform's own host, and of a tenant's."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings

from tenancy.places import TenantRef


def platform_url(path: str = "/") -> str:
    """Return the address of `path` on the platform's own host."""
    return f"{settings.PLATFORM_URL}{path}"


def tenant_url(tenant: TenantRef, path: str = "/") -> str:
    """Return the address of `path` on the tenant's host."""
    return f"{urlsplit(settings.PLATFORM_URL).scheme}://{tenant_host(tenant.subdomain)}{path}"


def tenant_host(subdomain: str) -> str:
    """Return a tenant's host as people write it, with the port where ours has one."""
    base = urlsplit(settings.PLATFORM_URL)
    port = f":{base.port}" if base.port else ""
    return f"{subdomain}.{base.hostname}{port}"


def name_in_host(host: str) -> str | None:
    """Return what the catalogue knows a host by: the subdomain of ours, or the whole of a custom domain.

    `host` has no port. None means the platform's own host.
    """
    host = host.lower().rstrip(".")
    if host == settings.PLATFORM_HOST:
        return None
    label, dot, rest = host.partition(".")
    return label if dot and rest == settings.PLATFORM_HOST else host
