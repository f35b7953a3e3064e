"""A month's rows beside those of the months before it: of the table where it was looked at, else of the ledger."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sfetl_provider.core.audit.history import (
    PublishedMonth,
    history_findings,
    months_a_day,
    rows_a_day,
    usual_rows_a_day,
)
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.qc.report import Finding


class Trend:
    """The rows of all whole months that are known, by name; a month without rows is not compared with."""

    def __init__(self, config: FeedConfig, rows: Mapping[str, int]) -> None:
        self._config = config
        self._rows = rows
        with_rows = [PublishedMonth(month=name, rows=rows[name]) for name in sorted(rows) if rows[name]]
        self._a_day = months_a_day(with_rows, config)

    def share(self, month: Month) -> float | None:
        """Give a month's rows a day as a share of the usual ones; None when there is nothing to compare with."""
        usual = usual_rows_a_day(self._earlier(month), self._config)
        return rows_a_day(self._rows[str(month)], month, self._config) / usual if usual else None

    def findings(self, month: Month) -> Iterator[Finding]:
        """Say whether a month is low or high, as the audit of a load does."""
        return history_findings(self._rows[str(month)], month, self._earlier(month), self._config)

    def _earlier(self, month: Month) -> dict[str, float]:
        name, compared = str(month), self._config.audit.history.months
        before = [past for past in self._a_day if past < name]
        return {past: self._a_day[past] for past in before[-compared:] if compared}
