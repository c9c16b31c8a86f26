"""Which host is whose. What is nobody's gets one answer, whatever it is called and however it is written."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st

from kernel.steady_cache import outage
from tenancy import TenantRef, catalog, middleware, use_platform
from tenancy.addresses import LONGEST_NAME, name_in_host, tenant_host
from tenants.models import Domain, Tenant, TenantState

PATHS = ("/", "/sign-in/", "/api/users/me/", "/accounts/login/", "/static/assets/x.js", "/settings/address/", "/?a=1")


def answer(host: str, path: str = "/", **also: str) -> tuple[int, bytes, dict[str, str], list[str]]:
    """Return everything that an answer tells; the request's own id is made up anew each time."""
    response = Client(headers={"host": host, **also}).get(path)
    headers = {name: value for name, value in response.headers.items() if name != "X-Request-Id"}
    return response.status_code, response.content, headers, list(response.cookies)


@pytest.fixture(autouse=True)
def _patient_host(monkeypatch: Any) -> None:
    """Ask for more unknown hosts than anybody may in a minute; what is counted is tried in kernel.limits."""
    monkeypatch.setattr(middleware, "UNKNOWN_HOSTS_A_MINUTE", 1_000_000)


NOTHING = (404, b"Not found\n", {"Content-Type": "text/plain"}, [])


@pytest.fixture
def _other_is_unknown(other: TenantRef) -> None:
    """Have a tenant that is there, and not to be seen."""
    with use_platform():
        Tenant.objects.filter(pk=other.id).update(state=TenantState.PENDING)
    catalog.forget()


@pytest.mark.usefixtures("_other_is_unknown")
@pytest.mark.parametrize("path", PATHS)
def test_unknown_pending_and_odd_hosts_get_the_same_answer_to_the_byte(path: str) -> None:
    hosts = [
        "nobody.localhost", "other.localhost", "OTHER.localhost", "a.b.localhost", "evil.example",
        "clinic", "other", "", " ", "-", "clinic.localhost.evil.example", "127.0.0.1", "[::1]", "[::1]:8000", "::1",
        "clinic_x.localhost", "clinic.localhost..", "..", ".localhost", "clinic..localhost", "clinic.localhost/x",
        "bücher.localhost", "xn--bcher-kva.localhost", "clinic.localhost:port", "clinic.localhost:8000:1", "x" * 5000,
        f"{'x' * 60}.localhost", ".".join(["abc"] * 100), "clinic@evil.example", "clinic.localhost,evil.example",
        "clinic.localhost evil.example", "%63linic.localhost", "clinic.localhost\\.evil.example", "сlinic.localhost",
    ]  # fmt: skip

    told = {host: answer(host, path) for host in hosts}

    assert {host: each for host, each in told.items() if each != NOTHING} == {}


label = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", fullmatch=True)
hosts = st.one_of(
    st.text(max_size=80).filter(lambda text: "\n" not in text and "\r" not in text),
    st.builds(".".join, st.lists(label, min_size=1, max_size=5)),
    st.builds(
        lambda name, rest: f"{name}.{rest}", label, st.sampled_from(["localhost", "localhost:8000", "localhost."])
    ),
    st.ip_addresses().map(str),
    st.builds(lambda name: f"clinic.localhost.{name}", label),
    st.builds(lambda name: f"{name}.clinic.localhost", label),
)


