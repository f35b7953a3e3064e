"""What the audit of a load table found."""

from __future__ import annotations

from datetime import date

from sfetl_provider.core.plan.month_plan import TableName
from sfetl_provider.core.qc.report import DayRows, Finding
from sfetl_provider.core.record import Record


class AuditReport(Record):
    """One load table, checked before publication.

    `outside` counts dates of other months, `undated` NULL dates; `first` and `last` are the extreme dates as
    text ('' when there is none). `nulls` names the columns that must have values. `days` counts the rows per day
    of the month, and `day_rows` holds every expected day and every other one with rows, each with its class.
    """

    load_table: TableName
    rows: int
    undated: int
    outside: int
    distinct_days: int
    first: str
    last: str
    nulls: dict[str, int]
    days: dict[date, int]
    findings: tuple[Finding, ...]
    query_ids: tuple[str, ...]
    seconds: float
    day_rows: tuple[DayRows, ...] = ()

    @property
    def is_passed(self) -> bool:
        """Tell whether nothing CRITICAL was found."""
        return all(finding.severity != "CRITICAL" for finding in self.findings)
