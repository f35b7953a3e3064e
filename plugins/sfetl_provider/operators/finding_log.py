"""Findings in a task's log, where a WARNING stands out."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Protocol

from sfetl_provider.core.qc.days import day_lines
from sfetl_provider.core.qc.report import DayRows, Finding


class Log(Protocol):
    """The logger of a task."""

    def log(self, level: int, event: str, *args: object) -> object:
        """Write a line."""


def log_findings(log: Log, findings: Sequence[Finding], days: Sequence[DayRows]) -> None:
    """Write every finding, a WARNING at that level, and every day with its rows and class.

    CRITICAL ones are written at the level of information: the error that follows names them again.
    """
    for finding in findings:
        level = logging.WARNING if finding.severity == "WARNING" else logging.INFO
        log.log(level, "%s %s: %s", finding.severity, finding.code, finding.message)
    for line in day_lines(days):
        log.log(logging.INFO, "%s", line)
