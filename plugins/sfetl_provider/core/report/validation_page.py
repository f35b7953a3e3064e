"""What validations say, as one HTML page that needs nothing from outside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from sfetl_provider import __version__
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.qc.report import DayRows
from sfetl_provider.core.report import validation_text as text
from sfetl_provider.core.report.bar_chart import BarChart, bar_chart
from sfetl_provider.core.report.page_template import page_template
from sfetl_provider.core.report.qc_text import CLASSES
from sfetl_provider.core.validate.records import SEVERITIES, TableValidation

_USUAL = ("NORMAL", "NOT_EXPECTED")
CHARTED_MONTHS = 6
"""Months of a table whose days are drawn: 200 tables of 60 months each would be a page of a hundred MB."""


class ChartedMonth(NamedTuple):
    """A bar of the chart of months."""

    month: str
    rows: int
    state: str


def render_page(
    validations: Sequence[TableValidation], view: text.View, links: Mapping[str, str] | None = None
) -> str:
    """Give the page of a view.

    executive: a line a table, those first that need somebody, with the rows of its months drawn. technical:
    everything, with a chart of each table's months and of the days of its newest unusual months. audit: what the
    ledger says was done, by whom, and whether its chain and the table agree with it. `links` lead from the
    executive page to the feeds' own.
    """
    return page_template(f"validation_{view}.html.j2").render(
        validations=text.by_verdict(validations) if view == "executive" else validations,
        view=view,
        links=links or {},
        text=text,
        severities=SEVERITIES,
        classes=CLASSES,
        has_keys=_has_keys,
        month_chart=_month_chart,
        unusual_months=_unusual_months,
        charted_months=CHARTED_MONTHS,
        version=__version__,
    )


def _has_keys(found: TableValidation) -> bool:
    return any(month.duplicate_keys is not None for month in found.months)


def _month_chart(found: TableValidation) -> BarChart[ChartedMonth] | None:
    """Draw all months from the first to the last, those that neither table nor ledger have too."""
    if not found.months:
        return None
    known = {month.month: ChartedMonth(month.month, month.rows, month.state) for month in found.months}
    month, last, charted = Month.of_text(min(known)), Month.of_text(max(known)), []
    while month <= last:
        charted.append(known.get(str(month), ChartedMonth(str(month), 0, "missing")))
        month = month.following()
    return bar_chart(charted)


def _unusual_months(found: TableValidation) -> Iterator[tuple[str, BarChart[DayRows]]]:
    """Give the newest unusual months with their charts, in order."""
    unusual = [month for month in found.months if any(day.day_class not in _USUAL for day in month.days)]
    for month in unusual[-CHARTED_MONTHS:]:
        if chart := bar_chart(month.days):
            yield month.month, chart
