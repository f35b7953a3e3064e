"""What a validation says about a feed's table."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Literal

from sfetl_provider.core.plan.month_plan import TableName
from sfetl_provider.core.qc.report import DayRows, Finding
from sfetl_provider.core.record import Record

MonthState = Literal["as published", "differs", "gone", "not published", "empty", "changing", "no ledger"]


class ValidatedMonth(Record):
    """A month as it stands in the table.

    `state` is how it compares with the ledger; `published_rows` is what the ledger says, None when it knows
    nothing of the month. `missing` are the expected days without rows, as dates and ranges. `duplicate_keys`
    stand in `duplicate_rows` rows together; None when keys were not looked at. `days` holds every expected day
    and every other one with rows.
    """

    month: str
    state: MonthState
    rows: int
    published_rows: int | None
    first: date | None
    last: date | None
    missing: tuple[str, ...]
    duplicate_keys: int | None
    duplicate_rows: int | None
    days: tuple[DayRows, ...]
    findings: tuple[Finding, ...]


class TableValidation(Record):
    """A feed's table, its months in order; `findings` are those of the table as a whole.

    `undated_rows` have no date, `other_rows` one that lies in no month that the feed has: `rows` are all of these
    and those of the months. `query_ids` are those of the scan and of the query for keys.
    """

    feed: str
    table: TableName
    validated_at: datetime
    rows: int
    undated_rows: int
    other_rows: int
    months: tuple[ValidatedMonth, ...]
    findings: tuple[Finding, ...]
    query_ids: tuple[str, ...]

    def all_findings(self) -> Iterator[tuple[str, Finding]]:
        """Give every finding with its month, '' for those of the table."""
        yield from (("", finding) for finding in self.findings)
        for month in self.months:
            yield from ((month.month, finding) for finding in month.findings)

    @property
    def is_critical(self) -> bool:
        """Tell whether anything is CRITICAL."""
        return any(finding.severity == "CRITICAL" for _, finding in self.all_findings())
