"""A form on a phone that dies in the middle, and the same form on another device."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.people import Program, Visitor

IF_ANY = {"question": "drugs", "answer": True}
QUESTIONS = {
    "sections": [
        {
            "title": "Your health",
            "questions": [
                {"key": "drugs", "kind": "yes_no", "text": "Do you take medicines?", "is_required": True},
                {
                    "key": "which",
                    "kind": "long",
                    "text": "Which ones?",
                    "shown_if": {"question": "drugs", "answer": True},
                },
            ],
        },
        {"title": "The end", "questions": [{"key": "signed", "kind": "signature", "text": "Your signature"}]},
    ]
}


@pytest.fixture
def link(site: Any, somebody: Callable[..., Visitor]) -> str:
    """The address in the mail to somebody who was asked to fill a form in."""
    owner = Program(site.port, "clinic", "ana@clinic.example")
    form = owner.post("/api/patients/questionnaires/", {"name": "On the phone"})
    owner.put(f"/api/patients/questionnaires/{form['id']}/draft/", {"draft_number": 1, "content": QUESTIONS})
    owner.post(f"/api/patients/questionnaires/{form['id']}/publication/", {"draft_number": 2})
    patient = owner.post("/api/patients/", {"first_name": "Nora", "email": "nora.forms@mail.example"})
    owner.post(f"/api/patients/{patient['id']}/forms/", {"questionnaire_id": form["id"]})
    visitor = somebody()
    return visitor.link_in(visitor.newest_mail("nora.forms@mail.example", "A form to fill in"), "/fill/")


def test_a_phone_that_dies_loses_nothing_and_another_device_overwrites_nothing(
    somebody: Callable[..., Visitor], link: str
) -> None:
    phone, tablet = somebody(), somebody()
    page = phone.page
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(link)
    expect(page.get_by_label("Which ones?")).to_be_hidden()
    page.get_by_role("radio", name="Yes").check()
    page.get_by_label("Which ones?").press_sequentially("Aspirin.")
    expect(page.locator("[data-state]")).to_contain_text("Saved")

    other = tablet.page
    other.goto(link)
    expect(other.get_by_label("Which ones?")).to_have_value("Aspirin.")
    page.get_by_label("Which ones?").press_sequentially(" And more.")
    expect(page.locator("[data-state]")).to_contain_text("Saved")
    page.context.close()  # pages go without being asked: no unload, no last word
    other.get_by_label("Which ones?").fill("Paracetamol.")

    changed = other.locator("[data-changed]")
    expect(changed).to_contain_text("Aspirin. And more.")
    expect(other.get_by_label("Which ones?")).to_have_value("Paracetamol.")
    changed.get_by_role("button", name="Put mine in its place").click()
    expect(other.locator("[data-state]")).to_contain_text("Saved")
    other.get_by_role("button", name="Go on").click()
    other.get_by_label("Your name").fill("Nora Bell")
    other.get_by_role("button", name="Send").click()
    expect(other.get_by_text("Tick that this is true")).to_be_visible()
    other.get_by_label("This is true to my knowledge").check()
    other.get_by_role("button", name="Send").click()
    expect(other.get_by_role("heading", name="Thank you")).to_be_visible()
    assert tablet.complaints == []
