"""The tables of RESULTS.md: one a benchmark, which rows are appended to."""

import itertools
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import psutil

from local.demo.results import RESULTS_FILE, commit, processor

MACHINE_COLUMNS = "date | commit | processor | cores"


def machine_cells() -> str:
    """What each row begins with, as MACHINE_COLUMNS says."""
    return " | ".join((f"{datetime.now(UTC):%Y-%m-%d}", commit(), processor(), str(psutil.cpu_count())))


def told_rows(measured: Iterable[str]) -> list[str]:
    """Print each row as soon as its last cells are measured; give all rows."""
    rows = []
    for cells in measured:
        rows.append(f"| {machine_cells()} | {cells} |")
        print(rows[-1], flush=True)
    return rows


def append_rows(heading: str, rows: Sequence[str], path: Path = RESULTS_FILE) -> None:
    """Append rows to the table that a heading ends with; a heading that is not there yet goes to the end."""
    text = path.read_text(encoding="utf-8")
    if heading not in text:
        text = f"{text.rstrip()}\n{heading}"
    before, _, after = text.partition(heading)
    old_rows = list(itertools.takewhile(lambda line: line.startswith("|"), after.splitlines()))
    rest = "\n".join(after.splitlines()[len(old_rows) :]).strip("\n")
    lines = "\n".join([*old_rows, *rows])
    end = f"\n{rest}\n" if rest else ""
    path.write_text(f"{before}{heading}{lines}\n{end}", encoding="utf-8")
