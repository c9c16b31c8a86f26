"""Fixtures for every test: a database per worker, the cast of tests/cast.py, and doors to knock at."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache, caches
from django.test import Client
from hypothesis import HealthCheck
from hypothesis import settings as effort

from identity.models import User
from kernel import steady_cache
from tenancy import TenantRef, catalog, use, use_platform
from tests import mixing
from tests.cast import tenant_of_the_template
from tests.database import copied_database, redis_of_worker, rolled_back_cell
from tests.doors import Api, Pages, session_key
from tests.jobs import run_due_jobs
from tests.password import QUICK_HASHERS
from tests.postman import Mailbox

# How quick this machine is just now says nothing about what is tested.
effort.register_profile("atrium", deadline=None, suppress_health_check=[HealthCheck.too_slow])
effort.load_profile("atrium")
# The storage is made once in a process: fixtures of whole modules would share a folder, and clear each other's.
settings.FILES_FOLDER += f"-{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"


def pytest_collection_finish() -> None:
    """Have the collector leave alone what stays until the end: it would look through all of it again and again."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    from tests.sharing_out import OneSiteAtATime

    return OneSiteAtATime(config, log)


@pytest.fixture(scope="session")
def django_db_setup(worker_id: str, django_db_blocker: Any) -> Iterator[None]:
    """Give this worker a copy of the template database; pytest-django then rolls each test back."""
    settings.CACHES["default"]["LOCATION"] = redis_of_worker(worker_id)
    with suppress(AttributeError):
        del caches["default"]  # one that was made before would go on with the broker that all workers share
    mixing.watch()
    with django_db_blocker.unblock(), copied_database(f"test_{worker_id}"):
        yield


@pytest.fixture
def db(db: None) -> Iterator[None]:
    """pytest-django's, which knows of the platform's database only."""
    with rolled_back_cell():
        yield


@pytest.fixture(autouse=True)
def _no_mixed_statement() -> Iterator[None]:
    """Whatever a test runs: no statement touches tables of the platform and of a tenant."""
    yield
    found = mixing.mixed.copy()
    mixing.mixed.clear()
    assert found == []


@pytest.fixture(autouse=True)
def _forgetful(settings: Any, tmp_path: Any) -> Iterator[None]:
    """Let no test remember another's knocks, tenants or files; no Redis to poke, no slow hashing."""
    settings.REDIS_URL = ""
    settings.PASSWORD_HASHERS = QUICK_HASHERS
    settings.FILES_FOLDER = str(tmp_path / "files")
    steady_cache.outage.end()
    cache.clear()
    catalog.forget()
    yield
    catalog.forget()


@pytest.fixture
def own_database(worker_id: str, django_db_setup: None, django_db_blocker: Any, request: Any) -> Iterator[None]:
    """A database of this test's own, where threads may commit: for promises about concurrency."""
    with django_db_blocker.unblock(), copied_database(f"own_{worker_id}"):
        yield


@pytest.fixture
def mailoutbox(mailoutbox: list[Any]) -> Mailbox:
    """pytest-django's, with a postman."""
    return Mailbox()


@pytest.fixture
def now() -> datetime:
    """A Monday at ten, far enough ahead that nothing is booked."""
    return datetime(2031, 3, 3, 10, 0, tzinfo=UTC)


@pytest.fixture
def soon() -> datetime:
    """Ten in the morning of the Monday after next: a time that can really be booked today."""
    today = datetime.now(UTC).replace(hour=10, minute=0, second=0, microsecond=0)
    return today + timedelta(days=14 - today.weekday())


@pytest.fixture
def clinic(db: None) -> TenantRef:
    return tenant_of_the_template("clinic")


@pytest.fixture
def other(db: None) -> TenantRef:
    return tenant_of_the_template("other")


@pytest.fixture
def shop(db: None) -> TenantRef:
    return tenant_of_the_template("shop")


@pytest.fixture
def in_clinic(clinic: TenantRef) -> Iterator[TenantRef]:
    with use(clinic):
        yield clinic


@pytest.fixture
def in_other(other: TenantRef) -> Iterator[TenantRef]:
    with use(other):
        yield other


def _somebody(email: str) -> Any:
    @pytest.fixture
    def person(db: None) -> User:
        with use_platform():
            return User.objects.get(email=email)

    return person


ana, bo, bea, rita, pia = (_somebody(f"{name}@clinic.example") for name in ("ana", "bo", "bea", "rita", "pia"))
cai, cleo, cora, cato = (_somebody(f"{name}@other.example") for name in ("cai", "cleo", "cora", "cato"))
sam, sol = _somebody("sam@shop.example"), _somebody("sol@shop.example")
oda = _somebody("oda@atrium.example")


@pytest.fixture
def api(clinic: TenantRef) -> Callable[..., Api]:
    """`api(rita)` is the clinic's API as Rita; `api(cai, other)` another's; `api(None)` nobody's."""
    return lambda user=None, tenant=clinic: Api(tenant, user)


@pytest.fixture
def pages(clinic: TenantRef) -> Callable[..., Pages]:
    """`pages(rita)` is a browser signed in at the clinic as Rita."""
    return lambda user=None, tenant=clinic: Pages(tenant, user)


@pytest.fixture
def platform_client(db: None) -> Client:
    """A browser on the platform's own host, signed in as nobody."""
    return Client(headers={"host": settings.PLATFORM_HOST})


@pytest.fixture
def console(db: None, oda: User) -> Client:
    """A browser on the platform's own host, signed in as an operator."""
    client = Client(headers={"host": settings.PLATFORM_HOST})
    client.cookies[settings.SESSION_COOKIE_NAME] = session_key(oda, None)
    return client


@pytest.fixture
def run_jobs() -> Callable[..., int]:
    """Run every job that is due, as the worker would, until none is left. Returns how many ran."""
    return run_due_jobs
