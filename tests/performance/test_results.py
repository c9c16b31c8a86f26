"""The arithmetic and the table of the harness. What it times is asserted nowhere."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.performance import results
from tests.performance.results import Result

ROW = Result(row="4", what="fifty at once", bar="one wins", measured="1 of 50", p50=1.25, p95=2, worst=3.04, met=True)


@pytest.mark.parametrize(("percent", "value"), [(50, 10), (95, 19), (100, 20), (0, 1)])
def test_a_percentile_is_a_value_that_was_measured(percent: float, value: int) -> None:
    assert results.percentile(list(range(1, 21)), percent) == value


def test_nothing_has_no_percentile() -> None:
    with pytest.raises(ValueError, match="nothing"):
        results.percentile([], 50)


def test_seconds_in_any_order_become_milliseconds() -> None:
    assert results.spread([0.003, 0.001, 0.002]) == results.Spread(2.0, 3.0, 3.0)


def test_a_row_run_again_replaces_its_lines_and_no_others() -> None:
    kept = [replace(ROW, row="3"), replace(ROW, row="9"), ROW]
    new = [replace(ROW, row="3", what="anew")]

    assert [(each.row, each.what) for each in results.merged(kept, new)] == [
        ("3", "anew"),
        ("4", "fifty at once"),
        ("9", "fifty at once"),
    ]


def test_the_table_says_what_was_wanted_and_whether_it_was_met() -> None:
    line = results.table([ROW, replace(ROW, met=False)]).splitlines()[2:]

    assert line[0] == "| 4 | fifty at once | one wins | 1 of 50 | 1.2 | 2.0 | 3.0 | – | ok |  |  |"
    assert "| missed |" in line[1]


def test_what_is_saved_is_read_again(tmp_path: Path) -> None:
    results.save([ROW], machine="a box", command="manage.py perf 4", folder=tmp_path)

    assert results.load(tmp_path) == [ROW]
    assert "Machine: a box. Last run: `manage.py perf 4`." in (tmp_path / "latest.md").read_text()
