"""A batch of months as text for a log or a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from sfetl_provider.core.aligned import aligned
from sfetl_provider.core.counted import counted
from sfetl_provider.core.printable import printable, printable_lines
from sfetl_provider.core.progress import duration_text
from sfetl_provider.core.report.batch import BATCH_STATES, BatchMonth, BatchReport

BATCH_COLUMNS = ("feed", "month", "state", "rows", "time", "reason")
_RIGHT = frozenset({3, 4})


def render_batch_text(batch: BatchReport) -> str:
    """Give the headline, a line for each month, and for each failed one what to do and where."""
    rows = [tuple(map(printable, batch_row(month))) for month in batch.months]
    return "\n".join([batch_headline(batch), *aligned([BATCH_COLUMNS, *rows], right=_RIGHT), *_to_do(batch)])


def batch_headline(batch: BatchReport) -> str:
    """Give the counts in one line."""
    counts = ", ".join(f"{len(found)} {state}" for state in BATCH_STATES if (found := batch.in_state(state)))
    months = counted(len(batch.months), "month")
    return f"{months}: {counts or 'nothing to do'}; {batch.rows:,} rows in {duration_text(batch.seconds)}"


def batch_row(month: BatchMonth) -> tuple[str, ...]:
    """Give a month's cells, in the order of BATCH_COLUMNS."""
    rows = "" if month.rows is None else f"{month.rows:,}"
    time = "" if month.seconds is None else duration_text(month.seconds)
    return (month.feed, month.month, month.state, rows, time, month.reason)


def _to_do(batch: BatchReport) -> Iterator[str]:
    for month in batch.in_state("failed"):
        yield f"\n{month.feed} {month.month} failed. {printable_lines(month.next_step)}".rstrip()
        if month.url:
            yield f"  Clear its failed tasks here: {month.url}"
