"""What QC says about a month, as one HTML page that needs nothing from outside."""

from __future__ import annotations

from sfetl_provider import __version__
from sfetl_provider.core.qc.check import MonthCheck
from sfetl_provider.core.qc.column_profile import notes
from sfetl_provider.core.qc.key_report import keys_text
from sfetl_provider.core.report.bar_chart import bar_chart
from sfetl_provider.core.report.page_template import page_template
from sfetl_provider.core.report.profile_table import column_rows
from sfetl_provider.core.report.qc_text import (
    CLASSES,
    FILE_COLUMNS,
    SEVERITIES,
    file_row,
    findings_of,
    good_records,
)
from sfetl_provider.core.report.quality_text import quality_text

_TEMPLATE = "qc_page.html.j2"


def render_page(check: MonthCheck) -> str:
    """Give the page: verdict, findings by severity, chart of rows per day, columns' profile, files, bad lines."""
    return page_template(_TEMPLATE).render(
        check=check,
        good_records=good_records(check),
        findings={severity: findings_of(check, severity) for severity in SEVERITIES},
        chart=bar_chart(check.days),
        classes=CLASSES,
        file_columns=FILE_COLUMNS,
        keys_text=keys_text,
        file_rows=[file_row(report) for report in check.reports],
        columns=column_rows(check.verdict.profile),
        profile_notes=list(notes(check.verdict.profile)),
        quality_text=quality_text,
        version=__version__,
    )
