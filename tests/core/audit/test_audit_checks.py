"""The audit's judgement of a load table, from Snowflake's answers to findings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import pytest

from sfetl_provider.core.audit.checks import check_load_table, require_passed
from sfetl_provider.core.audit.findings import day_count_findings
from sfetl_provider.core.audit.history import PublishedMonth
from sfetl_provider.core.audit.job import AuditJob
from sfetl_provider.core.audit.report import AuditReport
from sfetl_provider.core.errors import AuditFailedError
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.qc.report import DayRows, QcVerdict
from tests.core.load_samples import PASSED, sample_config, sample_outcome, sample_plan
from tests.core.scripted_warehouse import ManualClock, ScriptedWarehouse, rows_of

FIRST, LAST = date(2013, 1, 1), date(2013, 1, 31)
CLEAN = ((FIRST, 3, 0), (LAST, 2, 0))
MONTH = Month(2013, 1)
Row = tuple[object, ...]


def audited(rows: Sequence[Row], qc_mode: str = "file", **job: Any) -> AuditReport:
    warehouse = ScriptedWarehouse()
    warehouse.answer("GROUP BY 1", rows_of(*rows))
    plan = sample_plan(qc_mode=qc_mode)
    config = job.pop("config", sample_config())
    copied = job.pop("copied", 5)
    report = check_load_table(
        AuditJob(plan, config, sample_outcome(plan, copied), **job), warehouse, ManualClock()
    )
    assert len(warehouse.statements) == 1
    return report


def codes(report: AuditReport) -> list[str]:
    return [finding.code for finding in report.findings]


def counted(days: dict[date, int]) -> QcVerdict:
    rows = tuple(DayRows(day=day, rows=count, day_class="NORMAL") for day, count in days.items())
    return PASSED.model_copy(update={"days": rows})


def test_clean_table_passes_in_one_statement() -> None:
    report = audited(CLEAN)
    assert report.is_passed
    assert report.query_ids == ("q1",)
    assert (report.rows, report.distinct_days, report.first, report.last) == (
        5,
        2,
        "2013-01-01",
        "2013-01-31",
    )
    assert report.days == {FIRST: 3, LAST: 2}
    assert len(report.day_rows) == 31
    assert require_passed(report, sample_plan()) is report


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        (((FIRST, 4, 0),), "row_count"),
        (((None, 1, 0), (FIRST, 4, 0)), "undated"),
        (((date(2012, 12, 31), 2, 0), (FIRST, 3, 0)), "outside_month"),
        (((FIRST, 3, 1), (LAST, 2, 2)), "null_value"),
    ],
)
def test_each_fault_is_found(rows: tuple[Row, ...], code: str) -> None:
    report = audited(rows)
    assert codes(report) == [code]
    assert not report.is_passed


def test_failure_names_every_fault() -> None:
    report = audited([(None, 1, 0), (date(2012, 12, 31), 2, 1), (FIRST, 1, 2)])
    with pytest.raises(AuditFailedError) as raised:
        require_passed(report, sample_plan())
    for words in ("4 rows, COPY loaded 5", "1 rows have no date", "2 rows lie outside 2013-01", "in 3 rows"):
        assert words in str(raised.value)
    assert "row of the target table was touched" in str(raised.value)


def test_an_empty_table_is_judged() -> None:
    report = audited((), copied=0)
    assert report.is_passed
    assert (report.rows, report.first, report.nulls) == (0, "", {"CARRIER": 0})


def test_skipped_qc_does_not_look_for_nulls() -> None:
    report = audited([(FIRST, 5)], qc_mode="skip")
    assert report.is_passed
    assert report.nulls == {}
    assert report.days == {FIRST: 5}


@pytest.mark.parametrize(
    ("days", "differing"),
    [
        ({FIRST: 3, LAST: 2, date(2013, 1, 2): 0}, ""),
        ({FIRST: 2, LAST: 3}, "2 days have other numbers of rows than QC counted in the files: "
         "2013-01-01 (3 instead of 2), 2013-01-31 (2 instead of 3)"),
        ({FIRST: 3}, "1 day has other numbers of rows than QC counted in the files: 2013-01-31 (2 instead of 0)"),
    ],
)  # fmt: skip
def test_each_day_has_the_rows_that_qc_counted(days: dict[date, int], differing: str) -> None:
    report = audited(CLEAN, verdict=counted(days))
    assert [(item.severity, item.message) for item in report.findings] == (
        [("CRITICAL", differing)] if differing else []
    )


@pytest.mark.parametrize(("found", "rejected", "is_right"), [(3, 2, True), (3, 1, False), (6, 2, False)])
def test_rows_that_copy_left_out_may_be_of_any_day(found: int, rejected: int, is_right: bool) -> None:
    findings = day_count_findings(counted({FIRST: 5, LAST: 1}).days, {FIRST: found, LAST: 1}, rejected)
    assert [finding.code for finding in findings] == ([] if is_right else ["day_rows"])


RULES = {
    "rules": [
        {"name": "far", "condition": "distance > 0"},
        {"name": "many", "aggregate": "count(*)", "min": 9},
    ]
}


def rules_audited(*rows: Row, qc_mode: str = "file") -> tuple[AuditReport, ScriptedWarehouse]:
    warehouse = ScriptedWarehouse()
    described = (("DISTANCE", "VARCHAR(9)"), ("CARRIER", "no type of today"))
    warehouse.answer("DESCRIBE", rows_of(*described, columns=("name", "type")))
    warehouse.answer("SELECT", rows_of((0, 0, 0, 0)))
    warehouse.answer("GROUP BY 1", rows_of(*rows))
    warehouse.answer("LIMIT 5", rows_of((0, "-" + 80 * "1"), (0, None)))
    plan, config = sample_plan(qc_mode=qc_mode), sample_config(qc=RULES, audit={"rules": True})
    job = AuditJob(plan, config, sample_outcome(plan, sum(int(str(row[1])) for row in rows)))
    return check_load_table(job, warehouse, ManualClock()), warehouse


def test_rules_are_checked_after_qc_of_files_too_when_asked() -> None:
    report, warehouse = rules_audited((FIRST, 3, 0, 1, 0, 3), (LAST, 2, 0, 1, 1, 2))
    far, many = (finding.message for finding in report.findings)
    assert far == (
        "2013-01 in the load table: rule far: 2 records not meeting distance > 0 (1 of them with a value that "
        f"cannot be read as the rule takes it): DISTANCE '-{59 * '1'}…'; DISTANCE NULL."
    )
    assert "count(*) is 5, and must be at least 9" in many
    assert [statement.split()[0] for statement in warehouse.statements] == ["DESCRIBE", "SELECT", "SELECT"]
    assert warehouse.binds[1:] == [("0",), ("0",)]


def test_values_of_a_masked_column_are_not_quoted() -> None:
    mask = {"mask": {"method": "fixed", "where": "publish"}}
    columns = ["flight_date", {"name": "carrier", **mask}, {"name": "distance", **mask}]
    config = sample_config(
        qc={"expected_days": "any", "key": ["flight_date", "carrier"], **RULES}, columns=columns
    )
    warehouse = ScriptedWarehouse()
    warehouse.answer("DESCRIBE", rows_of(columns=("name", "type")))
    warehouse.answer("GROUP BY 1", rows_of((FIRST, 9, 2, 0, 9, 0)))
    warehouse.answer("HAVING", rows_of((1, 2, 2, "2013-01-01", "secret")))
    plan = sample_plan(qc_mode="snowflake")
    report = check_load_table(AuditJob(plan, config, sample_outcome(plan, 9)), warehouse, ManualClock())

    told = {finding.code: finding.message for finding in report.findings}
    assert told["rule_far"].endswith("2 records not meeting distance > 0.")
    assert told["duplicate_keys"].endswith("('2013-01-01', '***') 2 times.")
    assert len(warehouse.statements) == 3


def test_rules_over_no_rows_are_computed_over_the_whole_table() -> None:
    report, _ = rules_audited()
    assert codes(report) == ["rule_many"]


def test_rules_are_not_checked_when_qc_is_skipped() -> None:
    report, warehouse = rules_audited((FIRST, 3), qc_mode="skip")
    assert report.is_passed
    assert len(warehouse.statements) == 1


@pytest.mark.parametrize("kind", [date, datetime, str])
def test_snowflake_mode_lists_the_missing_days(kind: type) -> None:
    numbers = [number for number in range(1, 32) if number not in (7, 31)]
    days: dict[type, list[object]] = {
        date: [date(2013, 1, number) for number in numbers],
        datetime: [datetime(2013, 1, number) for number in numbers],
        str: [f"2013-01-{number:02}" for number in numbers],
    }
    report = audited([(day, 1, 0) for day in days[kind]], qc_mode="snowflake", copied=29)
    assert [str(day.day) for day in report.day_rows if day.day_class == "MISSING"] == [
        "2013-01-07",
        "2013-01-31",
    ]
    assert codes(report) == ["missing_days", "rows_per_day"]
    assert "2 of the expected days of 2013-01: 2013-01-07, 2013-01-31." in report.findings[0].message


def test_snowflake_mode_classifies_days_as_file_qc_does_and_lists_dates_outside() -> None:
    days = [(day, 100, 0) for day in MONTH.days()[1:]]
    rows = [(FIRST, 3, 0), *days, (date(2013, 2, 1), 2, 0)]
    report = audited(rows, qc_mode="snowflake", copied=3005)

    assert [(item.severity, item.code) for item in report.findings] == [
        ("CRITICAL", "outside_month"),
        ("WARNING", "severely_low_days"),
        ("INFO", "rows_per_day"),
    ]
    assert "2013-02-01 (2)" in report.findings[0].message
    assert (report.day_rows[0].rows, report.day_rows[0].day_class) == (3, "SEVERELY_LOW")
    assert date(2013, 2, 1) not in report.days


def earlier(*rows: int) -> tuple[PublishedMonth, ...]:
    return tuple(PublishedMonth(month=f"2012-{12 - at:02}", rows=count) for at, count in enumerate(rows))


@pytest.mark.parametrize(
    ("rows", "history", "code"),
    [
        ((31, 30, 31, 30), {}, "history_low"),
        ((10, 11, 9), {}, ""),
        ((1, 2, 1), {}, "history_high"),
        ((1, 2, 1), {"high_share": None}, ""),
        ((31, 30), {}, ""),
        ((31, 30), {"months": 2}, "history_low"),
        ((0, 0, 0), {}, "history_high"),
    ],
)
def test_a_month_is_compared_with_the_median_of_earlier_ones(
    rows: tuple[int, ...], history: dict[str, Any], code: str
) -> None:
    config = sample_config(audit={"history": history})
    report = audited(CLEAN, earlier=earlier(*rows), config=config)
    assert codes(report) == ([code] if code else [])
    assert report.is_passed


def test_days_that_are_not_expected_do_not_make_a_month_low() -> None:
    severe = {"history": {"severity": "CRITICAL", "least_months": 1, "low_share": 0.95}}
    weekdays = sample_config(audit=severe, qc={"expected_days": "weekdays"})
    # 23 weekdays in January, 21 in December.
    assert audited([(FIRST, 23, 0)], earlier=earlier(21), config=weekdays, copied=23).is_passed
    report = audited([(FIRST, 21, 0)], earlier=earlier(21), config=weekdays, copied=21)
    assert [item.message for item in report.findings] == [
        "21 rows in 2013-01, 0.9 for each expected day: 91.3 % of the median of 1.0 in the published "
        "month 2012-12."
    ]
    assert not report.is_passed
