"""What the person at the terminal sees while things are set up."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


def say(line: str = "") -> None:
    print(line, flush=True)


@contextmanager
def step(what: str) -> Iterator[None]:
    """Show that `what` is being done, and how long it took."""
    terminal = sys.stdout.isatty()
    if terminal:
        print(f"  … {what}", end="", flush=True)
    started = time.monotonic()
    yield
    lead = "\r" if terminal else ""
    print(f"{lead}  ✓ {what} ({time.monotonic() - started:.1f} s)", flush=True)
