"""Start, watch and end the processes of a demo or a test run."""

from __future__ import annotations

import contextlib
import ctypes
import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

PR_SET_PDEATHSIG = 1  # prctl(2)


def start(
    command: Sequence[object],
    *,
    log: Path,
    env: Mapping[str, str] | None = None,
    user: pwd.struct_passwd | None = None,
    farewell: signal.Signals = signal.SIGTERM,
) -> subprocess.Popen[bytes]:
    """Start `command` in a session of its own, so that Ctrl-C reaches only us and we end things in order.

    Should we be killed outright, the kernel sends `farewell` to the child (Linux only; elsewhere the next start
    finds what was left by its pid file).
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    identity = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
    with log.open("ab") as out:
        return subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env=None if env is None else dict(env),
            start_new_session=True,
            preexec_fn=_die_with_parent(farewell),
            **identity,  # type: ignore[call-overload]
        )


def _die_with_parent(farewell: signal.Signals) -> Callable[[], None] | None:
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None, use_errno=True)

    def ask_kernel() -> None:
        libc.prctl(PR_SET_PDEATHSIG, int(farewell))

    return ask_kernel


def is_alive(pid: int, *, running: str) -> bool:
    """Test whether `pid` is a live process whose command line has `running` in it.

    A zombie does not count, nor does a stranger that was given a recycled pid.
    """
    state, command = _state_and_command(pid)
    return state not in ("", "Z", "X") and running in command


def _state_and_command(pid: int) -> tuple[str, str]:
    if Path("/proc/self/stat").exists():
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
            command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            return "", ""
        return state, command
    shown = subprocess.run(["ps", "-ww", "-o", "stat=,command=", "-p", str(pid)], capture_output=True, text=True)
    state, _, command = shown.stdout.strip().partition(" ")
    return state[:1], command


@dataclass
class Crew:
    """The processes of one run, ended in the reverse of the order in which they were started."""

    folder: Path
    members: list[tuple[str, subprocess.Popen[bytes]]] = field(default_factory=list)

    def end_leftovers(self) -> None:
        """End what an earlier run left behind when it was killed."""
        for file in self.folder.glob("*.pid"):
            pid, _, command = file.read_text().partition(" ")
            if is_alive(int(pid), running=command):
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(int(pid), signal.SIGTERM)
                _wait_for_end(int(pid), command, seconds=10)
            file.unlink()

    def add(self, name: str, command: Sequence[object], *, env: Mapping[str, str]) -> None:
        child = start(command, log=self.folder / f"{name}.log", env=env)
        (self.folder / f"{name}.pid").write_text(f"{child.pid} {' '.join(map(str, command))}"[:200])
        self.members.append((name, child))

    def fallen(self) -> str | None:
        """Return the name of a process that ended by itself, or None while all run."""
        return next((name for name, child in self.members if child.poll() is not None), None)

    def last_words(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")[-2000:]

    def end(self) -> None:
        for name, child in reversed(self.members):
            end(child)
            (self.folder / f"{name}.pid").unlink(missing_ok=True)
        self.members.clear()


def end(child: subprocess.Popen[bytes], *, by: signal.Signals = signal.SIGTERM, patience: float = 10) -> None:
    """Ask a process to end; after `patience` seconds, make it."""
    if child.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            child.send_signal(by)
    try:
        child.wait(patience)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def _wait_for_end(pid: int, command: str, *, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while is_alive(pid, running=command) and time.monotonic() < deadline:
        time.sleep(0.05)
