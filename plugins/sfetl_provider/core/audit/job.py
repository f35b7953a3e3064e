"""What an audit is about."""

from __future__ import annotations

from dataclasses import dataclass

from sfetl_provider.core.audit.history import PublishedMonth
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.copy_into.outcome import CopyOutcome
from sfetl_provider.core.plan.month_plan import MonthPlan, TableName
from sfetl_provider.core.qc.report import QcVerdict


@dataclass(frozen=True)
class AuditJob:
    """Which load table to check, and against what.

    `verdict` is QC's, whose rows per day the table must have when QC read the files; `files` is the number of
    the month's files, and `earlier` are the published months with which its rows are compared.
    """

    plan: MonthPlan
    config: FeedConfig
    outcome: CopyOutcome
    verdict: QcVerdict | None = None
    files: int = 1
    earlier: tuple[PublishedMonth, ...] = ()

    @property
    def load_table(self) -> TableName:
        """The table."""
        return self.outcome.load_table

    @property
    def is_quality_control(self) -> bool:
        """Tell whether this is where the month's quality is controlled."""
        return self.plan.qc_mode == "snowflake"

    @property
    def has_rules(self) -> bool:
        """Tell whether own rules are checked here."""
        is_asked = self.plan.qc_mode == "file" and self.config.audit.rules
        return bool(self.config.qc.rules) and (self.is_quality_control or is_asked)

    @property
    def hidden(self) -> frozenset[str]:
        """The columns whose values are sensitive and stand in the load table as they are: never quoted."""
        return frozenset(column.name for column in self.config.columns if column.is_masked("publish"))

    @property
    def has_suite(self) -> bool:
        """Tell whether the feed's suite is checked here."""
        return self.is_quality_control and self.config.suite is not None

    @property
    def required(self) -> tuple[str, ...]:
        """The columns that must have a value."""
        if self.plan.qc_mode == "skip":
            return ()
        return tuple(column.name for column in self.config.columns if not column.nullable)
