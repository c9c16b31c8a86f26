"""What a User-Agent header says, in plain words. It may say anything, so nothing is decided by it."""

from __future__ import annotations

from django.utils.translation import gettext as _

# The first that fits: Edge calls itself Chrome as well, and Chrome Safari.
BROWSERS = {"Edg/": "Edge", "OPR/": "Opera", "SamsungBrowser/": "Samsung Internet", "Firefox/": "Firefox",
            "FxiOS/": "Firefox", "CriOS/": "Chrome", "Chrome/": "Chrome", "Safari/": "Safari"}  # fmt: skip
SYSTEMS = {"iPhone": "iPhone", "iPad": "iPad", "Android": "Android", "Windows": "Windows", "Macintosh": "Mac",
           "CrOS": "Chromebook", "Linux": "Linux"}  # fmt: skip


def in_plain_words(user_agent: str) -> str:
    """Return such as "Firefox on Windows"; for a program, what it calls itself."""
    browser = next((name for mark, name in BROWSERS.items() if mark in user_agent), "")
    system = next((name for mark, name in SYSTEMS.items() if mark in user_agent), "")
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    itself = user_agent.split(" ", maxsplit=1)[0].split("/", maxsplit=1)[0][:40]
    return browser or system or itself or _("Something that does not say what it is")
