"""Where everything lies. Nothing is written outside the checkout, but for a checkout the database may not enter, and
what a test run keeps in memory."""

from __future__ import annotations

import hashlib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCAL = ROOT / ".local"
FRONTEND = ROOT / "platform" / "webui" / "frontend"
TAG = hashlib.sha256(str(ROOT).encode()).hexdigest()[:10]


def site_packages() -> Path:
    return next((VENV / "lib").glob("python3.*")) / "site-packages"
