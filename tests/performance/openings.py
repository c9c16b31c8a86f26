"""Row 9: from a confirmed sign-up to a workspace one can use: from the stock, cold, and the least it could take."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from urllib.parse import quote

from django.db import connection, transaction
from django.test.utils import override_settings
from django.utils import timezone
from psycopg import sql

from tenancy import use_owner, use_platform
from tenancy.grants import make_tenant_role
from tenants import blueprint, stock
from tenants.blueprint import TEMPLATE
from tenants.models import SpareSchema
from tenants.opening import open_tenant
from tests.performance.browsing import Browser
from tests.performance.crowd import gather, reserve
from tests.performance.house import per_request
from tests.performance.results import Result, Spread, spread
from tests.performance.visit import Visit, WrongAnswer

TIMES = 20
SIGN_UPS = 10
PATIENCE = 30
COLD_MS, READY_MS, GROWTH = 500, 100, 1.3


def sign_up_to_workspace(visit: Visit) -> Iterator[Result]:
    """Measure with few, with more and with many tenants. The site itself makes no stock meanwhile."""
    few: dict[str, Spread] = {}
    for present in visit.tenants:
        gather(visit, present)
        for what, bar, measure in MEASURED:
            seen = spread([measure(visit, f"{present}-{number}") for number in range(TIMES)])
            yield _result(what, bar, present, seen, few.setdefault(what, seen))
        yield _in_a_browser(visit, present)


def _result(what: str, bar: int | None, present: int, seen: Spread, few: Spread) -> Result:
    growth = seen.p50 / few.p50
    return Result(
        row="9",
        what=f"{what}, {present} tenants present",
        bar=f"p95 ≤ {bar} ms, ≤ {GROWTH} × the time with few" if bar else "",
        measured=f"{seen.p50:.1f} ms, × {growth:.2f}",
        met=seen.p95 <= bar and growth <= GROWTH if bar else None,
        p50=seen.p50,
        p95=seen.p95,
        worst=seen.worst,
    )


def _replay_bare(visit: Visit, number: str) -> float:
    """The limit when cold: a role, a schema and the template's SQL, in one transaction and nothing else."""
    name, plan = f"t_bare{re.sub('[^0-9]', '', number)}", blueprint.latest()
    with use_owner(name), connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        started = time.perf_counter()
        with transaction.atomic():
            make_tenant_role(name)
            cursor.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(name)))
            cursor.execute("SET LOCAL search_path = ''")
            cursor.execute(re.sub(rf"\b{TEMPLATE}\b", name, plan.ddl))
        seconds = time.perf_counter() - started
    blueprint.demolish(name)
    return seconds


def _hand_over(visit: Visit, number: str) -> float:
    """The limit with a stock: to give a tenant the schema that lies ready."""
    _lay_in()
    tenant_id = reserve(visit.practice.owner, f"h-{number}")
    started = time.perf_counter()
    stock.give_schema(tenant_id)
    return time.perf_counter() - started


def _open_cold(visit: Visit, number: str) -> float:
    """Open a tenant in this process: no queue, no pages, nothing in stock."""
    with use_platform():
        if SpareSchema.objects.exists():
            raise WrongAnswer("something is in stock")
    return _open(visit, f"c-{number}")


def _open_ready(visit: Visit, number: str) -> float:
    _lay_in()
    return _open(visit, f"o-{number}")


def _open(visit: Visit, name: str) -> float:
    tenant_id = reserve(visit.practice.owner, name)
    started = time.perf_counter()
    open_tenant(tenant_id=tenant_id, at=timezone.now())
    return time.perf_counter() - started


MEASURED: tuple[tuple[str, int | None, Callable[[Visit, str], float]], ...] = (
    ("limit: the template's SQL replayed bare", None, _replay_bare),
    ("limit: a ready schema handed over", None, _hand_over),
    ("opening, nothing in stock", COLD_MS, _open_cold),
    ("opening from the stock", READY_MS, _open_ready),
)


def _lay_in() -> None:
    """Have one schema in stock."""
    with override_settings(SPARE_SCHEMAS=1):
        stock.restock()


def _in_a_browser(visit: Visit, present: int) -> Result:
    times, before = [], visit.house.cpu_seconds()
    for number in range(SIGN_UPS):
        _lay_in()
        times.append(_sign_up(visit, f"{present}-{number}"))
    seen = spread(times)
    return Result(
        row="9",
        what=f"mail confirmed → workspace answers, from the stock, through queue, worker and pages, {present} present",
        measured=f"{seen.p50:.0f} ms",
        p50=seen.p50,
        p95=seen.p95,
        worst=seen.worst,
        cpu=per_request(before, visit.house.cpu_seconds(), SIGN_UPS),
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
