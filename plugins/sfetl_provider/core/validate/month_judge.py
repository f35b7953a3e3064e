"""A month of the table judged: its days, its keys, its rules, its trend, and what the ledger says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sfetl_provider.core.audit.day_scan import DayGroup
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.config.qc_model import Severity
from sfetl_provider.core.counted import counted
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.qc.days import classify_days, day_findings
from sfetl_provider.core.qc.expected_days import day_ranges
from sfetl_provider.core.qc.report import DayRows, Finding
from sfetl_provider.core.validate.day_span import DaySpan
from sfetl_provider.core.validate.key_search import KeyCounts
from sfetl_provider.core.validate.ledger_match import LedgerViews, month_state, state_findings
from sfetl_provider.core.validate.own_rules import OwnRules
from sfetl_provider.core.validate.records import ValidatedMonth
from sfetl_provider.core.validate.trend import Trend


@dataclass(frozen=True)
class MonthJudge:
    """What a month is held against; `rules` is None when they are not checked."""

    config: FeedConfig
    span: DaySpan
    ledger: LedgerViews
    keys: KeyCounts
    rules: OwnRules | None
    trend: Trend
    today: date

    def judge(self, month: Month, groups: Mapping[date, DayGroup]) -> ValidatedMonth:
        """Judge a month by what the scan found of each of its days."""
        name, rows = str(month), {day: group.rows for day, group in groups.items()}
        part = self.span.part_of(month) or month
        total, is_whole, (keys, key_rows) = sum(rows.values()), part is month, self.keys.of(name)
        state = month_state(name, total, self.ledger, is_whole=is_whole)
        days = self._days(part, rows)
        is_compared = is_whole and total > 0 and month.next_first_day <= self.today
        return ValidatedMonth(
            month=name,
            state=state,
            rows=total,
            recorded=self.ledger.recorded(name),
            first=min(rows, default=None),
            last=max(rows, default=None),
            missing=tuple(day_ranges(day.day for day in days if day.day_class == "MISSING")),
            duplicate_keys=keys,
            duplicate_rows=key_rows,
            trend=self.trend.share(month) if is_compared else None,
            days=days,
            findings=(
                *state_findings(state, name, total, self.ledger),
                *(self._findings(part, days) if total else self._empty(part)),
                *(self.trend.findings(month) if is_compared else ()),
                *self._broken_rules(month, list(groups.values()), is_whole),
            ),
        )

    def _days(self, month: Month, rows: Mapping[date, int]) -> tuple[DayRows, ...]:
        """Classify the days; one that is not over yet is not missing."""
        classified = classify_days(rows, self.config.qc, month)
        return tuple(day for day in classified if day.rows or day.day < self.today)

    def _findings(self, month: Month, days: Sequence[DayRows]) -> Iterator[Finding]:
        found = day_findings(days, self.config.qc, month)
        yield from (finding for finding in found if finding.code != "rows_per_day")
        keys, rows = self.keys.of(str(month))
        if keys and rows:
            named = f"{counted(keys, 'value')} of the key ({', '.join(self.keys.columns)})"
            text = f"{named} more than once in {month}, {counted(rows - keys, 'row')} too many."
            yield _finding(self.config.qc.key_severity, "duplicate_keys", text)

    def _broken_rules(self, month: Month, groups: Sequence[DayGroup], is_whole: bool) -> Iterator[Finding]:
        if self.rules is not None and groups:
            yield from self.rules.findings(month, groups, is_whole=is_whole)

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
