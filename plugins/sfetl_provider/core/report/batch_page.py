"""A batch of months as one HTML page that needs nothing from outside."""

from __future__ import annotations

import os
from pathlib import Path

from sfetl_provider.core.report.batch import BatchMonth, BatchReport
from sfetl_provider.core.report.batch_text import batch_headline, batch_row
from sfetl_provider.core.report.page_template import page_template

_CLASSES = {
    "done": "passed",
    "failed": "CRITICAL",
    "not run": "WARNING",
    "running": "INFO",
    "skipped": "soft",
}


def render_batch(batch: BatchReport, folder: Path) -> str:
    """Give the page: counts, failed months first with what to do and where, then all; it will lie in `folder`."""
    verdict, verdict_class = _verdict(batch)
    return page_template("batch_page.html.j2").render(
        batch=batch,
        verdict=verdict,
        verdict_class=verdict_class,
        headline=batch_headline(batch),
        state_classes=_CLASSES,
        row=batch_row,
        page_link=lambda month: _page_link(month, folder),
    )


def _verdict(batch: BatchReport) -> tuple[str, str]:
    if batch.in_state("failed"):
        return "Months failed.", "CRITICAL"
    if batch.in_state("not run") or batch.in_state("running"):
        return "Not all is done.", "WARNING"
    return "All is done.", "passed"


def _page_link(month: BatchMonth, folder: Path) -> str:
    """Give the way from this page to the run's."""
    return Path(os.path.relpath(month.page, folder)).as_posix() if month.page else ""
