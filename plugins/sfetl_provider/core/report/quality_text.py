"""The quality of a month in words."""

from __future__ import annotations

from sfetl_provider.core.qc.quality import Quality
from sfetl_provider.core.report.profile_table import share_text


def quality_text(quality: Quality) -> str:
    """Give the score and what it is made of, in one line."""
    shares = quality.shares
    return (
        f"{quality.score} of 100 (good records {share_text(shares.records)}, values present "
        f"{share_text(shares.values)}, expected days {share_text(shares.days)}; findings: "
        f"{quality.critical} CRITICAL, {quality.warnings} WARNING)"
    )
