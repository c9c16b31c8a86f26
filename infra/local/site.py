"""The running parts of Atrium beside its database and broker: web server, workers, clock, Stripe stand-in."""

from __future__ import annotations

import json
import os
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from infra.local.places import LOCAL, PYTHON, ROOT
from infra.local.processes import Crew

WEB_WORKERS, WEB_THREADS = 2, 4
JOB_THREADS = 4
REAL_SERVICES = (
    "DATABASE_URL",
    "CELL_DATABASE_URL",
    "REDIS_URL",
    "STRIPE_SECRET_KEY",
    "AWS_STORAGE_BUCKET_NAME",
    "EMAIL_URL",
)


@dataclass
class Site:
    """One Atrium on this machine. `folder` holds its logs, files, mails and what the stand-in remembers."""

    folder: Path
    port: int
    database_url: str
    redis_url: str
    pg_dump: Path
    mode: str = "demo"
    extra: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.crew = Crew(self.folder)
        self.crew.end_leftovers()
        self.stripe_port = 0 if os.environ.get("STRIPE_SECRET_KEY") else free_port(self.port + 4111)

    @property
    def address(self) -> str:
        return f"http://localhost:{self.port}"

    def environment(self) -> dict[str, str]:
        """Return the variables that every process of this site runs with. What is set outside wins."""
        ours = {
            "ATRIUM_MODE": self.mode,
            "ATRIUM_URL": self.address,
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis_url,
            "PG_DUMP": str(self.pg_dump),
            "ATRIUM_FILES_FOLDER": str(self.folder / "files"),
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "PYTHONUNBUFFERED": "1",
        }
        if self.stripe_port:
            ours["ATRIUM_STRIPE_STAND_IN"] = f"http://127.0.0.1:{self.stripe_port}"
        if not os.environ.get("EMAIL_URL"):
            ours["ATRIUM_OUTBOX_FOLDER"] = str(self.folder / "mail")
        outside = {name: os.environ[name] for name in REAL_SERVICES if os.environ.get(name)}
        return dict(os.environ) | ours | outside | dict(self.extra)

    def start(self) -> None:
        """Start every process; return when the site says it is well."""
        env = self.environment()
        (self.folder / "mail").mkdir(exist_ok=True)
        (self.folder / "site.json").write_text(json.dumps(_worth_keeping(env)))
        if self.stripe_port:
            self.crew.add("stripe", [PYTHON, "-m", "infra.local.stripe_stand_in", *self._stripe_options()], env=env)
        self.crew.add("worker", [*_dramatiq(), "--processes", 1, "--threads", JOB_THREADS], env=env)
        self.crew.add("clock", [PYTHON, ROOT / "manage.py", "clock"], env=env)
        self.crew.add("web", [*_granian(self.port)], env=env)
        self._wait_until_well()

    def stop(self) -> None:
        self.crew.end()
        (self.folder / "site.json").unlink(missing_ok=True)

    def _stripe_options(self) -> list[object]:
        return ["--port", self.stripe_port, "--webhooks", f"{self.address}/webhooks/stripe/", "--folder", self.folder]

    def _wait_until_well(self) -> None:
        deadline = time.monotonic() + 60
        while not is_well(self.port):
            if fallen := self.crew.fallen():
                words = self.crew.last_words(fallen)
                self.stop()
                sys.exit(f"The {fallen} process ended:\n{words}")
            if time.monotonic() > deadline:
                self.stop()
                sys.exit(f"The site did not come up; its logs are in {self.folder}.")
            time.sleep(0.1)


def is_well(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
            return bool(json.load(answer) == {"status": "ok"})
    except (OSError, ValueError):
        return False


def free_port(preferred: int) -> int:
    """Return `preferred` if nobody listens there, else a port that is free."""
    for port in (preferred, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port if port < 65536 else 0))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("no free port")


def point_at_a_running_demo(environment: dict[str, str] | os._Environ[str]) -> None:
    """Let Django's own commands reach the demo's database, where a demo runs and nothing else was named."""
    state = LOCAL / "demo" / "site.json"
    if "DATABASE_URL" not in environment and state.exists():
        environment.update(json.loads(state.read_text()))


def _worth_keeping(env: Mapping[str, str]) -> dict[str, str]:
    names = ("ATRIUM_", "DATABASE_URL", "CELL_DATABASE_URL", "REDIS_URL", "PG_DUMP", "DJANGO_SETTINGS_MODULE")
    return {name: value for name, value in env.items() if name.startswith(names)}


def _granian(port: int) -> list[object]:
    program = PYTHON.parent / "granian"
    options = ["--interface", "wsgi", "--host", "127.0.0.1", "--port", port, "--workers", WEB_WORKERS]
    # Each blocking thread keeps a database connection, so they are few.
    options += ["--blocking-threads", WEB_THREADS, "--backlog", 256, "--no-ws", "--respawn-failed-workers"]
    return [program, *options, "config.wsgi:application"]


def _dramatiq() -> list[object]:
    return [PYTHON.parent / "dramatiq", "config.worker", "--path", ROOT, "--skip-logging"]
