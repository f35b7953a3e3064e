"""The demo: end to end as a user starts it, and no way to end well with a wrong number."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from local.demo import show as demo
from local.demo.evidence import LoadEvidence, find_faults, find_report, format_table
from local.demo.results import DemoResult, record_result
from local.demo.runs import DemoError, LoadRun
from local.stack.environment import StackSetup
from local.stack.folders import PROJECT, StackFolders
from local.stack.lifecycle import stop_stack
from local.stack.state import load_state

FLIGHTS = {"2013-01": "27,004", "2013-02": "24,951", "2013-03": "28,834"}
WEATHER = {"2013-01": ("2,227", "2,226"), "2013-02": ("2,011", "2,010"), "2013-03": ("2,228", "2,227")}
REPORT: dict[str, Any] = {
    "state": "published",
    "rows_staged": 2_010,
    "rows_copied": 2_010,
    "rows_published": 2_010,
    "files": [{}],
    "bytes_in_files": 4_000_000,
    "seconds": 2.0,
}
GOOD = LoadEvidence(LoadRun("weather", "2013-02", "manual-1"), 2_011, 2_010, REPORT)


@pytest.mark.timeout(900)
def test_the_demo_loads_drops_and_loads_again_and_every_number_is_in_its_table(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "local.demo", "--folder", str(tmp_path)]
    try:
        done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert load_state(tmp_path / "stack.json").processes
        verified = in_shell(tmp_path, "airflow", "sfetl", "ledger", "verify")
    finally:
        stop_stack(StackFolders(tmp_path))
    cells = [line.split() for line in done.stdout.splitlines() if line.endswith("published")]
    expected = [["flights", month, "1", *[rows] * 4] for month, rows in FLIGHTS.items()]
    expected += [["weather", month, "1", lines, *[rows] * 3] for month, (lines, rows) in WEATHER.items()]
    again = [["flights", month, "1", *[FLIGHTS[month]] * 4] for month in ("2013-02", "2013-03")]
    assert [line[:7] for line in cells] == expected + again
    assert "rows of 2013-03 in the table: 28,834 before, 28,834 after" in done.stdout
    assert done.stdout.count("24,951 rows before, 0 after") == 2
    assert "24,951 rows are back" in done.stdout
    assert "No records for 1 of the expected days of 2013-12: 2013-12-31." in done.stdout
    assert [line.rpartition(", ")[0] for line in verified.splitlines()] == [
        "flights: whole, 8 rows",
        "weather: whole, 3 rows",
    ]


def in_shell(folder: Path, *words: str) -> str:
    """Give what a command prints that finds the stack's Airflow and the connection in its database."""
    command = [sys.executable, "-m", "local.stack", "shell", "--folder", str(folder), *words]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True).stdout


def test_numbers_that_add_up_have_no_faults(capsys: pytest.CaptureFixture[str]) -> None:
    assert find_faults(GOOD) == []
    demo.check_numbers([GOOD, GOOD])
    assert "Every number adds up" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        (replace(GOOD, rows_in_table=2_011), "rows in the table: 2011 instead of 2010"),
        (replace(GOOD, report=REPORT | {"rows_staged": 2_009}), "staged: 2009 instead of 2010"),
        (replace(GOOD, report=REPORT | {"rows_copied": 0}), "copied: 0 instead of 2010"),
        (replace(GOOD, report=REPORT | {"rows_published": 4_020}), "published: 4020 instead of 2010"),
        (replace(GOOD, report=REPORT | {"state": "failed", "message": "why"}), "state is failed: why"),
    ],
)
def test_a_wrong_number_ends_the_demo_with_an_error(wrong: LoadEvidence, fault: str) -> None:
    (found,) = find_faults(wrong)
    assert found.startswith("weather 2013-02 (run manual-1): ")
    assert fault in found
    with pytest.raises(DemoError, match="do not add up"):
        demo.check_numbers([GOOD, wrong])


def test_flights_that_are_not_those_of_the_source_are_a_fault_even_if_they_agree() -> None:
    counts = {"rows_staged": 5, "rows_copied": 5, "rows_published": 5}
    short = LoadEvidence(LoadRun("flights", "2013-02", "r"), 5, 5, REPORT | counts)
    assert find_faults(short) == [
        "flights 2013-02 (run r): records in the file: 5 instead of the 24951 of the source"
    ]


def test_a_run_without_a_report_is_an_error(tmp_path: Path) -> None:
    folder = tmp_path / "weather" / "2013-02"
    folder.mkdir(parents=True)
    (folder / "other.json").write_text('{"run_id": "manual-2"}')
    assert find_report(tmp_path, replace(GOOD.run, run_id="manual-2")) == {"run_id": "manual-2"}
    with pytest.raises(DemoError, match="left no report"):
        find_report(tmp_path, GOOD.run)


def test_an_error_is_told_and_is_the_exit_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(setup: StackSetup) -> DemoResult:
        assert setup.folders.root == tmp_path
        raise DemoError("These numbers do not add up")

    monkeypatch.setattr(demo, "run_demo", broken)
    assert demo.main(["--folder", str(tmp_path)]) == 1
    assert "These numbers do not add up" in capsys.readouterr().err


def test_only_a_first_start_is_recorded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        demo.main(["--record", "--folder", str(tmp_path)])
    assert ended.value.code == 2
    assert "measures a first start" in capsys.readouterr().err


def test_results_are_appended_to_their_table_and_the_rest_stays(tmp_path: Path) -> None:
    path = tmp_path / "RESULTS.md"
    record_result(DemoResult(17, 67, 162, 2_077_000_000), path)
    path.write_text(f"{path.read_text()}\n## Another\n\nText.\n")
    record_result(DemoResult(18, 68, 163, 2_100_000_000), path)
    text = path.read_text()
    rows = [line.split(" | ")[-4:] for line in text.splitlines() if line.startswith("| 2")]
    assert rows == [["17", "67", "162", "2077 |"], ["18", "68", "163", "2100 |"]]
    assert text.startswith("# Results\n")
    assert text.endswith("\n## Another\n\nText.\n")
    assert text.count("| date |") == 1
    assert "\n\n\n" not in text


def test_the_table_is_aligned() -> None:
    head, line = format_table([GOOD]).splitlines()
    assert head.split() == [
        *("feed", "month", "files", "lines", "staged", "copied", "published", "MB/s", "seconds", "state")
    ]
    assert line.split() == ["weather", "2013-02", "1", "2,011", *["2,010"] * 3, "2.00", "2.0", "published"]
    assert head.index("state") == line.index("published")
