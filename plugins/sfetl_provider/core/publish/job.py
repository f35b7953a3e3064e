"""What a publication is given, and what its transaction has done before it writes its ledger row."""

from __future__ import annotations

from dataclasses import dataclass

from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.copy_into.outcome import CopyOutcome
from sfetl_provider.core.ledger.month_rows import MonthRows
from sfetl_provider.core.plan.month_plan import MonthPlan
from sfetl_provider.core.qc.report import Finding, QcVerdict
from sfetl_provider.core.stage.staged_file import StagedFile


@dataclass(frozen=True)
class PublishJob:
    """What to publish, and all that its ledger row has to say."""

    plan: MonthPlan
    config: FeedConfig
    staged_files: tuple[StagedFile, ...]
    outcome: CopyOutcome
    verdict: QcVerdict
    audited: tuple[Finding, ...] = ()
    """What the audit told of the load table."""
    is_insecure: bool = False
    """Its run verifies, or verified when it was planned, no certificate."""

    @property
    def rows(self) -> MonthRows:
        """The month's rows in the target."""
        return MonthRows(self.plan.table, self.config.target_date_column, self.plan.month_value)

    @property
    def file_names(self) -> list[str]:
        """The names of the files whose rows are in the load table."""
        return [file.file for file in self.staged_files]


@dataclass(frozen=True)
class Change:
    """Rows of the month before, and what became of them and of the load table's rows.

    `rejected` rows are of no use to the month and were kept aside. `query_ids` are by step.
    """

    before: int
    query_ids: dict[str, str]
    deleted: int = 0
    inserted: int = 0
    updated: int = 0
    rejected: int = 0
    confirmed: str = ""
