"""A whole Atrium of the harness's own: durable database, broker, and the site's processes. Gone afterwards."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from infra.local.places import LOCAL
from infra.local.postgres import Cluster
from infra.local.site import REAL_SERVICES, Site, free_port
from infra.local.valkey import Valkey

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class House:
    cluster: Cluster
    site: Site

    def workers_of(self, name: str) -> list[int]:
        """Return the processes of a part of the site, the first one included."""
        return _tree({part: child.pid for part, child in self.site.crew.members}[name])

    def cpu_seconds(self) -> dict[str, float]:
        """Return the processor time that each part has used so far, with the processes it started."""
        parts = {name: child.pid for name, child in self.site.crew.members}
        if self.cluster.server is not None:
            parts["database"] = self.cluster.server.pid
        return {name: _tree_seconds(pid) for name, pid in parts.items()}


@contextmanager
def open_house() -> Iterator[House]:
    """Start database and broker, and point this process at them. The site itself is started by who has seeded.

    Named like the services of a test run, so that the next one clears away what a killed run leaves. Unlike those,
    commits wait for the disk: the scorecard's do.
    """
    tag = f"test-{os.getpid()}"
    for name in [*REAL_SERVICES, *(each for each in os.environ if each.startswith("ATRIUM_"))]:
        os.environ.pop(name, None)
    cluster, valkey = Cluster(f"{tag}-perf-pg"), Valkey(f"{tag}-perf-valkey", durable=False)
    site = Site(
        folder=LOCAL / f"{tag}-perf-site",
        port=free_port(0),
        database_url=cluster.url(),
        redis_url=valkey.url(),
        pg_dump=cluster.binaries / "pg_dump",
        extra={"ATRIUM_SPARE_SCHEMAS": "0"},  # row 9 lays in what it measures, and no worker is building meanwhile
    )
    try:
        cluster.start()
        valkey.start()
        os.environ.update(_of_ours(site.environment()))
        yield House(cluster, site)
    finally:
        site.stop()
        shutil.rmtree(site.folder, ignore_errors=True)
        valkey.remove()
        cluster.remove()


def per_request(before: Mapping[str, float], after: Mapping[str, float], requests: int) -> str:
    """Say what one request cost each part that worked, in milliseconds of processor time."""
    spent = {name: (after[name] - before.get(name, 0)) * 1000 / requests for name in after}
    return ", ".join(f"{name} {value:.1f}" for name, value in spent.items() if value >= 0.05)


def _of_ours(environment: Mapping[str, str]) -> dict[str, str]:
    names = ("ATRIUM_", "DATABASE_URL", "REDIS_URL", "PG_DUMP", "DJANGO_SETTINGS_MODULE")
    return {name: value for name, value in environment.items() if name.startswith(names)}


def private_megabytes(pid: int) -> float:
    """Return the memory that a process shares with nobody."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) / 1024
    raise ValueError(f"/proc/{pid}/status does not say")


def _tree_seconds(root: int) -> float:
    """Return user and system time of a process and all below it, those that have ended included."""
    seconds = 0.0
    for pid in _tree(root):
        try:
            seconds += sum(map(int, _stat(pid)[11:15])) / TICKS
        except OSError:
            continue
    return seconds


def _tree(root: int) -> list[int]:
    """Return a process and all below it."""
    children = dict[int, list[int]]()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            children.setdefault(int(_stat(int(folder.name))[1]), []).append(int(folder.name))
        except OSError:
            continue
    seen, waiting = list[int](), [root]
    while waiting:
        pid = waiting.pop()
        seen.append(pid)
        waiting += children.get(pid, [])
    return seen


def _stat(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