@effort(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(host=hosts, path=st.sampled_from(PATHS))
def test_whatever_a_host_is_called_it_tells_nothing(db: None, host: str, path: str) -> None:
    known = {"clinic", "other", "shop"}
    if name_in_host(host.rpartition(":")[0].lower().removesuffix(".") or host.lower().removesuffix(".")) in {
        None,
        *known,
    }:
        return

    assert answer(host, path) == NOTHING


@pytest.mark.parametrize("host", ["clinic.localhost", "CLINIC.LocalHost", "clinic.localhost.", "clinic.localhost:1"])
def test_a_tenants_host_is_known_however_it_is_written(db: None, host: str) -> None:
    assert Client(headers={"host": host}).get("/today/").status_code == 302


def test_only_the_host_that_was_asked_counts(db: None) -> None:
    forwarded = {
        "x-forwarded-host": "clinic.localhost",
        "forwarded": "host=clinic.localhost",
        "x-host": "clinic.localhost",
    }

    assert answer("nobody.localhost", **forwarded) == NOTHING
    assert Client(headers={"host": "clinic.localhost", "x-forwarded-host": "other.localhost"}).get("/").wsgi_request
    there = Client(headers={"host": "clinic.localhost", "x-forwarded-host": "evil.example"}).get("/today/")
    assert there["Location"].startswith("/sign-in/")


def test_a_host_that_cannot_be_a_name_is_not_looked_up(db: None, django_assert_num_queries: Any) -> None:
    hosts = ["", "clinic", "[::1]", "a_b.localhost", f"{'a.' * LONGEST_NAME}de"]

    with django_assert_num_queries(0):
        assert {answer(host)[0] for host in hosts} == {404}


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("localhost", None),
        ("LOCALHOST", None),
        ("clinic.localhost", "clinic"),
        ("a.b.localhost", "a.b.localhost"),
        ("praxis.example", "praxis.example"),
        ("clinic", ""),
        ("", ""),
        (f"{'a' * 250}.de", f"{'a' * 250}.de"),
        (f"{'a' * 251}.de", ""),
    ],
)
def test_a_host_has_one_name(host: str, name: str | None) -> None:
    assert name_in_host(host) == name


def test_a_name_has_one_host(settings: Any) -> None:
    assert tenant_host("clinic") == "clinic.localhost:8000"
    assert tenant_host("praxis.example") == "praxis.example:8000"

    settings.PLATFORM_URL = "https://atrium.example"
    assert tenant_host("clinic") == "clinic.atrium.example"
    assert tenant_host("praxis.example") == "praxis.example"


def test_the_platforms_host_is_nobodys_name(db: None) -> None:
    assert Client(headers={"host": settings.PLATFORM_HOST}).get("/").status_code == 200


# -- what is remembered


def test_hosts_that_are_made_up_do_not_drive_out_those_that_there_are(
    clinic: TenantRef, monkeypatch: Any, django_assert_num_queries: Any
) -> None:
    monkeypatch.setattr(catalog, "REMEMBER_UNKNOWN", 5)
    catalog.find_by_name("clinic")

    for number in range(20):
        assert catalog.find_by_name(f"nobody-{number}") is None

    assert len(catalog._memory.unknown) <= 5
    with django_assert_num_queries(0):
        assert catalog.find_by_name("clinic") is not None
        assert catalog.find_by_name("nobody-19") is None


def test_less_is_remembered_while_nobody_can_tell_of_a_change(
    clinic: TenantRef, monkeypatch: Any, django_assert_num_queries: Any
) -> None:
    monkeypatch.setattr(catalog, "REMEMBER_UNTOLD_SECONDS", 0)
    catalog.find_by_name("clinic")
    with django_assert_num_queries(0):
        catalog.find_by_name("clinic")

    outage.begin(ConnectionRefusedError())

    with CaptureQueriesContext(connection) as asked:
        assert catalog.find_by_name("clinic") == clinic
    assert asked.captured_queries


def test_nothing_is_remembered_for_ever(clinic: TenantRef, monkeypatch: Any) -> None:
    monkeypatch.setattr(catalog, "REMEMBER_SECONDS", 0)
    catalog.find_by_name("clinic")

    with CaptureQueriesContext(connection) as asked:
        catalog.find_by_name("clinic")
    assert asked.captured_queries


def test_another_process_learns_at_once_of_a_name_that_is_given_up_and_one_that_is_new(
    clinic: TenantRef, monkeypatch: Any
) -> None:
    ours, theirs = catalog._Memory(), catalog._Memory()
    monkeypatch.setattr(catalog, "_memory", theirs)
    assert catalog.find_by_name("harbour") is None
    assert catalog.find_by_name("clinic") is not None

    monkeypatch.setattr(catalog, "_memory", ours)
    with use_platform():
        Domain.objects.filter(domain="clinic").update(domain="harbour", look="harbour")
    catalog._announce()

    monkeypatch.setattr(catalog, "_memory", theirs)
    assert catalog.find_by_name("clinic") is None
    found = catalog.find_by_name("harbour")
    assert found is not None
    assert found.id == clinic.id
