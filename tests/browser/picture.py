"""`python3 manage.py picture [port]`: take the README's picture from the running demo."""

from __future__ import annotations

import os
import sys

from playwright.sync_api import sync_playwright

from infra.local.places import ROOT
from tests.browser.people import Visitor

PICTURE = ROOT / "infra" / "pictures" / "calendar.png"
DEMO_PASSWORD = "atrium-demo-1"


def take(port: int) -> None:
    """Sign in at the physio's desk and keep what the week's calendar looks like."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=os.environ["ATRIUM_CHROMIUM"], args=["--no-sandbox"])
        desk = Visitor(port, browser.new_page(viewport={"width": 1440, "height": 900}))
        desk.sign_in("reception@physio.example", "physio", DEMO_PASSWORD)
        desk.open("/calendar/?view=week", "physio").wait_for_load_state("networkidle")
        PICTURE.parent.mkdir(exist_ok=True)
        desk.page.screenshot(path=PICTURE)
        browser.close()


if __name__ == "__main__":
    take(int(sys.argv[1]) if len(sys.argv) > 1 else 8000)
    print(PICTURE)
