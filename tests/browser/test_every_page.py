"""Every page that can be reached by links: well, free of what axe finds, and not wider than a phone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page

from infra.local.places import FRONTEND
from tests.browser.people import Program, Visitor

AXE = (FRONTEND / "node_modules" / "axe-core" / "axe.min.js").read_text()
# Only what is wrong is wanted, and its HTML: to find a selector for each thing that is well takes longer than to look.
# What axe would fetch first (sheets and media) is for rules on locked orientation, which are off, and on sound.
FINDINGS = """([where, rules]) => axe
    .run(document.querySelector(where) ?? document,
        {resultTypes: ["violations"], selectors: false, preload: false, ...(rules && {runOnly: rules})})
    .then(({violations}) => violations.map(
        (each) => `${each.id}: ${each.nodes.map((node) => node.html.slice(0, 160)).join(" | ")}`))"""
OF_COLOUR = ["color-contrast", "link-in-text-block"]
OPENED = "dialog[open], :popover-open"
SHAPE = "(opener) => document.getElementById(opener.dataset.open)?.outerHTML ?? ''"
VALUE = re.compile(r'\bvalue="[^"]*"')  # of hidden fields: a form's keys are new on every page
IDENTIFIER = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{24}|/pay/[^/]+|\d{4}-\d\d-\d\d")
NOT_A_PAGE = re.compile(
    r"/pdf/|\.pdf|\.ics|\.json|/attachments?/|/html/|/log/export/|/download/|/card/|/sign-out/|/logout/"
)


def test_the_doors_of_the_platform(somebody: Callable[..., Visitor], a_day: dict[str, str]) -> None:
    walk(somebody(), ["/", "/start/", "/accounts/login/", "/outbox/", "/accounts/password/reset/"])


def test_what_anybody_sees_of_a_practice(somebody: Callable[..., Visitor], a_day: dict[str, str]) -> None:
    walk(somebody(), ["/api/docs/", "/book/", a_day["pay"]], tenant="clinic")


def test_what_the_owner_sees(somebody: Callable[..., Visitor], a_day: dict[str, str]) -> None:
    owner = somebody()
    owner.sign_in("ana@clinic.example", "clinic")
    starts = ["/today/", "/stock/", a_day["patient"], a_day["visit"], a_day["invoice"], a_day["till"]]
    walk(owner, starts, tenant="clinic")


def test_what_a_patient_sees(somebody: Callable[..., Visitor], a_day: dict[str, str]) -> None:
    patient = somebody()
    patient.sign_in("pia@clinic.example", "clinic")
    walk(patient, ["/"], tenant="clinic")


def test_what_the_desk_of_a_shop_sees(somebody: Callable[..., Visitor]) -> None:
    desk = somebody()
    desk.sign_in("sol@shop.example", "shop")
    walk(desk, ["/"], tenant="shop")


def test_what_operators_see(somebody: Callable[..., Visitor]) -> None:
    operator = somebody()
    operator.sign_in("oda@atrium.example")
    walk(operator, ["/operators/", "/workspaces/", "/accounts/email/", "/accounts/2fa/"])


@pytest.fixture(scope="module")
def a_day(site: Any) -> dict[str, str]:
    """What a day leaves behind at the clinic: a visit to come, one that is done, and an invoice to pay."""
    desk = Program(site.port, "clinic", "rita@clinic.example")
    person = {"first_name": "Pia", "last_name": "Walker", "email": "pia@clinic.example", "birth_date": "1980-02-29"}
    patient = desk.post("/api/patients/", person)
    service = next(each for each in desk.get("/api/scheduling/services/")["items"] if each["name"] == "Follow-up")
    slots = desk.free_times(service["id"])
    visit, later = (
        desk.post(
            "/api/scheduling/appointments/",
            {"service_id": service["id"], "patient_id": patient["id"], "start_time": slot["start_time"]},
        )
        for slot in (slots[0], slots[-1])
    )
    invoice = desk.post("/api/billing/invoices/", {"patient_id": patient["id"], "appointment_id": visit["id"]})
    desk.post(f"/api/billing/invoices/{invoice['id']}/issue/", {})
    link = desk.post(f"/api/billing/invoices/{invoice['id']}/payment-link/", {})["url"]
    owner = Program(site.port, "clinic", "ana@clinic.example")
    where = {"name": "Front desk", "location_id": slots[0]["location_id"], "currency": "GBP"}
    till = owner.post("/api/billing/tills/", where)
    session = desk.post("/api/billing/till-sessions/", {"till_id": till["id"], "amount": "50.00"})
    desk.post(f"/api/billing/till-sessions/{session['id']}/counts/", {"amount": "49.00"})
    return {
        "till": f"/cash/sessions/{session['id']}/closing/",
        "patient": f"/patients/{patient['id']}/",
        "visit": f"/appointments/{later['id']}/",
        "invoice": f"/invoices/{invoice['id']}/",
        "electronic invoices": "/invoices/e-invoices/?show=all",
        "pay": urlsplit(link).path,
    }


def walk(visitor: Visitor, starts: list[str], *, tenant: str = "") -> None:
    """Follow every link of one host, each kind of page once. Fail with all that is wrong, by page."""
    visitor.page.add_init_script(AXE)
    visitor.page.emulate_media(color_scheme="light", reduced_motion="reduce")
    waiting, seen, wrong, known = list(starts), set(), list[str](), set[str]()
    while waiting:
        path = waiting.pop(0)
        if kind_of(path) in seen:
            continue
        seen.add(kind_of(path))
        answer = visitor.page.goto(visitor.address(path, tenant))
        if answer is None or answer.status >= 400:
            wrong.append(f"{path}: {answer and answer.status}")
            continue
        wrong += [f"{path}: {finding}" for finding in findings_of(visitor.page, known)]
        waiting += links_of(visitor.page, visitor.address("/", tenant))
        wrong += [f"{path}: {complaint}" for complaint in visitor.complaints]
        visitor.complaints.clear()
    assert not wrong, "\n".join(wrong)


def kind_of(path: str) -> str:
    """Return what pages have in common that differ only in whom or which day they show."""
    return IDENTIFIER.sub("*", urlsplit(path).path)


def links_of(page: Page, host: str) -> list[str]:
    found = page.eval_on_selector_all("a[href]", "links => links.map((link) => link.href.split('#')[0])")
    return [each[len(host) - 1 :] for each in found if each.startswith(host) and not NOT_A_PAGE.search(each)]


def findings_of(page: Page, known: set[str]) -> Iterator[str]:
    """Look at a page in light and dark, with each of its dialogs, and on a phone.

    `known` are the dialogs that were looked at before: those of the menu are the same on every page.
    """
    yield from (f"light, {finding}" for finding in page.evaluate(FINDINGS, ["html", None]))
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")  # which changes colours and nothing else
    yield from (f"dark, {finding}" for finding in page.evaluate(FINDINGS, ["html", OF_COLOUR]))
    for opener in page.locator("[data-open]:visible").all():
        shape = VALUE.sub("", opener.evaluate(SHAPE))
        if shape and shape in known:
            continue
        known.add(shape)
        opener.click()
        yield from (f"{opener.inner_text()}, {finding}" for finding in page.evaluate(FINDINGS, [OPENED, None]))
        page.keyboard.press("Escape")
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    page.set_viewport_size({"width": 390, "height": 844})
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        yield "wider than a phone"
    page.set_viewport_size({"width": 1440, "height": 900})
