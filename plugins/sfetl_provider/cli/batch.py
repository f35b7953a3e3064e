"""`batch`: what became of many months, from the reports of their latest loads."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from sfetl_provider.adapters.system_clock import SystemClock
from sfetl_provider.cli.command import IMPOSSIBLE, REFUSED
from sfetl_provider.cli.folders import Folders
from sfetl_provider.cli.outputs import STDOUT, check_outputs, write_output
from sfetl_provider.core.errors import ConfigError
from sfetl_provider.core.plan.month_list import read_months
from sfetl_provider.core.report.batch import BatchMonth, BatchReport, build_batch, month_of_report
from sfetl_provider.core.report.batch_text import render_batch_text
from sfetl_provider.core.report.report_file import newest_change, newest_load
from sfetl_provider.core.report.run_report import RunReport
from sfetl_provider.core.report.run_words import STATE_WORDS

_BEFORE_ALL = datetime(1970, 1, 1, tzinfo=UTC)


def report_batch(arguments: Namespace, folders: Folders) -> int:
    """Tell of each month; 0 all are done or had nothing to do, 1 one failed, else 2 one was not run."""
    outputs = (arguments.json, arguments.html)
    check_outputs([Path(name) for name in outputs if name and name != STDOUT], [])
    batch = _batch(arguments, Path(arguments.reports or folders.reports_dir))
    _show(batch, arguments)
    if batch.in_state("failed"):
        return REFUSED
    return IMPOSSIBLE if batch.in_state("not run") else 0


def _batch(arguments: Namespace, reports_dir: Path) -> BatchReport:
    now, since = SystemClock().now(), _moment(arguments.since)
    wanted = [str(month) for month in read_months(arguments.months, now.date())]
    feeds = list(dict.fromkeys(arguments.feed))
    return build_batch(
        f"{', '.join(feeds)}: {arguments.months}", _found(reports_dir, feeds, wanted, since), now
    )


def _found(
    reports_dir: Path, feeds: Sequence[str], months: Sequence[str], since: datetime
) -> Iterator[tuple[BatchMonth, RunReport | None]]:
    for feed in feeds:
        for month in months:
            yield _month(reports_dir, feed, month, since)


def _month(reports_dir: Path, feed: str, month: str, since: datetime) -> tuple[BatchMonth, RunReport | None]:
    path, report = newest_load(reports_dir, feed, month) or (None, None)
    if path is None or report is None or report.finished_at < since:
        reason = "no report of a load" if report is None else f"not since then: {report.run_id}"
        return BatchMonth(feed=feed, month=month, state="not run", reason=reason), None
    told = month_of_report(report, str(path.with_suffix(".html").resolve()))
    last = newest_change(reports_dir, feed, month)
    if last and last.state in ("dropped", "restored") and last.finished_at > report.finished_at:
        told = _changed_since(told, last)
    return told, report


def _changed_since(told: BatchMonth, last: RunReport) -> BatchMonth:
    """Say that something came after the load; a month that was deleted is one to be loaded."""
    reason = f"{STATE_WORDS[last.state].lower()} since then: ledger row {last.ledger_sequence}"
    if last.state == "dropped":
        return told.model_copy(update={"state": "not run", "reason": reason, "rows": None})
    return told.model_copy(update={"reason": reason})


def _moment(text: str | None) -> datetime:
    if text is None:
        return _BEFORE_ALL
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(
            f"{text!r} is no date or time: give it as 2026-11-30 or 2026-11-30T08:00."
        ) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _show(batch: BatchReport, arguments: Namespace) -> None:
    document = json.dumps(batch.to_json(), indent=2, ensure_ascii=False) + "\n"
    if arguments.json == STDOUT:
        sys.stdout.write(document)
    else:
        print(render_batch_text(batch))
        write_output(arguments.json, lambda: document)
    write_output(arguments.html, lambda: _page(batch, Path(arguments.html)))


def _page(batch: BatchReport, path: Path) -> str:
    # Imported late: only a page needs templates.
    from sfetl_provider.core.report.batch_page import render_batch

    return render_batch(batch, path.resolve().parent)
