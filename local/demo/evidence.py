"""What the demo shows of each load, checked against the files and the table themselves."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.demo.runs import DemoError, LoadRun
from local.input.demo_data import FLIGHTS_BY_MONTH, flights_file, weather_file
from local.stack.folders import StackFolders
from local.stack.warehouse_client import WarehouseClient

_DATE_COLUMN = {"flights": "FLIGHT_DATE", "weather": "WEATHER_DATE"}
_HEADER_LINES = {"flights": 0, "weather": 1}


@dataclass(frozen=True)
class LoadEvidence:
    """One line of the demo's table: the run's own report, and what was counted beside it."""

    run: LoadRun
    lines_in_file: int
    rows_in_table: int
    report: dict[str, Any]

    @property
    def megabytes_per_second(self) -> float:
        return float(self.report["bytes_in_files"]) / 1e6 / max(float(self.report["seconds"]), 1e-9)


def gather_evidence(folders: StackFolders, warehouse: WarehouseClient, run: LoadRun) -> LoadEvidence:
    """Read the run's report, count the lines of its file and the rows of its month in the table.

    Call it right after the run: the table's count is that of now.
    """
    return LoadEvidence(
        run=run,
        lines_in_file=count_lines(input_file(folders, run)),
        rows_in_table=count_rows(warehouse, run.feed, run.month),
        report=find_report(folders.reports, run),
    )


def find_faults(evidence: LoadEvidence) -> list[str]:
    """Everything that does not add up, each as a sentence; empty if all is well."""
    run, report = evidence.run, evidence.report
    expected = evidence.lines_in_file - _HEADER_LINES[run.feed]
    known = FLIGHTS_BY_MONTH.get(run.month) if run.feed == "flights" else None
    counts = {
        "rows in the table": evidence.rows_in_table,
        "rows that the report calls staged": report["rows_staged"],
        "rows that the report calls copied": report["rows_copied"],
        "rows that the report calls published": report["rows_published"],
    }
    faults = [f"{name}: {count} instead of {expected}" for name, count in counts.items() if count != expected]
    if known is not None and expected != known:
        faults.append(f"records in the file: {expected} instead of the {known} of the source")
    if report["state"] != "published":
        faults.append(f"the report's state is {report['state']}: {report.get('message')}")
    return [f"{run.feed} {run.month} (run {run.run_id}): {fault}" for fault in faults]


def input_file(folders: StackFolders, run: LoadRun) -> Path:
    """The demo's file of a feed's month."""
    name = flights_file(run.month) if run.feed == "flights" else weather_file(run.month)
    return folders.incoming / run.feed / name


def count_lines(path: Path) -> int:
    """Newlines in the file; the demo's values contain none."""
    with path.open("rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))


def count_rows(warehouse: WarehouseClient, feed: str, month: str) -> int:
    """Rows of the month in the feed's table, asked with the real connector."""
    column = _DATE_COLUMN[feed]
    year, number = map(int, month.split("-"))
    following = f"{year + number // 12}-{number % 12 + 1:02}-01"
    sql = f"SELECT COUNT(*) FROM DEMO.PUBLIC.{feed.upper()} WHERE {column} >= %s AND {column} < %s"
    return int(warehouse.rows(sql, (f"{month}-01", following))[0][0])


def last_ledger_row(warehouse: WarehouseClient, feed: str) -> int:
    """Sequence number of the feed's newest row in the ledger."""
    sql = "SELECT MAX(SEQUENCE) FROM DEMO.SFETL.LEDGER WHERE FEED = %s"
    return int(warehouse.rows(sql, (feed,))[0][0])


def find_report(reports: Path, run: LoadRun) -> dict[str, Any]:
    """The report that the run wrote.

    Raises:
        DemoError: There is none.
    """
    for path in sorted((reports / run.feed / run.month).glob("*.json")):
        report: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if report.get("run_id") == run.run_id:
            return report
    raise DemoError(f"Run {run.run_id} of {run.dag_id} left no report in {reports / run.feed / run.month}.")


def format_table(loads: Sequence[LoadEvidence]) -> str:
    """The demo's table, numbers to the right."""
    head = ("feed", "month", "files", "lines", "staged", "copied", "published", "MB/s", "seconds", "state")
    lines = [head, *map(_cells, loads)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column in (0, 1, len(head) - 1) else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def _cells(load: LoadEvidence) -> tuple[str, ...]:
    report = load.report
    counts = (load.lines_in_file, report["rows_staged"], report["rows_copied"], report["rows_published"])
    return (
        load.run.feed,
        load.run.month,
        str(len(report["files"])),
        *(f"{count:,}" for count in counts),
        f"{load.megabytes_per_second:.2f}",
        f"{float(report['seconds']):.1f}",
        str(report["state"]),
    )
