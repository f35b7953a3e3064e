from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfetl_provider.core.config.feed_sections import QcConfig
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.qc.days import classify_days, day_findings, day_lines
from sfetl_provider.core.qc.report import DayRows

MONTH = Month(2013, 2)
ROWS = st.dictionaries(st.sampled_from(MONTH.days()), st.integers(0, 5000))
EVEN = dict.fromkeys(MONTH.days(), 1000)


def _classes(rows: dict[date, int], **qc: Any) -> dict[int, str]:
    days = classify_days(rows, QcConfig.model_validate(qc), MONTH)
    return {day.day.day: day.day_class for day in days if day.day_class != "NORMAL"}


def _with(**changes: int) -> dict[date, int]:
    return {**EVEN, **{date(2013, 2, int(day[1:])): rows for day, rows in changes.items()}}


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        (_with(), {}),
        (_with(d1=0), {1: "MISSING"}),
        (_with(d1=90), {1: "SEVERELY_LOW"}),
        (_with(d1=110), {1: "LOW"}),
        (_with(d1=480), {1: "LOW"}),
        (_with(d1=500), {1: "OUTLIER_LOW"}),
        (_with(d1=980, d2=1020), {1: "OUTLIER_LOW", 2: "OUTLIER_HIGH"}),
        (_with(d1=995, d2=1005), {}),
        ({date(2013, 2, 1): 5}, {1: "", **dict.fromkeys(range(2, 29), "MISSING")}),
        ({}, dict.fromkeys(range(1, 29), "MISSING")),
    ],
)
def test_each_class_has_its_limits(rows: dict[date, int], found: dict[int, str]) -> None:
    assert _classes(rows) == {day: day_class for day, day_class in found.items() if day_class}


def test_an_outlier_lies_more_than_one_and_a_half_quartile_distances_outside() -> None:
    rows = {day: 1000 + 100 * (day.day % 4) for day in MONTH.days()}
    # Quartiles 1100 and 1300: the limits are 800 and 1600.
    assert _classes({**rows, date(2013, 2, 4): 800, date(2013, 2, 8): 1600}) == {}
    assert _classes({**rows, date(2013, 2, 4): 799, date(2013, 2, 8): 1601}) == {
        4: "OUTLIER_LOW",
        8: "OUTLIER_HIGH",
    }


def test_limits_are_the_feeds_own() -> None:
    rows = _with(d1=600, d2=300, d3=2000)

    assert _classes(rows, days={"severely_low_share": 0.4, "low_share": 0.7, "outlier_iqr": None}) == {
        1: "LOW",
        2: "SEVERELY_LOW",
    }


def test_days_that_are_not_expected_are_shown_and_not_compared() -> None:
    weekend = {day: 1 for day in MONTH.days() if day.weekday() > 4}

    found = _classes({**EVEN, **weekend}, expected_days="weekdays")

    assert set(found.values()) == {"NOT_EXPECTED"}
    assert len(found) == 8


def test_with_no_expected_days_all_days_with_rows_are_compared() -> None:
    rows = {**dict.fromkeys(MONTH.days()[:9], 100), date(2013, 2, 28): 5}

    days = classify_days(rows, QcConfig(expected_days="any"), MONTH)

    assert [(day.day.day, day.day_class) for day in days][-2:] == [(9, "NORMAL"), (28, "SEVERELY_LOW")]


@given(ROWS, st.sampled_from(["all", "weekdays", "any"]), st.integers(2, 50))
def test_each_day_is_shown_once_and_the_scale_does_not_matter(
    rows: dict[date, int], expected: Any, factor: int
) -> None:
    qc = QcConfig(expected_days=expected)
    days = classify_days(rows, qc, MONTH)
    scaled = classify_days({day: count * factor for day, count in rows.items()}, qc, MONTH)

    assert [day.day for day in days] == sorted({day.day for day in days})
    assert {day.day: day.rows for day in days if day.rows} == {
        day: count for day, count in rows.items() if count
    }
    assert [day.day_class for day in scaled] == [day.day_class for day in days]


@given(ROWS)
def test_every_unusual_day_stands_in_the_finding_of_its_class(rows: dict[date, int]) -> None:
    qc = QcConfig()
    days = classify_days(rows, qc, MONTH)
    findings = {item.code: item for item in day_findings(days, qc, MONTH)}

    for day in days:
        if day.day_class not in ("NORMAL", "MISSING"):
            finding = findings[f"{day.day_class.lower()}_days"]
            assert f"{day.day} ({day.rows:,})" in finding.message
            assert finding.severity == "WARNING"
    assert ("missing_days" in findings) == any(not day.rows for day in days)


def test_severities_are_the_feeds_own() -> None:
    qc = QcConfig.model_validate({"days": {"severities": {"missing": "INFO", "low": "CRITICAL"}}})
    days = classify_days(_with(d1=0, d2=300), qc, MONTH)

    assert [(item.severity, item.code) for item in day_findings(days, qc, MONTH)] == [
        ("INFO", "missing_days"),
        ("CRITICAL", "low_days"),
        ("INFO", "rows_per_day"),
    ]


def test_days_are_written_in_columns() -> None:
    days = [
        DayRows(day=date(2013, 2, 1), rows=12345, day_class="NORMAL"),
        DayRows(day=date(2013, 2, 2), rows=0, day_class="MISSING"),
    ]

    assert day_lines(days) == ["2013-02-01 Fri 12,345  NORMAL", "2013-02-02 Sat      0  MISSING"]
    assert day_lines([]) == []
