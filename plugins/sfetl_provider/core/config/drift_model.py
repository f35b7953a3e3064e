"""The configuration of drift: when a month is unlike those before it."""

from __future__ import annotations

from pydantic import Field

from sfetl_provider.core.config.qc_model import Severity
from sfetl_provider.core.config.section import Section


class DriftSeverities(Section):
    """What it means when a column is unlike that of earlier months: CRITICAL stops the load."""

    null_share: Severity = "WARNING"
    """Values are missing more or less often."""
    range: Severity = "WARNING"
    """Numbers are smaller or greater."""
    distinct_ratio: Severity = "WARNING"
    """There are more or fewer different values."""
    mean_length: Severity = "WARNING"
    """Texts are shorter or longer."""


class DriftConfig(Section):
    """With which earlier months the profile is compared, and how far it may lie outside theirs."""

    months: int = Field(default=6, ge=0, le=60)
    """How many of the published months before this one are compared, the newest first; 0: none is."""
    least_months: int = Field(default=3, ge=1)
    """With fewer earlier months than these (or than months, if that is less) nothing is compared."""
    null_share: float = Field(default=0.1, ge=0, le=1)
    """How far the share of missing values may lie outside, as a share of the records."""
    range: float = Field(default=0.5, ge=0)
    """How far numbers may lie outside, as a share of the width of the earlier range."""
    distinct_ratio: float = Field(default=0.2, ge=0, le=1)
    """How far the number of different values may lie outside, as a share of the values; needs qc.profile full."""
    mean_length: float = Field(default=0.5, ge=0)
    """How far the mean length of texts may lie outside, as a share of the earlier one."""
    severities: DriftSeverities = DriftSeverities()
    """What follows from each."""

    @property
    def needed_months(self) -> int:
        """The least number of earlier months, at least 1."""
        return max(1, min(self.least_months, self.months))
