"""What a row measured, in numbers and as a line of a table. Pure: no clock, no database, no network."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "results"
HEADINGS = ("row", "what", "bar", "measured", "p50 ms", "p95 ms", "max ms", "CPU ms each", "", "load before", "when")


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One line of the scorecard. Times in milliseconds; `met` is None where there is no bar, only something to compare.

    `cpu` is what one request cost the server's processes, which a busy machine changes less than it does the times.
    """

    row: str
    what: str
    bar: str = ""
    measured: str
    p50: float
    p95: float
    worst: float
    cpu: str = ""
    met: bool | None = None
    load: str = ""
    at: str = ""


@dataclass(frozen=True, slots=True)
class Spread:
    """The times of many requests, in milliseconds."""

    p50: float
    p95: float
    worst: float


def spread(seconds: Sequence[float]) -> Spread:
    in_order = sorted(value * 1000 for value in seconds)
    return Spread(percentile(in_order, 50), percentile(in_order, 95), in_order[-1])


def percentile(in_order: Sequence[float], percent: float) -> float:
    """Return the smallest value that at least `percent` of the values do not exceed (nearest rank)."""
    if not in_order:
        raise ValueError("there is no percentile of nothing")
    return in_order[max(math.ceil(len(in_order) * percent / 100), 1) - 1]


def merged(kept: Iterable[Result], new: Iterable[Result]) -> list[Result]:
    """Return what is known after a run: its own lines, and the earlier ones of the rows that it left out."""
    new = list(new)
    run_again = {result.row for result in new}
    return sorted([*(r for r in kept if r.row not in run_again), *new], key=lambda result: _in_order(result.row))


def table(results: Iterable[Result]) -> str:
    lines = [HEADINGS, tuple("---" for _ in HEADINGS), *(_cells(result) for result in results)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def page(results: Iterable[Result], *, machine: str, command: str) -> str:
    """Return `latest.md`."""
    return f"# Latest results\n\nMachine: {machine}. Last run: `{command}`.\n\n{table(results)}\n"


def load(folder: Path = FOLDER) -> list[Result]:
    file = folder / "latest.json"
    return [Result(**each) for each in json.loads(file.read_text())] if file.exists() else []


def save(results: Sequence[Result], *, machine: str, command: str, folder: Path = FOLDER) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "latest.json").write_text(json.dumps([asdict(each) for each in results], indent=1) + "\n")
    (folder / "latest.md").write_text(page(results, machine=machine, command=command))


def _cells(result: Result) -> tuple[str, ...]:
    times = tuple(f"{value:.1f}" for value in (result.p50, result.p95, result.worst))
    verdict = {True: "ok", False: "missed", None: "–"}[result.met]
    described = (result.row, result.what, result.bar or "–", result.measured)
    return (*described, *times, result.cpu or "–", verdict, result.load, result.at)


def _in_order(row: str) -> tuple[int, str]:
    digits = "".join(character for character in row if character.isdigit())
    return int(digits or 0), row
