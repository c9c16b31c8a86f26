"""Promises about domains at the same moment, with real threads and commits."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest
from django.db import connection

from identity.models import User
from tenancy import TenantRef, use_platform
from tenants.domains import services
from tenants.domains.checking import check_domain
from tenants.domains.models import CustomDomain, DomainState
from tenants.domains.tests.conftest import NAME, Zone
from tenants.models import Domain
from tests.cast import tenant_called
from tests.test_concurrency import all_at_once

pytestmark = pytest.mark.usefixtures("own_database")
NOW = datetime(2031, 3, 3, 10, 0, tzinfo=UTC)


def add(tenant: TenantRef) -> CustomDomain:
    with use_platform():
        somebody = User.objects.get(email="ana@clinic.example")
    return services.add_domain(tenant=tenant, typed=NAME, by=somebody, at=NOW)


def test_of_three_who_prove_one_domain_at_once_exactly_one_has_it(zone: Zone) -> None:
    domains = [add(tenant_called(name)) for name in ("clinic", "other", "shop")]
    zone.proves(*domains)

    all_at_once([lambda domain=domain: check_domain(domain_id=domain.pk, at=NOW) for domain in domains])

    with use_platform():
        states = Counter(CustomDomain.objects.values_list("state", "problem"))
        assert states == {(DomainState.VERIFIED, ""): 1, (DomainState.PENDING, "held"): 2}
        assert Domain.objects.get(domain=NAME).tenant_id == CustomDomain.objects.proved().get().tenant_id


def test_one_that_is_added_four_times_at_once_is_there_once(zone: Zone) -> None:
    clinic = tenant_called("clinic")

    added = all_at_once([lambda: add(clinic).pk] * 4)

    assert len(set(added)) == 1


def test_a_domain_that_is_chosen_and_lost_at_once_leaves_the_tenant_one_address(zone: Zone) -> None:
    clinic = tenant_called("clinic")
    domain = add(clinic)
    zone.proves(domain)
    check_domain(domain_id=domain.pk, at=NOW)
    zone.holds()

    def choose() -> None:
        try:
            services.choose_address(tenant=clinic, name=NAME, by=None)
        except services.NotProved:
            return
        finally:
            connection.close()

    all_at_once([choose, lambda: check_domain(domain_id=domain.pk, at=NOW)])

    with use_platform():
        assert CustomDomain.objects.get().state == DomainState.FAILING
        assert Domain.objects.get(tenant_id=clinic.id, is_primary=True).domain == "clinic"
    assert tenant_called("clinic").primary_name == "clinic"
