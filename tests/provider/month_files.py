"""Small month files for the feed `sales`."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path


def lines_of(month: str, rows_per_day: int = 2) -> list[str]:
    """Give the lines of a complete month."""
    year, number = (int(part) for part in month.split("-"))
    day, lines = date(year, number, 1), []
    while day.month == number:
        lines += [f"{day}\tshop {row}\t{row}.50" for row in range(rows_per_day)]
        day += timedelta(days=1)
    return lines


def write_month(folder: Path, month: str, lines: list[str] | None = None) -> Path:
    """Write a month's file and give its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"sales_{month}.tsv"
    path.write_text("".join(f"{line}\n" for line in (lines_of(month) if lines is None else lines)))
    return path
