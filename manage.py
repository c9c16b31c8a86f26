#!/usr/bin/env python3
"""The one door. `demo`, `test`, `lock` and `perf` need nothing but Python 3.11; every other command is Django's."""

import sys

if sys.version_info < (3, 11):
    sys.exit(f"Python 3.11 or newer is needed; this is {sys.version.split()[0]} ({sys.executable})")

from infra.local import door

if __name__ == "__main__":
    sys.exit(door.open_door(sys.argv))
