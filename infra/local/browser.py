"""A Chromium for the browser tests: one on this machine, else the one that an npm package carries.

The package (@sparticuz/chromium) is fetched only where no browser is found; it runs without apt and without root, on
Linux x86_64.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

from infra.local import environment
from infra.local.places import LOCAL
from infra.local.progress import step

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
HERE = Path(__file__).parent / "browser"
UNPACKED = LOCAL / "browser"


def environment_of_tests() -> dict[str, str]:
    """Return the variables that tell the tests which browser to use; empty where there is none."""
    if given := os.environ.get("ATRIUM_CHROMIUM"):
        return {"ATRIUM_CHROMIUM": given}
    for found in (*map(shutil.which, NAMES), str(MAC) if MAC.exists() else None):
        if found:
            return {"ATRIUM_CHROMIUM": found} | _node_for_playwright()
    if sys.platform == "linux" and platform.machine() == "x86_64":
        return _packaged() | _node_for_playwright()
    return {}


def _packaged() -> dict[str, str]:
    if not (UNPACKED / "chromium").exists():
        with step("Chromium for the browser tests"):
            env, npm = environment.node()
            work = LOCAL / "browser-package"
            shutil.copytree(HERE, work, dirs_exist_ok=True)
            for command in (
                [*npm, "ci", "--no-audit", "--no-fund"],
                [*environment.node_program(), "unpack.mjs", str(UNPACKED)],
            ):
                done = subprocess.run(command, cwd=work, env=env, capture_output=True, text=True, check=False)
                if done.returncode:
                    return {}
    return {
        "ATRIUM_CHROMIUM": str(UNPACKED / "chromium"),
        "ATRIUM_CHROMIUM_LIBRARIES": str(UNPACKED / "lib"),
        "ATRIUM_CHROMIUM_FONTS": str(UNPACKED / "fonts.conf"),
    }


def _node_for_playwright() -> dict[str, str]:
    """Playwright brings a Node.js that wants libatomic, which a minimal Debian lacks; ours runs it as well."""
    node = environment.node_program()[0]
    return {"PLAYWRIGHT_NODEJS_PATH": shutil.which(node) or node}
