"""What a validation says about a feed's table."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Literal, get_args

from sfetl_provider.core.config.qc_model import Severity
from sfetl_provider.core.ledger.entry import LedgerEntry
from sfetl_provider.core.ledger.month_history import RecordedMonth
from sfetl_provider.core.ledger.verification import ChainReport
from sfetl_provider.core.plan.month_plan import TableName
from sfetl_provider.core.qc.report import DayRows, Finding
from sfetl_provider.core.record import Record

MonthState = Literal[
    "as published", "differs", "gone", "not published", "empty", "changing", "no ledger", "in part"
]
Verdict = Literal["failed", "not looked at", "warned", "passed"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
SEVERITIES: tuple[Severity, ...] = get_args(Severity)


class ValidatedMonth(Record):
    """A month as it stands in the table.

    `state` is how it compares with the ledger, and `recorded` what the ledger says; None when it knows nothing of
    the month. `missing` are the expected days without rows, as dates and ranges. `duplicate_keys`
    stand in `duplicate_rows` rows together; None when keys were not looked at. `trend` is its rows a day as a
    share of those of the months before, as `audit.history` compares them; None where there are too few, and for a
    month that is not over. `days` holds every expected day and every other one with rows.
    """

    month: str
    state: MonthState
    rows: int
    recorded: RecordedMonth | None
    first: date | None
    last: date | None
    missing: tuple[str, ...]
    duplicate_keys: int | None
    duplicate_rows: int | None
    trend: float | None
    days: tuple[DayRows, ...]
    findings: tuple[Finding, ...]


class LedgerRecord(Record):
    """All that the ledger has of a feed: its rows, and whether they are what was written.

    `chain` is None, and `fault` says why, when that could not be told. A row that holds what no row can hold is
    not among the entries; `chain` names the first of them.
    """

    entries: tuple[LedgerEntry, ...] = ()
    chain: ChainReport | None = None
    fault: str = ""


class TableValidation(Record):
    """A feed's table, its months in order; `findings` are those of the table as a whole.

    `fault` says why the table could not be looked at; then everything else is empty. Looked at were the days from
    `first_day` to `last_day`, None: without an end. `size_bytes` are those of the whole table, None when Snowflake
    does not tell. `undated_rows` have no date, `other_rows` one that lies in no month that the feed has: `rows`
    are all of these and those of the months. `key` names the columns whose duplicates were looked for. `ledger` is
    there when it was asked for. `query_ids` are those of all queries of the table's rows.
    """

    feed: str
    table: TableName
    validated_at: datetime
    fault: str = ""
    first_day: date | None = None
    last_day: date | None = None
    rows: int = 0
    undated_rows: int = 0
    other_rows: int = 0
    size_bytes: int | None = None
    key: tuple[str, ...] = ()
    months: tuple[ValidatedMonth, ...] = ()
    findings: tuple[Finding, ...] = ()
    ledger: LedgerRecord | None = None
    query_ids: tuple[str, ...] = ()

    def all_findings(self) -> Iterator[tuple[str, Finding]]:
        """Give every finding with its month, '' for those of the table."""
        yield from (("", finding) for finding in self.findings)
        for month in self.months:
            yield from ((month.month, finding) for finding in month.findings)

    def sorted_findings(self) -> list[tuple[str, Finding]]:
        """Give every finding with its month, the severest first."""
        return sorted(self.all_findings(), key=lambda found: SEVERITIES.index(found[1].severity))

    def severity_counts(self) -> dict[Severity, int]:
        """Count the findings of each severity."""
        found = [finding.severity for _, finding in self.all_findings()]
        return {severity: found.count(severity) for severity in SEVERITIES}

    @property
    def verdict(self) -> Verdict:
        """What the severest finding says of the table; INFO is no reason to warn."""
        counts = self.severity_counts()
        if self.fault:
            return "not looked at"
        return "failed" if counts["CRITICAL"] else "warned" if counts["WARNING"] else "passed"

    def is_refused(self, fail_on: Severity) -> bool:
        """Tell whether anything is of this severity or a severer one."""
        refused = SEVERITIES[: SEVERITIES.index(fail_on) + 1]
        return any(finding.severity in refused for _, finding in self.all_findings())

    @property
    def last_load(self) -> tuple[str, RecordedMonth] | None:
        """The newest publication whose rows still stand, and its month; None when the ledger has none."""
        loads = [
            (month.month, month.recorded)
            for month in self.months
            if month.recorded and month.recorded.action == "publish"
        ]
        return max(loads, key=lambda load: load[1].sequence, default=None)
