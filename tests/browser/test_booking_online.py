"""Somebody unknown books on a phone, then moves the visit and cancels it by the links in their mails."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.people import Visitor

MAIL = "nina@mail.example"


def test_a_stranger_books_on_a_phone_moves_it_and_cancels_it(somebody: Callable[..., Visitor]) -> None:
    phone = somebody(phone=True)
    page = phone.open("/book/", "clinic")
    page.get_by_role("link", name=re.compile("Follow-up")).click()
    page.locator("label.slot").first.click()
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("First name", exact=True).fill("Nina")
    page.get_by_label("Last name", exact=True).fill("New")
    page.get_by_label("E-mail").fill(MAIL)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Type the code")
    stays_within_the_screen(page)

    mail = phone.newest_mail(MAIL, "Your code")
    page.get_by_label(re.compile("six digits")).fill(re.findall(r"\b\d{6}\b", mail["text"])[0])
    page.get_by_role("button", name="Book").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Booked")

    page.goto(phone.link_in(phone.newest_mail(MAIL, "Your visit on"), "/visit/"))
    page.get_by_role("link", name="Move it").click()
    page.locator("label.slot").nth(2).click()
    page.get_by_role("button", name="Move it").click()
    expect(page.get_by_text("Moved.")).to_be_visible()

    page.goto(phone.link_in(phone.newest_mail(MAIL, "Moved"), "/visit/"))
    page.get_by_role("link", name="Cancel visit").click()
    page.get_by_role("button", name="Cancel visit").click()
    expect(page.get_by_role("main")).to_contain_text("Cancelled")
    stays_within_the_screen(page)
    assert phone.complaints == []


def stays_within_the_screen(page: Page) -> None:
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
