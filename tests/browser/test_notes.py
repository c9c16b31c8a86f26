"""A note that is typed while browsers die and windows multiply."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.people import Visitor

SAVED = "Saved"


def begin(visitor: Visitor) -> Page:
    """Sign in, register somebody and begin a note about them."""
    visitor.sign_in("bo@clinic.example", "clinic")
    page = visitor.open("/patients/new/", "clinic")
    page.get_by_label("First name").first.fill("Nora")
    page.get_by_role("main").get_by_role("button", name="Register").click()
    page.get_by_role("button", name="New note").click()
    page.wait_for_url("**/edit/")
    return page


def test_a_killed_browser_loses_nothing_that_was_typed_five_seconds_before(somebody: Callable[..., Visitor]) -> None:
    before = somebody()
    page = begin(before)
    address, cookies = page.url, page.context.cookies()
    page.get_by_label("Subjective").press_sequentially("Stairs easier, woke once.")
    page.wait_for_timeout(5_000)
    page.context.close()  # pages go without being asked: no unload, no last word

    after = somebody()
    after.go_on_with(cookies)
    after.page.goto(address)

    expect(after.page.get_by_label("Subjective")).to_have_value("Stairs easier, woke once.")
    assert before.complaints + after.complaints == []


def test_two_windows_and_a_lost_line_overwrite_nothing(somebody: Callable[..., Visitor]) -> None:
    first, second = somebody(), somebody()
    page = begin(first)
    second.go_on_with(page.context.cookies())
    other = second.page
    other.goto(page.url)
    other.get_by_label("Plan").fill("Rest.")
    expect(other.locator("[data-state]")).to_contain_text(SAVED)

    page.context.set_offline(True)
    page.get_by_label("Plan").fill("Load.")
    expect(page.locator("[data-state]")).to_contain_text("There is no connection.")
    page.context.set_offline(False)

    changed = page.locator("[data-changed]")
    expect(changed).to_contain_text("Rest.")
    expect(page.get_by_label("Plan")).to_have_value("Load.")
    changed.get_by_role("button", name="Put mine in its place").click()
    expect(page.locator("[data-state]")).to_contain_text(SAVED)
    page.get_by_role("link", name="Versions").click()
    expect(page.get_by_role("main").locator("del")).to_contain_text("Rest")
    assert second.complaints == []
