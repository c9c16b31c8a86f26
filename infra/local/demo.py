"""`manage.py demo`: everything set up, seeded and running, until Ctrl-C."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

from infra.local import environment
from infra.local.places import LOCAL, PYTHON, ROOT
from infra.local.postgres import Cluster
from infra.local.progress import say, step
from infra.local.site import Site
from infra.local.valkey import Valkey

FOLDER = LOCAL / "demo"
PASSWORD = "atrium-demo-1"
SEEDS = ("config", "platform", "tenants", "modules")  # what the tables and the demo's data come from


def main(arguments: list[str]) -> int:
    options = _options(arguments)
    ending = threading.Event()
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signal_number, lambda *_: ending.set())
    say("Atrium demo")
    environment.prepare("local")
    demo = Demo(port=options.port, reset=options.reset)
    try:
        demo.start(ending)
        return demo.watch(ending)
    finally:
        demo.stop()


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="manage.py demo", description=__doc__)
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--reset", action="store_true", help="forget everything and seed anew")
    return parser.parse_args(arguments)


class Demo:
    def __init__(self, *, port: int, reset: bool) -> None:
        self.cluster = None if os.environ.get("DATABASE_URL") else Cluster("demo-pg")
        self.valkey = None if os.environ.get("REDIS_URL") else Valkey("demo-valkey")
        if reset:
            self._forget()
        self.site = Site(
            folder=FOLDER,
            port=port,
            database_url=os.environ.get("DATABASE_URL") or self._own_cluster().url(),
            redis_url=os.environ.get("REDIS_URL") or self._own_valkey().url(),
            pg_dump=_pg_dump(self.cluster),
        )

    def start(self, ending: threading.Event) -> None:
        with step("database and broker"):
            for service in (self.cluster, self.valkey):
                if service is not None:
                    service.start()
        self._prepare()
        if ending.is_set():
            return
        with step("web server, workers, clock" + (", Stripe stand-in" if self.site.stripe_port else "")):
            self.site.start()
        self._say_hello()

    def _prepare(self) -> None:
        """Migrate and seed, unless this very code has done so in this very cluster."""
        done = _seeded(self.cluster) if self.cluster else None
        if done and done.fresh():
            return
        with step("tables and demo tenants"):
            self._run("prepare_demo")
        if done:
            done.keep()

    def watch(self, ending: threading.Event) -> int:
        """Wait for the end; if a process falls over, say which, and end too."""
        while not ending.wait(1):
            if fallen := self.site.crew.fallen():
                say(f"The {fallen} process ended:\n{self.site.crew.last_words(fallen)}")
                return 1
        say("\nStopping.")
        return 0

    def stop(self) -> None:
        self.site.stop()
        for service in (self.valkey, self.cluster):
            if service is not None:
                service.stop()

    def _forget(self) -> None:
        Site(folder=FOLDER, port=0, database_url="", redis_url="", pg_dump=Path())  # ends what a killed run left
        for service in (self.cluster, self.valkey):
            if service is not None:
                service.remove()
        shutil.rmtree(FOLDER, ignore_errors=True)
        self.cluster = self.cluster and Cluster("demo-pg")
        self.valkey = self.valkey and Valkey("demo-valkey")

    def _run(self, command: str) -> None:
        done = subprocess.run(
            [PYTHON, ROOT / "manage.py", command],
            env=self.site.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            self.stop()
            sys.exit(f"\n{done.stdout}{done.stderr}")

    def _own_cluster(self) -> Cluster:
        assert self.cluster is not None
        return self.cluster

    def _own_valkey(self) -> Valkey:
        assert self.valkey is not None
        return self.valkey

    def _say_hello(self) -> None:
        port, address = self.site.port, self.site.address
        say(f"\n  Sign-in for everybody: password {PASSWORD}\n")
        people = "owner@{0}, reception@{0}, practitioner@{0}, practitioner2@{0}, patient@{0}"
        for tenant in ("physio", "vet", "shop"):
            who = people if tenant != "shop" else "owner@{0}, reception@{0}, patient@{0}"
            say(f"  http://{tenant}.localhost:{port}/".ljust(36) + who.format(f"{tenant}.example"))
        say(
            f"  {address}/operators/".ljust(36)
            + f"operator@atrium.example, then six digits: {address}/outbox/ shows them"
        )
        say(f"  {address}/start/".ljust(36) + "open a practice of your own")
        if not os.environ.get("EMAIL_URL"):
            say(f"  {address}/outbox/".ljust(36) + "every mail that was sent")
        say(f"  http://physio.localhost:{port}/api/docs/".ljust(36) + "  the API")
        say(f"\n  Logs: {self.site.folder}   Stop: Ctrl-C\n")
        say(f"ready {address}")


def _seeded(cluster: Cluster) -> environment.Stamp:
    """Return what remembers, in the cluster's own folder, by which code it was filled."""
    sources = [file for top in SEEDS for kind in ("*.py", "*.yaml") for file in (ROOT / top).rglob(kind)]
    return environment.stamp_of(
        f"{cluster.home.name}/seeded", [file for file in sources if "node_modules" not in file.parts]
    )


def _pg_dump(cluster: Cluster | None) -> Path:
    if cluster is not None:
        return cluster.binaries / "pg_dump"
    return Path(shutil.which("pg_dump") or "pg_dump")
