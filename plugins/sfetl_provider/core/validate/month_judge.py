"""A month of the table judged: its days, its keys, and what the ledger says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.config.qc_model import Severity
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.qc.days import classify_days, day_findings
from sfetl_provider.core.qc.expected_days import day_ranges
from sfetl_provider.core.qc.report import DayRows, Finding
from sfetl_provider.core.validate.ledger_match import LedgerViews, month_state, state_findings
from sfetl_provider.core.validate.records import ValidatedMonth


@dataclass(frozen=True)
class KeyCounts:
    """Keys that stand more than once, and their rows, by month; None where they were not looked at."""

    counts: Mapping[str, tuple[int, int]] | None
    query_ids: tuple[str, ...] = ()

    def of(self, month: str) -> tuple[int | None, int | None]:
        """Give a month's counts."""
        return (None, None) if self.counts is None else self.counts.get(month, (0, 0))


@dataclass(frozen=True)
class MonthJudge:
    """What a month is held against."""

    config: FeedConfig
    ledger: LedgerViews
    keys: KeyCounts
    today: date

    def judge(self, month: Month, rows: Mapping[date, int]) -> ValidatedMonth:
        """Judge a month by its rows of each day."""
        name, total = str(month), sum(rows.values())
        recorded, (keys, key_rows) = self.ledger.recorded(name), self.keys.of(name)
        days = self._days(month, rows)
        return ValidatedMonth(
            month=name,
            state=month_state(name, total, self.ledger),
            rows=total,
            published_rows=recorded.rows if recorded else None,
            first=min(rows, default=None),
            last=max(rows, default=None),
            missing=tuple(day_ranges(day.day for day in days if day.day_class == "MISSING")),
            duplicate_keys=keys,
            duplicate_rows=key_rows,
            days=days,
            findings=(*state_findings(name, total, self.ledger), *self._findings(month, days)),
        )

    def _days(self, month: Month, rows: Mapping[date, int]) -> tuple[DayRows, ...]:
        """Classify the days; one that is not over yet is not missing."""
        classified = classify_days(rows, self.config.qc, month)
        return tuple(day for day in classified if day.rows or day.day < self.today)

    def _findings(self, month: Month, days: Sequence[DayRows]) -> Iterator[Finding]:
        if not any(day.rows for day in days):
            yield from self._empty(month)
            return
        found = day_findings(days, self.config.qc, month)
        yield from (finding for finding in found if finding.code != "rows_per_day")
        keys, rows = self.keys.of(str(month))
        if keys and rows:
            text = f"{keys:,} values of the key ({', '.join(self.config.qc.key)}) more than once in {month},"
            yield _finding(
                self.config.qc.key_severity, "duplicate_keys", f"{text} {rows - keys:,} rows too many."
            )

    def _empty(self, month: Month) -> Iterator[Finding]:
        recorded = self.ledger.recorded(str(month))
        if recorded and not recorded.rows:
            text = f"No rows of {month}: its last change was a {recorded.action} (ledger row {recorded.sequence})."
            yield _finding("INFO", "month_empty", text)
        elif not recorded and month.first_day < self.today:
            severity = self.config.qc.days.severities.missing
            yield _finding(severity, "month_empty", f"No rows of {month}, and none were ever published.")


def _finding(severity: Severity, code: str, message: str) -> Finding:
    return Finding(severity=severity, code=code, message=message)
