"""Row 9: from a confirmed sign-up to a workspace one can use, with few and with many tenants present."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from urllib.parse import quote
from uuid import UUID

from django.db import connection
from django.utils import timezone

from identity.models import User
from infra.local.progress import step
from tenancy import use_platform
from tenants import blueprint, signup
from tenants.models import Tenant, TenantState
from tenants.opening import open_tenant
from tenants.signup import SignUp
from tests.performance.browsing import Browser
from tests.performance.house import per_request
from tests.performance.results import Result, Spread, spread
from tests.performance.visit import Visit, WrongAnswer

SIGN_UPS, OPENINGS = 12, 12
PATIENCE = 30
COLD_MS, GROWTH = 500, 1.3


def sign_up_to_workspace(visit: Visit) -> Iterator[Result]:
    """Measure with few tenants, then with many."""
    usable: dict[int, Spread] = {}
    built: dict[int, Spread] = {}
    for present in visit.tenants:
        with step(f"{present} tenants"):
            _fill_up(visit, present)
        before = visit.house.cpu_seconds()
        usable[present] = spread([_sign_up(visit, f"{present}-{n}") for n in range(SIGN_UPS)])
        cpu = per_request(before, visit.house.cpu_seconds(), SIGN_UPS)
        built[present] = spread([_open(visit, f"{present}-{n}") for n in range(OPENINGS)])
        yield _result("mail confirmed → workspace answers", usable, present, cpu=cpu)
        yield _result("the opening itself", built, present)


def _result(what: str, seen: dict[int, Spread], present: int, cpu: str = "") -> Result:
    times, growth = seen[present], seen[present].p50 / seen[min(seen)].p50
    return Result(
        row="9",
        what=f"{what}, {present} tenants present, none in stock",
        bar=f"p95 ≤ {COLD_MS} ms cold" + (f", ≤ {GROWTH} × the time with {min(seen)}" if len(seen) > 1 else ""),
        measured=f"{times.p50:.0f} ms" + (f", × {growth:.2f}" if len(seen) > 1 else ""),
        met=times.p95 <= COLD_MS and growth <= GROWTH,
        p50=times.p50,
        p95=times.p95,
        worst=times.worst,
        cpu=cpu,
    )


def _sign_up(visit: Visit, number: str) -> float:
    """Sign up as an owner does. Return the seconds from the confirming click to the workspace's first page."""
    browser = Browser(visit.house.site.port)
    browser.open(f"{visit.house.site.address}/start/")
    browser.send(_form(number))
    browser.open(_confirmation_link(visit, _form(number)["email"]))
    started = time.perf_counter()
    browser.send({})
    while "/opening/" in browser.url:
        if time.perf_counter() - started > PATIENCE:
            raise WrongAnswer(f"{browser.url} never opened: {browser.text[:600]}")
        time.sleep(0.02)
        browser.open(browser.url)
    seconds = time.perf_counter() - started
    if browser.status != 200 or f"//w-{number}." not in browser.url:
        raise WrongAnswer(f"{browser.status} at {browser.url}: {browser.text[:600]}")
    return seconds


def _confirmation_link(visit: Visit, email: str) -> str:
    browser, deadline = Browser(visit.house.site.port), time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        browser.open(f"{visit.house.site.address}/outbox/?format=json&to={quote(email)}")
        for mail in json.loads(browser.text):
            return next(str(link) for link in mail["links"] if "/accounts/confirm-email/" in link)
        time.sleep(0.05)
    raise WrongAnswer(f"no mail to {email}")


def _open(visit: Visit, number: str) -> float:
    """Open a tenant in this process: no queue, no pages. Return the seconds."""
    tenant_id = _reserve(visit.practice.owner, f"o-{number}")
    started = time.perf_counter()
    open_tenant(tenant_id=tenant_id, at=timezone.now())
    return time.perf_counter() - started


def _fill_up(visit: Visit, wanted: int) -> None:
    """Bring the number of tenants to `wanted`: real schemas, from the blueprint, that nobody has furnished."""
    with use_platform():
        present = Tenant.objects.count()
    numbers = range(present, wanted)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(partial(_present, visit.practice.owner), numbers))


def _present(owner: User, number: int) -> None:
    try:
        tenant_id = _reserve(owner, f"p-{number}")
        with use_platform():
            tenant = Tenant.objects.get(pk=tenant_id)
        blueprint.build(tenant.schema_name, blueprint.latest())
        with use_platform():
            Tenant.objects.filter(pk=tenant_id).update(state=TenantState.ACTIVE, opened_at=timezone.now())
    finally:
        connection.close()


def _reserve(owner: User, name: str) -> UUID:
    with use_platform():
        return signup.reserve_for(owner=owner, wish=_wish(name), at=timezone.now()).pk


def _wish(name: str) -> SignUp:
    return SignUp(
        name=name,
        vertical="clinic",
        subdomain=name,
        time_zone="Europe/London",
        currency="GBP",
        language="en-gb",
        owner_name="",
        email="",
        password="",
    )


def _form(number: str) -> dict[str, str]:
    return {
        "name": f"Workspace {number}",
        "subdomain": f"w-{number}",
        "vertical": "clinic",
        "brand_hue": "165",
        "time_zone": "Europe/London",
        "currency": "GBP",
        "language": "en-gb",
        "owner_name": "Nell Harbour",
        "email": f"owner-{number}@mail.example",
        "password": "calm-and-steady-9",
    }
