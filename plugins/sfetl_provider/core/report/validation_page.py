"""What validations say, as one HTML page that needs nothing from outside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sfetl_provider import __version__
from sfetl_provider.core.report.bar_chart import BarChart, bar_chart
from sfetl_provider.core.report.page_template import page_template
from sfetl_provider.core.report.qc_text import CLASSES, SEVERITIES
from sfetl_provider.core.report.validation_text import severity_counts, table_name
from sfetl_provider.core.validate.records import TableValidation

_USUAL = ("NORMAL", "NOT_EXPECTED")


def render_validations(validations: Sequence[TableValidation]) -> str:
    """Give the page: all tables in a list, then each with its months, findings, and charts of unusual days."""
    return page_template("validation_page.html.j2").render(
        validations=validations,
        severities=SEVERITIES,
        classes=CLASSES,
        severity_counts=severity_counts,
        table_name=table_name,
        has_keys=_has_keys,
        unusual_months=_unusual_months,
        version=__version__,
    )


def _has_keys(found: TableValidation) -> bool:
    return any(month.duplicate_keys is not None for month in found.months)


def _unusual_months(found: TableValidation) -> Iterator[tuple[str, BarChart]]:
    for month in found.months:
        is_unusual = any(day.day_class not in _USUAL for day in month.days)
        chart = bar_chart(month.days) if is_unusual else None
        if chart:
            yield month.month, chart
