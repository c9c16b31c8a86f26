"""Which hosts get a certificate."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tenancy import TenantRef, catalog, use_platform
from tenants.domains import certificates, services
from tenants.domains.models import CustomDomain
from tenants.domains.tests.conftest import NAME, Zone
from tenants.models import Tenant, TenantState

ASK = "/internal/certificates/"
NO = (404, b"Not found\n")


def ask(host: str, *, ip: str = "127.0.0.1", **headers: str) -> tuple[int, bytes]:
    client = Client(headers={"host": "localhost", **headers}, REMOTE_ADDR=ip)
    answer = client.get(ASK, {"domain": host})
    return answer.status_code, answer.content


@pytest.mark.parametrize("host", ["localhost", "clinic.localhost", "CLINIC.localhost", "clinic.localhost.", NAME])
def test_our_hosts_and_domains_that_work_get_one(proved: CustomDomain, host: str) -> None:
    assert ask(host)[0] == 200


@pytest.mark.parametrize(
    "host",
    ["", "nobody.localhost", "a.clinic.localhost", "evil.example", "clinic", "praxis.test.evil.example", "127.0.0.1",
     "*.localhost", "x" * 5000, "praxis.test\0", "\0.localhost", "praxis.test/x", "prаxis.test"],
)  # fmt: skip
def test_nobody_elses_does(proved: CustomDomain, host: str) -> None:
    assert ask(host) == NO


def test_a_domain_gets_none_before_it_is_proved_nor_while_it_fails_nor_after_it_is_gone(
    clinic: TenantRef, add: Any, check: Any, zone: Zone, now: Any
) -> None:
    domain, told = add(clinic), []
    for records in ([], None, []):
        zone.proves(domain) if records is None else zone.holds(*records)
        check(domain)
        told.append(ask(NAME)[0])
    services.remove_domain(tenant=clinic, domain_id=domain.pk, by=None, at=now)
    catalog.forget()

    assert [*told, ask(NAME)[0]] == [404, 200, 404, 404]


@pytest.mark.parametrize(
    ("state", "status"),
    [
        (TenantState.PENDING, 404),
        (TenantState.OPENING, 404),
        (TenantState.ERASING, 404),
        (TenantState.SUSPENDED, 200),
        (TenantState.DELETING, 200),
    ],
)
def test_a_tenant_that_is_closed_says_so_by_https_and_one_that_is_not_there_says_nothing(
    clinic: TenantRef, proved: CustomDomain, state: str, status: int
) -> None:
    with use_platform():
        Tenant.objects.filter(pk=clinic.id).update(state=state)
    catalog.forget()

    assert {ask("clinic.localhost")[0], ask(NAME)[0]} == {status}


def test_an_earlier_name_gets_one_to_lead_on_with(clinic: TenantRef, ana: Any, now: Any) -> None:
    from tenants.addresses import change_subdomain

    change_subdomain(tenant=clinic, name="harbour", by=ana, at=now)
    catalog.forget()

    assert (ask("clinic.localhost")[0], ask("harbour.localhost")[0]) == (200, 200)


def test_only_who_stands_beside_us_is_answered(proved: CustomDomain, settings: Any) -> None:
    assert ask(NAME, ip="8.8.8.8") == NO
    assert ask("evil.example", ip="8.8.8.8") == NO
    settings.TRUSTED_PROXIES = 1
    assert ask(NAME, ip="10.0.0.2", **{"x-forwarded-for": "8.8.8.8"}) == NO  # a visitor, through the proxy
    assert ask(NAME, ip="10.0.0.2", **{"x-forwarded-for": "127.0.0.1"})[0] == 200  # the proxy itself
    assert ask(NAME, ip="not-an-address") == NO


def test_it_is_there_on_the_platforms_host_alone(db: None) -> None:
    assert Client(headers={"host": "clinic.localhost"}).get(ASK, {"domain": "clinic.localhost"}).status_code == 404


def test_production_answers_it_without_https(proved: CustomDomain, settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = True

    assert ask(NAME)[0] == 200


def test_names_that_are_known_or_remembered_as_unknown_cost_no_query(db: None, django_assert_num_queries: Any) -> None:
    for host in ("clinic.localhost", "nobody.localhost"):
        ask(host)

    with django_assert_num_queries(0):
        assert (certificates.deserves_one("clinic.localhost"), certificates.deserves_one("nobody.localhost")) == (
            True,
            False,
        )


def test_a_flood_is_held_back(db: None, monkeypatch: Any) -> None:
    monkeypatch.setattr(certificates, "ASKED_A_MINUTE", 2)

    assert {ask("clinic.localhost")[0] for _ in range(8)} == {200, 429}
