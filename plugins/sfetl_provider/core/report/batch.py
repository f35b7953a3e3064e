"""What became of many months of many feeds, from the reports of their runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal, get_args

from sfetl_provider import __version__
from sfetl_provider.core.record import Record
from sfetl_provider.core.report.run_report import RunReport

BatchState = Literal["failed", "not run", "running", "done", "skipped"]
BATCH_STATES: tuple[BatchState, ...] = get_args(BatchState)
_LONGEST_REASON = 300
_SKIPPED = {"dry_run": "dry run: nothing was loaded", "nothing_new": "every file was published before"}


class BatchMonth(Record):
    """A month of a feed: its state, why, rows published or updated and the run's seconds.

    `url` is Airflow's page of the run, where its failed tasks are cleared; `page` the path of the run's own page.
    """

    feed: str
    month: str
    state: BatchState
    reason: str = ""
    next_step: str = ""
    rows: int | None = None
    seconds: float | None = None
    run_id: str = ""
    url: str = ""
    page: str = ""


class BatchReport(Record):
    """Many months, by feed and month. `name` is what started them, `seconds` those from the first start to the
    last end of a run.
    """

    name: str
    actor: str = ""
    seconds: float
    made_at: datetime
    months: tuple[BatchMonth, ...]
    version: str

    def in_state(self, state: BatchState) -> tuple[BatchMonth, ...]:
        """Give the months in one state."""
        return tuple(month for month in self.months if month.state == state)

    @property
    def rows(self) -> int:
        """Rows published or updated by all."""
        return sum(month.rows or 0 for month in self.months)


def month_of_report(report: RunReport, page: str = "") -> BatchMonth:
    """Give the month that a load's report tells of."""
    return BatchMonth(
        feed=report.feed,
        month=report.month,
        **_judged(report),
        rows=_rows(report),
        seconds=report.seconds,
        run_id=report.run_id,
        url=report.url,
        page=page,
    )


def build_batch(
    name: str, found: Iterable[tuple[BatchMonth, RunReport | None]], made_at: datetime, actor: str = ""
) -> BatchReport:
    """Put months, each with its run's report where there is one, together by feed and month."""
    pairs = sorted(found, key=lambda pair: (pair[0].feed, pair[0].month))
    return BatchReport(
        name=name,
        actor=actor,
        seconds=_span_seconds([report for _, report in pairs if report]),
        made_at=made_at,
        months=tuple(month for month, _ in pairs),
        version=__version__,
    )


def one_line(text: str) -> str:
    """Give a text of several lines as one of at most 300 characters."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_REASON else f"{line[:_LONGEST_REASON]}…"


def _judged(report: RunReport) -> dict[str, str]:
    if report.state == "published":
        return {"state": "done"}
    if report.state in _SKIPPED:
        return {"state": "skipped", "reason": _SKIPPED[report.state]}
    failure = next((failure for failure in report.failures if failure.what), None)
    if failure is None:
        tasks = ", ".join(report.failed_tasks)
        return {"state": "failed", "reason": f"{tasks or 'the run'} ended without a message"}
    reason = one_line(f"{failure.task}: {failure.what}")
    return {"state": "failed", "reason": reason, "next_step": failure.next_step}


def _rows(report: RunReport) -> int | None:
    if report.rows_published is None:
        return None
    return report.rows_published + (report.rows_updated or 0)


def _span_seconds(reports: Sequence[RunReport]) -> float:
    if not reports:
        return 0.0
    last = max(report.finished_at for report in reports)
    return (last - min(report.started_at for report in reports)).total_seconds()
