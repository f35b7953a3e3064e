"""Validating a table: what its days, its dates, its keys and the ledger say."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest

from sfetl_provider.core.errors import MonthError, ObjectMissingError
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.plan.month_list import read_months
from sfetl_provider.core.report.validation_page import render_validations
from sfetl_provider.core.report.validation_text import months_csv, render_validation
from sfetl_provider.core.validate.records import TableValidation
from sfetl_provider.core.validate.validation import ValidateJob, validate_table
from tests.core.load_samples import sample_config
from tests.core.scripted_warehouse import ManualClock, ScriptedWarehouse, rows_of

LEDGER = 'FROM "DEMO"."SFETL"."LEDGER"'
DAYS = "GROUP BY 1\nORDER BY 1"
JANUARY = [date(2013, 1, 1) + timedelta(days=number) for number in range(31)]


def full(month: Month, rows: int = 4) -> list[tuple[date, int]]:
    return [(day, rows) for day in month.days()]


def validated(
    days: Sequence[tuple[object, int]],
    *ledgers: Sequence[tuple[str, str, int, int]],
    months: str = "",
    has_keys: bool = False,
    keys: Sequence[tuple[str, int, int]] = (),
    **config: Any,
) -> tuple[TableValidation, ScriptedWarehouse]:
    """Validate a table of so many rows a day; ledgers are those seen before and after the scan."""
    warehouse = ScriptedWarehouse()
    warehouse.answer(DAYS, rows_of(*days))
    warehouse.answer("KEY_MONTH", rows_of(*keys))
    warehouse.answer(LEDGER, *(rows_of(*rows) for rows in ledgers or [()]))
    wanted = read_months(months, date(2013, 6, 1)) if months else ()
    job = ValidateJob(sample_config(**config), wanted, has_keys)
    return validate_table(job, warehouse, ManualClock()), warehouse


def codes(found: TableValidation) -> list[tuple[str, str, str]]:
    return [(finding.severity, month, finding.code) for month, finding in found.all_findings()]


def test_a_month_as_published_has_nothing_to_tell() -> None:
    found, warehouse = validated(full(Month(2013, 1)), [("2013-01", "publish", 1, 124)])

    assert codes(found) == []
    assert [(month.month, month.state, month.rows) for month in found.months] == [
        ("2013-01", "as published", 124)
    ]
    assert len(warehouse.asked('FROM "DEMO"."PUBLIC"."FLIGHTS"')) == 1
    assert TableValidation.from_json(found.to_json()) == found


@pytest.mark.parametrize(
    ("rows", "recorded", "state", "code"),
    [
        (3, 124, "differs", ("CRITICAL", "2013-01", "rows_differ")),
        (4, 0, "differs", ("CRITICAL", "2013-01", "rows_differ")),
        (0, 124, "gone", ("CRITICAL", "2013-01", "month_gone")),
        (4, None, "not published", ("WARNING", "2013-01", "not_published")),
        (0, 0, "empty", ("INFO", "2013-01", "month_empty")),
        (0, None, "empty", ("CRITICAL", "2013-01", "month_empty")),
    ],
)
def test_rows_are_held_against_the_ledger(
    rows: int, recorded: int | None, state: str, code: tuple[str, str, str]
) -> None:
    days = full(Month(2013, 1), rows) if rows else []
    ledger = [] if recorded is None else [("2013-01", "publish" if recorded else "drop", 7, recorded)]

    found, _ = validated(days, ledger, months="2013-01")

    assert code in codes(found)
    assert found.months[0].state == state
    assert found.is_critical is (code[0] == "CRITICAL")


def test_gaps_and_unusual_days_are_named() -> None:
    days = [(day, 400) for day in JANUARY if day.day not in (5, 6, 9)]
    days[-1] = (days[-1][0], 20)

    found, _ = validated(days, [("2013-01", "publish", 1, 27 * 400 + 20)])

    assert found.months[0].missing == ("2013-01-05–2013-01-06", "2013-01-09")
    assert codes(found) == [
        ("CRITICAL", "2013-01", "missing_days"),
        ("WARNING", "2013-01", "severely_low_days"),
    ]


def test_a_day_that_is_not_over_is_not_missing() -> None:
    month = Month(2026, 11)  # the clock says 2026-11-21
    days = [(day, 4) for day in month.days() if day.day <= 20]

    found, _ = validated(days, [("2026-11", "publish", 1, 80)])

    assert codes(found) == []


def test_rows_in_no_month_are_told() -> None:
    strange = [(None, 3), (date(9999, 12, 31), 2), (date(1, 1, 1), 1)]

    found, _ = validated([*full(Month(2013, 1)), *strange], [("2013-01", "publish", 1, 124)])

    assert codes(found) == [("CRITICAL", "", "undated"), ("WARNING", "", "no_month")]
    assert (found.rows, found.undated_rows, found.other_rows) == (130, 3, 3)
    assert "0001-01-01 (1), 9999-12-31 (2)" in found.findings[1].message


def test_months_that_lack_in_between_are_told_as_ranges() -> None:
    days = [*full(Month(2013, 1)), *full(Month(2013, 5)), *full(Month(2013, 7))]

    found, _ = validated(days, [("2013-01", "publish", 1, 124), ("2013-07", "publish", 2, 124)])

    assert ("WARNING", "", "missing_months") in codes(found)
    assert "2013-02..2013-04, 2013-06" in found.findings[0].message
    assert ("WARNING", "2013-05", "not_published") in codes(found)


def test_a_publication_meanwhile_is_no_fault() -> None:
    before, after = [("2013-01", "publish", 1, 100)], [("2013-01", "publish", 2, 124)]

    found, _ = validated(full(Month(2013, 1)), before, after)

    assert codes(found) == [("INFO", "2013-01", "month_changing")]
    assert found.months[0].state == "changing"


def test_without_a_ledger_the_days_are_judged_all_the_same() -> None:
    warehouse = ScriptedWarehouse()
    warehouse.answer(DAYS, rows_of(*full(Month(2013, 1))))
    warehouse.answer(LEDGER, ObjectMissingError("no such table", code=2003))

    found = validate_table(ValidateJob(sample_config()), warehouse, ManualClock())

    assert codes(found) == [("WARNING", "", "no_ledger")]
    assert found.months[0].state == "no ledger"


def test_only_the_months_asked_for_are_scanned() -> None:
    days = [*full(Month(2013, 1)), *full(Month(2013, 2)), *full(Month(2013, 3))]
    ledger = [("2013-01", "publish", 1, 124), ("2013-03", "publish", 2, 124)]

    found, warehouse = validated(days, ledger, months="2013-01, 2013-03")

    assert (date(2013, 1, 1), date(2013, 4, 1)) in warehouse.binds
    assert [month.month for month in found.months] == ["2013-01", "2013-03"]
    assert (codes(found), found.rows) == ([], 248)


def test_keys_of_a_month_are_counted_when_asked_for() -> None:
    ledger = [("2013-01", "publish", 1, 124)]

    found, _ = validated(
        full(Month(2013, 1)), ledger, has_keys=True, keys=[("2013-01", 2, 5)], qc={"key": ["carrier"]}
    )

    assert codes(found) == [("CRITICAL", "2013-01", "duplicate_keys")]
    assert (found.months[0].duplicate_keys, found.months[0].duplicate_rows) == (2, 5)
    assert found.query_ids == ("q2", "q3")
    assert "3 rows too many" in found.months[0].findings[0].message


def test_keys_that_the_table_does_not_hold_are_not_compared() -> None:
    masked = {"name": "carrier", "mask": {"method": "fixed", "where": "publish", "value": "x"}}

    for config in ({}, {"columns": ["flight_date", masked], "qc": {"key": ["carrier"]}}):
        found, warehouse = validated(
            full(Month(2013, 1)), [("2013-01", "publish", 1, 124)], has_keys=True, **config
        )
        assert codes(found) == [("INFO", "", "keys_not_compared")]
        assert not warehouse.asked("KEY_MONTH")


FISCAL = {
    "column": "flight_date",
    "fiscal_months": {"2013-01": "2012-12-30", "2013-02": "2013-02-03", "2013-03": "2013-03-03"},
}


def test_days_lie_in_the_feeds_fiscal_months() -> None:
    days = [(date(2012, 12, 30) + timedelta(days=number), 2) for number in range(63)]
    ledger = [("2013-01", "publish", 1, 70), ("2013-02", "publish", 2, 56), ("2013-09", "publish", 3, 1)]

    found, _ = validated([*days, (date(2013, 3, 3), 1)], ledger, date=FISCAL)

    assert [(month.month, month.rows, month.state) for month in found.months] == [
        ("2013-01", 70, "as published"),
        ("2013-02", 56, "as published"),
    ]
    assert codes(found) == [("WARNING", "", "no_month"), ("WARNING", "", "unknown_months")]
    with pytest.raises(MonthError, match="2013-03"):
        validated([], months="2013-03", date=FISCAL)


def test_what_a_person_reads() -> None:
    days = [(day, 4) for day in JANUARY if day.day != 5]

    found, _ = validated(days, [("2013-01", "publish", 3, 124)])

    assert render_validation(found).splitlines()[:4] == [
        "flights in DEMO.PUBLIC.FLIGHTS: 1 month, 120 rows; 2 CRITICAL",
        "  month    rows  published  first       last        state    missing days",
        "  2013-01   120        124  2013-01-01  2013-01-31  differs  2013-01-05",
        "CRITICAL 2013-01 rows_differ: 120 rows of 2013-01, 4 fewer than the 124 that its last publish left"
        " (ledger row 3): something else changed the table.",
    ]
    page = render_validations([found])
    assert page.startswith("<!DOCTYPE html>")
    assert page.count("<rect") == 30
    assert '<td class="label differs">differs</td>' in page
    assert "://" not in page
    assert months_csv([found]).splitlines()[1:] == [
        "flights,2013-01,differs,120,124,2013-01-01,2013-01-31,2013-01-05,,,2,0"
    ]
