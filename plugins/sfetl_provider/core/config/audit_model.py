"""The configuration of the audit: what is checked in the load table besides what QC says."""

from __future__ import annotations

from pydantic import Field

from sfetl_provider.core.config.qc_model import Severity
from sfetl_provider.core.config.section import Section


class HistoryConfig(Section):
    """How the rows of a month are compared with those of earlier ones, each divided by its expected days."""

    months: int = Field(default=6, ge=0, le=60)
    """How many of the published months before this one are compared, the newest first; 0: none is."""
    least_months: int = Field(default=3, ge=1)
    """With fewer earlier months than these (or than months, if that is less) nothing is compared."""
    low_share: float = Field(default=0.5, ge=0, le=1)
    """A month is low with fewer rows a day than this share of the earlier months' median."""
    high_share: float | None = Field(default=2, ge=1)
    """A month is high with more rows a day than so many times the median; null: none is."""
    severity: Severity = "WARNING"
    """What it means when a month is low or high: CRITICAL stops the load; WARNING and INFO are told."""

    @property
    def needed_months(self) -> int:
        """The least number of earlier months, at least 1."""
        return max(1, min(self.least_months, self.months))


class AuditConfig(Section):
    """Checks of the load table, before anything is visible."""

    rules: bool = False
    """True: own rules (qc.rules) are checked in the load table as well when QC has read the files. With qc.mode
    snowflake they always are."""
    history: HistoryConfig = HistoryConfig()
    """Comparison of the month's rows with those of earlier published months."""
