"""Name servers of a test's own: a file of records, as in a demo."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tenancy import TenantRef, catalog, use_platform
from tenants.domains import services
from tenants.domains.checking import check_domain
from tenants.domains.models import CustomDomain

NAME = "praxis.test"


class Zone:
    """The records that there are below `.test`. Each call replaces all of them."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def holds(self, *records: str) -> None:
        self.file.write_text("\n".join(records))

    def proves(self, *domains: CustomDomain) -> None:
        """Have the first lead here, and all of them name their workspace."""
        proofs = [f"{domain.challenge} TXT {domain.token}" for domain in domains]
        self.holds(f"{domains[0].name} CNAME localhost", *proofs)


@pytest.fixture
def zone(settings: Any, tmp_path: Path) -> Zone:
    settings.DNS_FILE = str(tmp_path / "dns.txt")
    return Zone(tmp_path / "dns.txt")


@pytest.fixture
def add(zone: Zone, ana: Any, now: datetime) -> Callable[..., CustomDomain]:
    def add(tenant: TenantRef, name: str = NAME, *, at: datetime = now) -> CustomDomain:
        return services.add_domain(tenant=tenant, typed=name, by=ana, at=at)

    return add


@pytest.fixture
def check(now: datetime) -> Callable[..., CustomDomain]:
    """Ask the name servers at a moment; return the domain as it is then. A test never commits, so forget by hand."""

    def check(domain: CustomDomain, at: datetime = now) -> CustomDomain:
        check_domain(domain_id=domain.pk, at=at)
        catalog.forget()
        with use_platform():
            return CustomDomain.objects.get(pk=domain.pk)

    return check


@pytest.fixture
def proved(clinic: TenantRef, zone: Zone, add: Any, check: Any) -> CustomDomain:
    """The clinic's domain, as it works."""
    domain = add(clinic)
    zone.proves(domain)
    checked: CustomDomain = check(domain)
    return checked
