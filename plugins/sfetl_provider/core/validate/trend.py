"""A month's rows beside those of the months before it: of the table where it was looked at, else of the ledger."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sfetl_provider.core.audit.history import (
    PublishedMonth,
    history_findings,
    rows_a_day,
    usual_rows_a_day,
)
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.qc.report import Finding


@dataclass(frozen=True)
class Trend:
    """The rows of all whole months that are known, by name; a month without rows is not compared with."""

    config: FeedConfig
    rows: Mapping[str, int]

    def share(self, month: Month) -> float | None:
        """Give a month's rows a day as a share of the usual ones; None when there is nothing to compare with."""
        usual = usual_rows_a_day(self._earlier(month), self.config)
        return rows_a_day(self.rows[str(month)], month, self.config) / usual if usual else None

    def findings(self, month: Month) -> Iterator[Finding]:
        """Say whether a month is low or high, as the audit of a load does."""
        return history_findings(self.rows[str(month)], month, self._earlier(month), self.config)

    def _earlier(self, month: Month) -> tuple[PublishedMonth, ...]:
        names = sorted(name for name, rows in self.rows.items() if rows and name < str(month))
        compared = self.config.audit.history.months
        return tuple(
            PublishedMonth(month=name, rows=self.rows[name]) for name in names[-compared:] if compared
        )
