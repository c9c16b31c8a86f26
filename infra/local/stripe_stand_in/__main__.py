"""Run the stand-in until it is told to end."""

from __future__ import annotations

import argparse
import os
import signal
import threading
from pathlib import Path

from infra.local.stripe_stand_in.server import StandIn

DEMO_SECRET = "whsec_atrium_demo"  # noqa: S105 - everybody knows it; production refuses to start with it


def main() -> None:
    parser = argparse.ArgumentParser(prog="stripe_stand_in", description=__doc__)
    parser.add_argument("--port", type=int, default=12111)
    parser.add_argument("--webhooks", default="", help="where the events of every account go")
    parser.add_argument("--folder", type=Path, required=True, help="where it keeps what it is told")
    options = parser.parse_args()
    ending = threading.Event()
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signal_number, lambda *_: ending.set())
    secret = os.environ.get("STRIPE_WEBHOOK_SECRET") or DEMO_SECRET
    running = StandIn(folder=options.folder, port=options.port, webhooks=options.webhooks, secret=secret).start()
    print(f"stripe stand-in on {running.url}", flush=True)
    ending.wait()
    running.stop()


if __name__ == "__main__":
    main()
