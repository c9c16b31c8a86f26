"""Two answers for one part of a page, on a slow line."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Route, expect

from tests.browser.people import Visitor


def test_of_two_questions_for_one_part_of_a_page_the_later_one_is_answered(somebody: Callable[..., Visitor]) -> None:
    desk = somebody()
    desk.sign_in("rita@clinic.example", "clinic")
    page = desk.open("/appointments/new/", "clinic")
    held: list[Route] = []

    def hold(route: Route) -> None:  # Playwright cannot take a bound method of a list
        held.append(route)

    page.route("**/appointments/slots/**", hold)

    page.get_by_label("Practitioner").select_option(index=1)
    page.get_by_label("Later days").click()
    page.wait_for_timeout(100)
    practitioner, later = held
    with page.expect_response(practitioner.request.url):
        practitioner.continue_()
    page.wait_for_timeout(100)
    later.continue_()

    expect(page.get_by_label("Earlier days")).to_be_visible()
    assert desk.complaints == []
