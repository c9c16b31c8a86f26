"""Marks on the chart of a body, by mouse and by keyboard, while the browser dies."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.people import Visitor
from tests.browser.test_notes import SAVED, begin


def point_at(page: Page, view: str, x: float, y: float) -> None:
    """Click at a place of a view, in shares of its width and height."""
    sheet = page.locator(f'svg[data-view="{view}"]')
    sheet.scroll_into_view_if_needed()
    box = sheet.bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] * x, box["y"] + box["height"] * y)


def test_marks_by_mouse_and_keyboard_outlive_a_killed_browser_and_are_sealed_by_the_signature(
    somebody: Callable[..., Visitor],
) -> None:
    before = somebody()
    page = begin(before)
    address, cookies = page.url, page.context.cookies()
    marks = page.get_by_role("list", name="Marks").get_by_role("listitem")

    point_at(page, "front", 0.68, 0.2)
    expect(marks).to_contain_text(["left shoulder, front"])
    page.keyboard.press("Tab")  # from the kind, where the focus went, to the strength
    page.keyboard.type("6")
    region = page.get_by_label("Mark a region")
    region.focus()
    region.select_option(value="back:lumbar-spine")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(marks).to_have_count(2)
    kind = marks.nth(1).get_by_label("What is there")
    expect(kind).to_be_focused()
    for _each in range(3):
        page.keyboard.press("ArrowDown")
    expect(kind).to_have_value("stiffness")
    page.get_by_role("group", name="Now").get_by_label("7").press("Space")
    expect(page.locator("[data-state]")).to_contain_text(SAVED)
    page.wait_for_timeout(5_000)
    page.context.close()  # pages go without being asked: no unload, no last word

    after = somebody()
    after.go_on_with(cookies)
    page = after.page
    page.goto(address)
    marks = page.get_by_role("list", name="Marks").get_by_role("listitem")
    expect(marks).to_contain_text(["left shoulder, front", "lumbar spine, back"])
    expect(page.get_by_role("group", name="Now").get_by_label("7")).to_be_checked()

    first = page.get_by_role("button", name="1: left shoulder")
    first.focus()
    for _each in range(3):
        page.keyboard.press("ArrowUp")
    expect(page.get_by_role("button", name="1: ")).to_be_focused()
    expect(page.locator("[data-state]")).to_contain_text(SAVED)
    page.get_by_role("button", name="Sign note").click()
    page.goto(address)
    expect(page.get_by_role("heading", name="Note of")).to_be_visible()
    text = page.get_by_role("main")
    expect(text).to_contain_text("left shoulder, front, pain 6")
    expect(text).to_contain_text("lumbar spine, back, stiffness")
    expect(text).to_contain_text("7/10")
    expect(page.locator("[data-view], select[name=mark_kind]")).to_have_count(0)
    assert before.complaints + after.complaints == []
