"""What QC says about a month, as one HTML page that needs nothing from outside."""

from __future__ import annotations

from importlib.resources import files

from jinja2 import Environment, StrictUndefined

from sfetl_provider import __version__
from sfetl_provider.core.printable import printable
from sfetl_provider.core.qc.check import MonthCheck
from sfetl_provider.core.qc.key_report import keys_text
from sfetl_provider.core.report.bar_chart import bar_chart
from sfetl_provider.core.report.qc_text import (
    CLASSES,
    FILE_COLUMNS,
    SEVERITIES,
    file_row,
    findings_of,
    good_records,
)

_TEMPLATE = "qc_page.html.j2"


def render_page(check: MonthCheck) -> str:
    """Give the page: verdict, findings by severity, rows per day as a chart, files, bad lines."""
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["printable"] = printable
    template = environment.from_string((files(__package__) / _TEMPLATE).read_text(encoding="utf-8"))
    return template.render(
        check=check,
        good_records=good_records(check),
        findings={severity: findings_of(check, severity) for severity in SEVERITIES},
        chart=bar_chart(check.days),
        classes=CLASSES,
        file_columns=FILE_COLUMNS,
        keys_text=keys_text,
        file_rows=[file_row(report) for report in check.reports],
        version=__version__,
    )
