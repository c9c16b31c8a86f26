"""Which of the commands set the machine up first, and which are Django's own."""

from __future__ import annotations

import importlib.util
import os
import sys

from infra.local import environment
from infra.local.places import PYTHON


def open_door(argv: list[str]) -> int:
    """Run the command in `argv`, setting the machine up first where it needs that. Return the exit status."""
    verb, rest = (argv[1] if len(argv) > 1 else "help"), argv[2:]
    if verb == "demo":
        return _demo(rest)
    if verb == "test":
        return _test(rest)
    if verb == "perf":
        return _perf(rest)
    if verb == "picture":
        return _picture(rest)
    if verb == "lock":
        return environment.lock()
    if importlib.util.find_spec("django") is None:
        return _hand_over(argv)
    return _django(argv)


def _demo(arguments: list[str]) -> int:
    from infra.local import demo

    return demo.main(arguments)


def _test(arguments: list[str]) -> int:
    from infra.local import check

    return check.main(arguments)


def _perf(arguments: list[str]) -> int:
    from infra.local import check

    return check.measure(arguments)


def _picture(arguments: list[str]) -> int:
    from infra.local import check

    return check.picture(arguments)


def _hand_over(argv: list[str]) -> int:
    """Replace this process by the same command under the virtual environment's Python."""
    environment.prepare_python("local")
    os.execv(PYTHON, [str(PYTHON), *argv])


def _django(argv: list[str]) -> int:
    from infra.local import site

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    site.point_at_a_running_demo(os.environ)
    from django.core.management import execute_from_command_line

    execute_from_command_line(argv)
    return 0


if __name__ == "__main__":
    sys.exit(open_door(sys.argv))
