"""`manage.py test`: format, lint, types, contracts, migrations, and every test, on a throw-away cluster."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from infra.local import browser, environment, memory
from infra.local.places import FRONTEND, LOCAL, PYTHON, ROOT
from infra.local.postgres import Cluster
from infra.local.progress import say, step
from infra.local.site import REAL_SERVICES
from infra.local.valkey import Valkey

BIN = PYTHON.parent
OURS = ("config", "infra", "modules", "platform", "tenants", "tests", "manage.py", "conftest.py")


# A run starts dozens of processes: with this set, each of them would compile all of our code anew, tests twice.
KEEPS_NO_BYTECODE = "PYTHONDONTWRITEBYTECODE"
TWO_DATABASES, NO_BROWSER = "--two-databases", ("--ignore", "tests/browser")


def main(arguments: list[str]) -> int:
    """Run everything; with arguments that pick tests out (a path, -k, --lf), only those tests.

    With --two-databases, run the tests with the platform and the tenants apart, as they are past one cluster. Those
    that look at pages in a browser would see nothing new.
    """
    environment.prepare("test")
    is_split, arguments = TWO_DATABASES in arguments, [each for each in arguments if each != TWO_DATABASES]
    with ThrowAwayServices() as services:
        env = services.environment(is_split=is_split)
        template = _start([PYTHON, "-m", "tests.template"], env)  # beside the checks, which wait for nobody
        failed = [] if is_split or _picks_tests_out(arguments) else _static_checks(env)
        with step("database for the tests"):
            _must_end_well(template)
        failed += _run_tests([*arguments, *(NO_BROWSER if is_split else ())], env)
    if failed:
        say(f"\nFailed: {', '.join(failed)}")
        return 1
    say("\nAll good.")
    return 0


def measure(arguments: list[str]) -> int:
    """`manage.py perf [row …]`: run rows of the scorecard and write tests/performance/results/latest.md."""
    environment.prepare("test")
    return subprocess.call([PYTHON, "-m", "tests.performance", *arguments], cwd=ROOT)


def picture(arguments: list[str]) -> int:
    """`manage.py picture [port]`: take the README's picture from the demo that runs there."""
    environment.prepare("test")
    env = dict(os.environ) | browser.environment_of_tests() | {"ATRIUM_MODE": "test"}
    return subprocess.call([PYTHON, "-m", "tests.browser.picture", *arguments], cwd=ROOT, env=env)


class ThrowAwayServices:
    """A cluster and a broker of this run's own, gone afterwards: a running demo is not disturbed."""

    def __init__(self) -> None:
        self.tag = f"test-{os.getpid()}"
        _clear_leftovers()

    def __enter__(self) -> ThrowAwayServices:
        self.cluster = Cluster(f"{self.tag}-pg", durable=False)
        self.valkey = Valkey(f"{self.tag}-valkey", durable=False)
        self.cluster.start()
        self.valkey.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.valkey.remove()
        self.cluster.remove()

    def environment(self, *, is_split: bool) -> dict[str, str]:
        clean = {name: value for name, value in os.environ.items() if name not in (*REAL_SERVICES, KEEPS_NO_BYTECODE)}
        return clean | {
            "ATRIUM_MODE": "test",
            "DATABASE_URL": self.cluster.url(),
            **({"CELL_DATABASE_URL": self.cluster.make_database("atrium_cell")} if is_split else {}),
            "REDIS_URL": self.valkey.url(),
            "PG_DUMP": str(self.cluster.binaries / "pg_dump"),
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "ATRIUM_FILES_FOLDER": str(self.cluster.home / "files"),
            **browser.environment_of_tests(),
        }


def _static_checks(env: dict[str, str]) -> list[str]:
    checks: dict[str, list[object]] = {
        "format": [BIN / "ruff", "format", "--check", "--quiet", *OURS],
        "lint": [BIN / "ruff", "check", "--quiet", *OURS],
        "import contracts": [BIN / "lint-imports"],
        "types": [BIN / "mypy"],
        "migrations": [PYTHON, ROOT / "manage.py", "makemigrations", "--check", "--dry-run"],
        "system checks": [PYTHON, ROOT / "manage.py", "check", "--fail-level", "WARNING"],
    }
    return [name for name, command in checks.items() if not _passes(name, command, env)] + _front_end_checks()


def _front_end_checks() -> list[str]:
    env, npm = environment.node()
    return [] if _passes("front-end types", [*npm, "run", "-s", "check"], env, cwd=FRONTEND) else ["front-end types"]


def _passes(name: str, command: list[object], env: dict[str, str], cwd: Path = ROOT) -> bool:
    started = time.monotonic()
    done = subprocess.run([str(p) for p in command], cwd=cwd, env=env, capture_output=True, text=True, check=False)
    mark = "✓" if done.returncode == 0 else "✗"
    say(f"  {mark} {name} ({time.monotonic() - started:.1f} s)")
    if done.returncode:
        say(done.stdout + done.stderr)
    return done.returncode == 0


WORKERS = "3"  # on two cores: each waits for the database or a browser a quarter of its time


def _run_tests(arguments: list[str], env: dict[str, str]) -> list[str]:
    parallel = [] if any(a.startswith(("-n", "--pdb")) for a in arguments) else ["-n", WORKERS]
    status = subprocess.call([PYTHON, "-m", "pytest", *parallel, *arguments], cwd=ROOT, env=env)
    return ["tests"] if status else []


def _picks_tests_out(arguments: list[str]) -> bool:
    return any(not a.startswith("-") or a in ("-k", "--lf", "--ff") for a in arguments)


def _start(command: list[object], env: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [str(p) for p in command], cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def _must_end_well(started: subprocess.Popen[str]) -> None:
    said, _ = started.communicate()
    if started.returncode:
        sys.exit(f"\n{said}")


def _clear_leftovers() -> None:
    """Remove the data of test runs that were killed and whose process is gone."""
    for folder in (*LOCAL.glob("test-*"), *memory.FOLDER.glob("test-*")):
        pid = folder.name.split("-")[1]
        if pid.isdigit() and not Path(f"/proc/{pid}").exists() and Path("/proc").exists():
            shutil.rmtree(folder, ignore_errors=True)
