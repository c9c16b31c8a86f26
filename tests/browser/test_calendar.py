"""A visit is dragged, undone, carried by the keyboard and refused, as somebody at the desk does it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.browser.people import Program, Visitor

A_QUARTER = 3  # rows


def test_a_visit_is_dragged_undone_carried_and_refused(somebody: Callable[..., Visitor], site: Any) -> None:
    desk = somebody()
    day = two_visits(Program(site.port, "clinic", "rita@clinic.example"))
    desk.sign_in("rita@clinic.example", "clinic")
    page = desk.open(f"/calendar/?view=day&day={day}", "clinic")
    visit, other = page.locator("a.ev", has_text="Drag"), page.locator("a.ev", has_text="Stay")
    first = row_of(visit)

    dragged_and_undone(page, visit, first)
    carried(page, visit, first)
    refused(page, visit, other)
    assert desk.complaints == []


def two_visits(desk: Program) -> date:
    """Book two visits of one practitioner on one day, an hour or more apart."""
    service = next(each for each in desk.get("/api/scheduling/services/")["items"] if each["name"] == "Follow-up")
    slots = desk.free_times(service["id"])
    first = next(slot for slot in slots if "T09:" in slot["start_time"])
    starts_at = datetime.fromisoformat(first["start_time"])
    for name, start in (("Drag", starts_at), ("Stay", starts_at + timedelta(hours=2))):
        patient = desk.post("/api/patients/", {"first_name": name, "last_name": ""})
        wish = {"service_id": service["id"], "patient_id": patient["id"], "start_time": start.isoformat()}
        desk.post("/api/scheduling/appointments/", wish | {"practitioner_id": first["practitioner_id"]})
    return starts_at.date()


def dragged_and_undone(page: Page, visit: Locator, first: int) -> None:
    box = visit.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 20, box["y"] + 8)
    page.mouse.down()
    page.mouse.move(box["x"] + 20, box["y"] + 8 + box["height"] / 3, steps=4)
    expect(page.locator(".ghost i")).to_contain_text("–")
    page.mouse.up()
    expect(page.locator(".toast")).to_contain_text("A mail will say so.")
    assert row_of(visit) == first + A_QUARTER
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".toast")).to_contain_text("No mail is sent.")
    assert row_of(visit) == first


def carried(page: Page, visit: Locator, first: int) -> None:
    visit.focus()
    page.keyboard.press("m")
    expect(page.locator("#live")).to_contain_text("Moving Drag")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#live")).to_contain_text("09:15 to 10:00")
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".toast").last).to_contain_text("09:15–10:15")
    page.reload()
    assert row_of(visit) == first + A_QUARTER


def refused(page: Page, visit: Locator, other: Locator) -> None:
    """Carried on to another visit, it says so on the way and goes back; a reason puts it there all the same."""
    before = row_of(visit)
    visit.focus()
    page.keyboard.press("m")
    for _ in range((row_of(other) - before) // A_QUARTER):
        page.keyboard.press("ArrowDown")
    expect(page.locator("#live")).to_contain_text("overlaps Stay")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="It stays where it was")
    expect(dialog.get_by_role("group", name="Free instead").get_by_role("button")).not_to_have_count(0)
    assert row_of(visit) == before
    dialog.get_by_label("Move it all the same").fill("They share a car.")
    page.keyboard.press("Enter")
    expect(page.locator(".toast").last).to_contain_text("A mail will say so.")
    assert row_of(visit) == row_of(other)


def row_of(visit: Locator) -> int:
    found = re.search(r"\bs-(\d+)", visit.get_attribute("class") or "")
    assert found is not None
    return int(found[1])
