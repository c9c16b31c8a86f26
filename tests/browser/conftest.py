"""The whole site in real processes, and people with real browsers: what the browser tests start from."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from infra.local.places import LOCAL
from infra.local.site import Site, free_port
from tests.browser.people import Visitor
from tests.database import database_copy, redis_number

FAILED = pytest.StashKey[bool]()
SITES_REDIS = 15
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
DESK = {"viewport": {"width": 1440, "height": 900}}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Remember whether a test failed, for the pictures."""
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed  # type: ignore[attr-defined]
    return report  # type: ignore[return-value]


@pytest.fixture(scope="package")
def site(worker_id: str, tmp_path_factory: Any) -> Iterator[Site]:
    """A site on its own copy of the template database, with workers, clock, mails and a Stripe stand-in."""
    if not os.environ.get("ATRIUM_CHROMIUM"):
        pytest.skip("there is no Chromium on this machine, and none to fetch")
    with database_copy(f"site_{worker_id}") as addresses:
        running = Site(
            folder=tmp_path_factory.mktemp("site"),
            port=free_port(0),
            database_url="",
            redis_url="",
            pg_dump=Path(os.environ["PG_DUMP"]),
            extra={**addresses, "REDIS_URL": redis_number(SITES_REDIS), "ATRIUM_UNDO_SECONDS": "5"},
        )
        running.start()
        yield running
        running.stop()


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """A Chromium that is gone after these tests: while Playwright runs, Django refuses to ask the database."""
    libraries, fonts = os.environ.get("ATRIUM_CHROMIUM_LIBRARIES"), os.environ.get("ATRIUM_CHROMIUM_FONTS")
    brought = {"LD_LIBRARY_PATH": libraries, "FONTCONFIG_FILE": fonts} if libraries and fonts else {}
    quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=os.environ["ATRIUM_CHROMIUM"],
            args=["--no-sandbox", "--disable-gpu", *quiet],
            env=dict(os.environ) | brought,
        )
        yield chromium
        chromium.close()


@pytest.fixture
def somebody(site: Site, browser: Browser, request: Any) -> Iterator[Callable[..., Visitor]]:
    """`somebody()` is a person at a desk with a browser of their own; `somebody(phone=True)` one on the way.

    When a test fails, what each of them saw last is kept in `.local/pictures`.
    """
    contexts: list[BrowserContext] = []

    def arrive(*, phone: bool = False) -> Visitor:
        contexts.append(browser.new_context(**(PHONE if phone else DESK)))
        return Visitor(site.port, contexts[-1].new_page())

    yield arrive
    for number, context in enumerate(contexts):
        if request.node.stash.get(FAILED, False):
            context.pages[-1].screenshot(path=LOCAL / "pictures" / f"{request.node.originalname}-{number}.png")
        context.close()


@pytest.fixture(autouse=True)
def _forgetful() -> None:
    """Forget nothing between these tests: the site has a database, a cache and files of its own."""
