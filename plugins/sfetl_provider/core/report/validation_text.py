"""What a validation says, as text for a terminal and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from sfetl_provider.core.aligned import aligned
from sfetl_provider.core.printable import printable
from sfetl_provider.core.report.qc_text import SEVERITIES
from sfetl_provider.core.validate.records import TableValidation, ValidatedMonth

_HEADINGS = ("month", "rows", "published", "first", "last", "state", "missing days")
_CSV_COLUMNS = (
    "feed",
    "month",
    "state",
    "rows",
    "published_rows",
    "first",
    "last",
    "missing",
    "duplicate_keys",
    "duplicate_rows",
    "critical",
    "warning",
)


def render_validation(found: TableValidation) -> str:
    """Give the table's name and totals, a line for each month, and the findings."""
    return "\n".join([headline(found), *_months(found), *_findings(found)])


def headline(found: TableValidation) -> str:
    """Give what was looked at and how many findings there are, in one line."""
    counts = ", ".join(f"{count} {severity}" for severity, count in severity_counts(found).items() if count)
    return (
        f"{found.feed} in {table_name(found)}: {len(found.months)}"
        f" month{'' if len(found.months) == 1 else 's'}, {found.rows:,} rows; {counts or 'nothing found'}"
    )


def table_name(found: TableValidation) -> str:
    """Give the table's full name, as a person reads it."""
    return f"{found.table.database}.{found.table.schema_name}.{found.table.name}"


def severity_counts(found: TableValidation) -> dict[str, int]:
    """Count the findings of each severity."""
    severities = [finding.severity for _, finding in found.all_findings()]
    return {severity: severities.count(severity) for severity in SEVERITIES}


def months_csv(validations: Sequence[TableValidation]) -> str:
    """Give a line for each month of each feed; findings of whole tables stand in JSON and HTML only."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_CSV_COLUMNS)
    for found in validations:
        writer.writerows(_csv_row(found.feed, month) for month in found.months)
    return text.getvalue()


def _csv_row(feed: str, month: ValidatedMonth) -> tuple[object, ...]:
    severities = [finding.severity for finding in month.findings]
    return (
        feed,
        month.month,
        month.state,
        month.rows,
        month.published_rows,
        month.first,
        month.last,
        " ".join(month.missing),
        month.duplicate_keys,
        month.duplicate_rows,
        severities.count("CRITICAL"),
        severities.count("WARNING"),
    )


def _months(found: TableValidation) -> Iterator[str]:
    if found.months:
        rows = [_HEADINGS, *map(_month_row, found.months)]
        yield from (f"  {line}" for line in aligned(rows, right=frozenset({1, 2})))


def _month_row(month: ValidatedMonth) -> tuple[str, ...]:
    published = "" if month.published_rows is None else f"{month.published_rows:,}"
    first, last = (str(day) if day else "" for day in (month.first, month.last))
    return (
        month.month,
        f"{month.rows:,}",
        published,
        first,
        last,
        month.state,
        ", ".join(month.missing),
    )


def _findings(found: TableValidation) -> Iterator[str]:
    for severity in SEVERITIES:
        for month, finding in found.all_findings():
            if finding.severity == severity:
                place = f" {month}" if month else ""
                yield f"{severity}{place} {finding.code}: {printable(finding.message)}"
