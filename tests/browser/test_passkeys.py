"""A passkey, made and used in a real browser with an authenticator that Chromium pretends to have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.people import Visitor
from tests.cast import PASSWORD

RITA = "rita@clinic.example"


def give_authenticator(page: Page) -> Callable[[bool], None]:
    """Plug one in, and return how to have its owner recognised or not."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    kind = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    options = kind | {"isUserVerified": True, "automaticPresenceSimulation": True}
    made = devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})

    def recognise(is_owner: bool) -> None:
        devtools.send(
            "WebAuthn.setUserVerified", {"authenticatorId": made["authenticatorId"], "isUserVerified": is_owner}
        )

    return recognise


def test_a_passkey_is_made_named_used_instead_of_the_password_and_removed(somebody: Any) -> None:
    rita: Visitor = somebody()
    page = rita.page
    recognise = give_authenticator(page)
    home = f"http://localhost:{rita.port}"

    page.goto(f"{home}/accounts/2fa/webauthn/add/")
    page.get_by_label("E-mail").fill(RITA)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("Its name").fill("Rita’s laptop")
    page.get_by_role("button", name="Make the passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    page.goto(f"{home}/accounts/2fa/webauthn/")
    expect(page.get_by_role("link", name="Remove Rita’s laptop")).to_be_visible()

    page.context.clear_cookies()
    page.goto(f"http://clinic.localhost:{rita.port}/patients/")
    recognise(False)
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("alert").filter(has_text="No passkey was shown.")).to_be_visible()
    recognise(True)
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(f"http://clinic.localhost:{rita.port}/patients/")

    page.context.clear_cookies()
    page.goto(f"{home}/accounts/2fa/webauthn/")
    page.get_by_label("E-mail").fill(RITA)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="Second step")).to_be_visible()
    page.get_by_role("button", name="Use a passkey").click()
    page.get_by_role("link", name="Remove Rita’s laptop").click()
    page.get_by_role("link", name="Use a passkey").click()
    page.get_by_role("button", name="Use a passkey").click()
    page.get_by_role("button", name="Remove it").click()
    expect(page.get_by_text("You have none yet.")).to_be_visible()
