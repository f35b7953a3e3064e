"""The audit's judgement of a load table, from Snowflake's answers to findings."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from sfetl_provider.core.audit.checks import AuditJob, check_load_table, require_passed
from sfetl_provider.core.audit.report import AuditReport
from sfetl_provider.core.errors import AuditFailedError
from sfetl_provider.core.plan.month import Month
from tests.core.load_samples import sample_config, sample_outcome, sample_plan
from tests.core.scripted_warehouse import ManualClock, ScriptedWarehouse, rows_of

CLEAN = (5, 0, 0, 2, "2013-01-01", "2013-01-31")


def audited(totals: tuple[object, ...], qc_mode: str = "file", days: tuple[object, ...] = ()) -> AuditReport:
    warehouse = ScriptedWarehouse()
    warehouse.answer("SELECT\n  COUNT(*)", rows_of(totals))
    warehouse.answer("GROUP BY 1", rows_of(*((day, 1) for day in days)))
    plan = sample_plan(qc_mode=qc_mode)
    job = AuditJob(plan, sample_config(), sample_outcome(plan))
    report = check_load_table(job, warehouse, ManualClock())
    assert warehouse.binds[0] == (date(2013, 1, 1), date(2013, 2, 1))
    return report


def codes(report: AuditReport) -> list[str]:
    return [finding.code for finding in report.findings]


def test_clean_table_passes() -> None:
    report = audited((*CLEAN, 0))
    assert report.is_passed
    assert report.query_ids == ("q1",)
    assert (report.rows, report.distinct_days, report.first, report.last) == CLEAN[:1] + CLEAN[3:]
    assert require_passed(report, sample_plan()) is report


@pytest.mark.parametrize(
    ("totals", "code"),
    [
        ((4, *CLEAN[1:], 0), "row_count"),
        ((5, 1, 0, 2, "2013-01-01", "2013-01-31", 0), "undated"),
        ((5, 0, 2, 2, "2012-12-31", "2013-01-31", 0), "outside_month"),
        ((*CLEAN, 3), "null_value"),
    ],
)
def test_each_fault_is_found(totals: tuple[object, ...], code: str) -> None:
    report = audited(totals)
    assert codes(report) == [code]
    assert not report.is_passed


def test_failure_names_every_fault() -> None:
    report = audited((4, 1, 2, 2, "2012-12-31", None, 3))
    with pytest.raises(AuditFailedError) as raised:
        require_passed(report, sample_plan())
    for words in ("4 rows, COPY loaded 5", "1 rows have no date", "2 rows lie outside 2013-01", "CARRIER"):
        assert words in str(raised.value)
    assert "target table was not touched" in str(raised.value)


def test_skipped_qc_does_not_look_for_nulls() -> None:
    report = audited(CLEAN, qc_mode="skip")
    assert report.is_passed
    assert report.nulls == {}


@pytest.mark.parametrize("kind", [date, datetime, str])
def test_snowflake_mode_lists_the_missing_days(kind: type) -> None:
    numbers = [number for number in range(1, 32) if number not in (7, 31)]
    days: dict[type, list[object]] = {
        date: [date(2013, 1, number) for number in numbers],
        datetime: [datetime(2013, 1, number) for number in numbers],
        str: [f"2013-01-{number:02}" for number in numbers],
    }
    report = audited((*CLEAN, 0), qc_mode="snowflake", days=tuple(days[kind]))
    assert [str(day.day) for day in report.day_rows if day.day_class == "MISSING"] == [
        "2013-01-07",
        "2013-01-31",
    ]
    assert codes(report) == ["missing_days", "rows_per_day"]
    assert "2 of the expected days of 2013-01: 2013-01-07, 2013-01-31." in report.findings[0].message
    assert report.days[date(2013, 1, 1)] == 1
    assert len(report.query_ids) == 2


def test_snowflake_mode_passes_when_every_day_has_rows() -> None:
    days = tuple(Month(2013, 1).days())
    assert audited((*CLEAN, 0), qc_mode="snowflake", days=days).is_passed


def test_snowflake_mode_classifies_days_as_file_qc_does_and_lists_dates_outside() -> None:
    days = [(day, 100) for day in Month(2013, 1).days()[1:]]
    warehouse = ScriptedWarehouse()
    warehouse.answer("SELECT\n  COUNT(*)", rows_of((5, 0, 2, 32, "2013-01-01", "2013-02-01", 0)))
    warehouse.answer("GROUP BY 1", rows_of((date(2013, 1, 1), 3), *days, (date(2013, 2, 1), 2)))
    plan = sample_plan(qc_mode="snowflake")
    report = check_load_table(AuditJob(plan, sample_config(), sample_outcome(plan)), warehouse, ManualClock())

    assert [(item.severity, item.code) for item in report.findings] == [
        ("CRITICAL", "outside_month"),
        ("WARNING", "severely_low_days"),
        ("INFO", "rows_per_day"),
    ]
    assert "2013-02-01 (2)" in report.findings[0].message
    assert (report.day_rows[0].rows, report.day_rows[0].day_class) == (3, "SEVERELY_LOW")
    assert date(2013, 2, 1) not in report.days
