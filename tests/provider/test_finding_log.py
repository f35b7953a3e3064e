from __future__ import annotations

import logging
from datetime import date

import pytest

from sfetl_provider.core.qc.report import DayRows, Finding
from sfetl_provider.operators.finding_log import log_findings


def test_warnings_stand_out_and_every_day_is_written(caplog: pytest.LogCaptureFixture) -> None:
    findings = [
        Finding(severity="WARNING", code="low_days", message="few rows"),
        Finding(severity="INFO", code="rows_per_day", message="28 days"),
    ]
    days = [DayRows(day=date(2013, 2, 1), rows=3, day_class="LOW")]

    with caplog.at_level(logging.INFO):
        log_findings(logging.getLogger("task"), findings, days)

    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("WARNING", "WARNING low_days: few rows"),
        ("INFO", "INFO rows_per_day: 28 days"),
        ("INFO", "2013-02-01 Fri 3  LOW"),
    ]
