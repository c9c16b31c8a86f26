"""Somebody new is registered over the form in which they were not found, without a pointer."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.people import Visitor


def test_somebody_new_is_registered_and_chosen_by_keyboard_alone(somebody: Callable[..., Visitor]) -> None:
    desk = somebody()
    desk.sign_in("rita@clinic.example", "clinic")
    page = desk.open("/appointments/new/", "clinic")
    page.get_by_label("For whoever treats").fill("Left knee")

    page.get_by_label("Patient", exact=True).press_sequentially("Zenobia Quill")
    page.keyboard.press("Enter")
    phone = page.get_by_role("dialog").get_by_label("Phone")
    expect(phone).to_be_focused()
    phone.press_sequentially("07700 900321")
    page.keyboard.press("Enter")

    chosen = page.get_by_role("radio", name=re.compile("Zenobia Quill"))
    expect(chosen).to_be_checked()
    expect(chosen).to_be_focused()
    expect(page.get_by_label("For whoever treats")).to_have_value("Left knee")
    assert desk.complaints == []
