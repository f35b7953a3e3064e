"""Findings in a task's log, where a WARNING stands out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sfetl_provider.core.qc.days import day_lines
from sfetl_provider.core.qc.report import DayRows, Finding


def log_findings(log: Any, findings: Sequence[Finding], days: Sequence[DayRows]) -> None:
    """Write every finding, a WARNING at that level, then every day with its rows and class.

    CRITICAL ones are written at the level of information: the error that follows names them again.
    """
    for finding in findings:
        write = log.warning if finding.severity == "WARNING" else log.info
        write("%s %s: %s", finding.severity, finding.code, finding.message)
    for line in day_lines(days):
        log.info("%s", line)
