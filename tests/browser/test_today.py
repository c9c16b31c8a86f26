"""Two at the desk, one board: each sees what the other does, and nothing moves under anybody's hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.browser.people import Program, Visitor


def test_two_at_the_desk_see_each_other_and_nothing_moves_under_a_hand(
    site: Any, somebody: Callable[..., Visitor]
) -> None:
    one, two, three = due_now(Program(site.port, "clinic", "rita@clinic.example"), "Ines", "Jona", "Kim")
    rita, ana = somebody(), somebody()
    for visitor, email in ((rita, "rita@clinic.example"), (ana, "ana@clinic.example")):
        visitor.sign_in(email, "clinic")
        visitor.open("/today/", "clinic")

    second = card(ana.page, two)
    second.hover()
    place = second.bounding_box()
    press(rita, one, "Check in")
    expect(waiting(rita.page)).to_contain_text("Ines")
    ring(ana.page)

    expect(card(ana.page, one)).to_contain_text("waiting")  # where it stood: the lane is under Ana's pointer
    expect(waiting(ana.page)).not_to_contain_text("Ines")
    assert second.bounding_box() == place
    ana.page.mouse.move(2, 2)
    expect(waiting(ana.page)).to_contain_text("Ines")

    check_in = card(ana.page, two).get_by_role("button", name="Check in")
    check_in.hover()
    press(rita, two, "Check in")
    press(rita, two, "Start")
    check_in.click()
    expect(ana.page.locator("#toasts")).to_contain_text("Somebody changed this visit meanwhile")

    press(rita, three, "Check in")
    rita.page.get_by_role("button", name="Undo").last.click()
    expect(card(rita.page, three).get_by_role("button", name="Check in")).to_be_visible()
    assert (rita.complaints, ana.complaints) == ([], [])


def due_now(desk: Program, *names: str) -> list[str]:
    """Have these people be due now, each with another practitioner. Returns their visits."""
    service = desk.get("/api/scheduling/services/")["items"][0]
    begin = datetime.now(UTC) + timedelta(minutes=1)
    booked = []
    for name, practitioner in zip(names, service["practitioners"], strict=False):
        patient = desk.post("/api/patients/", {"first_name": name, "last_name": "Desk"})["id"]
        wish = {"service_id": service["id"], "practitioner_id": practitioner["id"], "patient_id": patient}
        when = {"start_time": begin.isoformat(), "override_reason": "Walked in"}
        booked.append(str(desk.post("/api/scheduling/appointments/", wish | when)["id"]))
    return booked


def card(page: Page, visit: str) -> Locator:
    return page.locator(f"#card-{visit}")


def waiting(page: Page) -> Locator:
    return page.locator("[data-lane=waiting]")


def press(visitor: Visitor, visit: str, name: str) -> None:
    card(visitor.page, visit).get_by_role("button", name=name).click()
    expect(card(visitor.page, visit).get_by_role("button", name=name)).to_have_count(0)


def ring(page: Page) -> None:
    """Have the board ask now, and not in up to ten seconds."""
    page.evaluate("document.body.dispatchEvent(new Event('board'))")
