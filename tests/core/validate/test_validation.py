"""Validating a table: what its days, its dates, its keys and the ledger say."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from sfetl_provider.core.errors import (
    MonthError,
    ObjectMissingError,
    PrivilegeMissingError,
    SfetlError,
    TargetTableError,
)
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.ports import QueryResult
from sfetl_provider.core.validate.records import TableValidation
from sfetl_provider.core.validate.validation import validate_table
from sfetl_provider.core.validate.wanted import Asked, read_wanted
from tests.core.load_samples import sample_config
from tests.core.scripted_warehouse import ManualClock, ScriptedWarehouse, rows_of

LEDGER = 'FROM "DEMO"."SFETL"."LEDGER"'
DAYS = "GROUP BY 1\nORDER BY 1"
COLUMNS = {"FLIGHT_DATE": "DATE", "CARRIER": "VARCHAR(5)", "DISTANCE": "NUMBER(38,0)"}
WRITTEN = datetime(2013, 8, 1, 4, 5, 6, tzinfo=UTC)
JANUARY = [date(2013, 1, 1) + timedelta(days=number) for number in range(31)]


def full(month: Month, rows: int = 4) -> list[tuple[date, int]]:
    return [(day, rows) for day in month.days()]


def described(columns: dict[str, str]) -> QueryResult:
    """Give what DESCRIBE TABLE says of such columns."""
    rows = [(name, text, "Y", None) for name, text in columns.items()]
    return rows_of(*rows, columns=("name", "type", "null?", "default"))


def table_of(*days: tuple[object, ...], columns: dict[str, str] = COLUMNS) -> ScriptedWarehouse:
    """Give a warehouse with a table of so many rows a day, values of aggregates behind them, and no ledger."""
    warehouse = ScriptedWarehouse()
    warehouse.answer(LEDGER, rows_of())
    warehouse.answer(DAYS, rows_of(*days))
    warehouse.answer("DESCRIBE TABLE", described(columns))
    warehouse.answer("SHOW TABLES", rows_of(("FLIGHTS_OLD", 5), ("FLIGHTS", 4096), columns=("name", "bytes")))
    return warehouse


def recorded(*months: tuple[str, str, int, int]) -> QueryResult:
    """Give the ledger's rows of months: action, sequence and rows of each."""
    who = (WRITTEN.replace(tzinfo=None), "ada", "", "file", "passed")
    return rows_of(*((*month[:3], month[3], *who) for month in months))


def validated(
    days: Sequence[tuple[object, ...]],
    *ledgers: Sequence[tuple[str, str, int, int]],
    keys: Sequence[tuple[str, int, int]] = (),
    asked: Asked | None = None,
    samples: QueryResult | None = None,
    stored: dict[str, str] = COLUMNS,
    **config: Any,
) -> tuple[TableValidation, ScriptedWarehouse]:
    """Validate a table of so many rows a day; ledgers are those seen before and after the scan."""
    warehouse = table_of(*days, columns=stored)
    warehouse.answer("KEY_MONTH", rows_of(*keys))
    warehouse.answer('"KIND"', samples or rows_of())
    warehouse.answer(LEDGER, *(recorded(*rows) for rows in ledgers or [()]))
    wanted = read_wanted(asked or Asked(), date(2013, 6, 1))
    feed = sample_config(**{"end_month": "2013-01", **config})
    return validate_table(feed, wanted, warehouse, ManualClock()), warehouse


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

    found, _ = validated(days, ledger, asked=Asked(months="2013-01"))

    assert code in codes(found)
    assert found.months[0].state == state
    assert found.is_refused("CRITICAL") is (code[0] == "CRITICAL")
    assert found.is_refused("WARNING") is (code[0] != "INFO")


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


@pytest.mark.parametrize(
    "refusal", [ObjectMissingError("no such table", code=2003), PrivilegeMissingError("", code=3001)]
)
def test_without_a_ledger_the_days_are_judged_all_the_same(refusal: SfetlError) -> None:
    warehouse = table_of(*full(Month(2013, 1)))
    warehouse.answer(LEDGER, refusal)

    found = validate_table(
        sample_config(end_month="2013-01"), read_wanted(Asked(), WRITTEN.date()), warehouse, ManualClock()
    )

    assert codes(found) == [("WARNING", "", "no_ledger")]
    assert (found.months[0].state, found.size_bytes, found.verdict) == ("no ledger", 4096, "warned")


def test_only_the_months_asked_for_are_scanned() -> None:
    days = [*full(Month(2013, 1)), *full(Month(2013, 2)), *full(Month(2013, 3))]
    ledger = [("2013-01", "publish", 1, 124), ("2013-03", "publish", 2, 124)]

    found, warehouse = validated(days, ledger, asked=Asked(months="2013-01, 2013-03"))

    assert (date(2013, 1, 1), date(2013, 4, 1)) in warehouse.binds
    assert [month.month for month in found.months] == ["2013-01", "2013-03"]
    assert (codes(found), found.rows) == ([], 248)


def test_keys_of_a_month_are_counted_when_asked_for() -> None:
    ledger = [("2013-01", "publish", 1, 124)]

    found, _ = validated(
        full(Month(2013, 1)),
        ledger,
        asked=Asked(has_keys=True),
        keys=[("2013-01", 2, 5)],
        qc={"key": ["carrier"]},
    )

    assert codes(found) == [("CRITICAL", "2013-01", "duplicate_keys")]
    assert (found.months[0].duplicate_keys, found.months[0].duplicate_rows) == (2, 5)
    assert (len(found.query_ids), found.key) == (2, ("CARRIER",))
    assert "3 rows too many" in found.months[0].findings[0].message


def test_a_key_may_be_named_and_one_that_the_table_does_not_hold_is_told() -> None:
    masked = {"name": "carrier", "mask": {"method": "fixed", "where": "publish", "value": "x"}}
    of_feed, ledger = Asked(has_keys=True), [("2013-01", "publish", 1, 124)]
    severities: dict[str, tuple[Asked, dict[str, Any]]] = {
        "INFO": (of_feed, {}),
        "WARNING": (of_feed, {"columns": ["flight_date", masked], "qc": {"key": ["carrier"]}}),
    }
    for severity, (asked, config) in severities.items():
        found, warehouse = validated(full(Month(2013, 1)), ledger, asked=asked, **config)
        assert codes(found) == [(severity, "", "keys_not_compared")]
        assert not warehouse.asked("KEY_MONTH")

    found, _ = validated(full(Month(2013, 1)), ledger, asked=Asked(key='distance, "odd one"'))
    assert "no column odd one" in found.findings[0].message
    found, warehouse = validated(full(Month(2013, 1)), ledger, asked=Asked(key="distance, carrier"))
    assert (codes(found), found.key) == ([], ("DISTANCE", "CARRIER"))
    assert 'GROUP BY 1, "DISTANCE", "CARRIER"' in warehouse.asked("KEY_MONTH")[0]


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
        validated([], asked=Asked(months="2013-03"), date=FISCAL)


def test_any_range_of_days_is_looked_at_without_judging_parts_of_months_as_months() -> None:
    days = [(date(2013, 1, 5) + timedelta(days=number), 4) for number in range(57) if number != 3]
    ledger = [("2013-01", "publish", 1, 124), ("2013-02", "publish", 2, 112), ("2013-05", "publish", 3, 9)]

    found, warehouse = validated(days, ledger, asked=Asked(first_day="2013-01-05", last_day="2013-03-02"))

    assert (date(2013, 1, 5), date(2013, 3, 3)) in warehouse.binds
    assert [(month.month, month.state, month.rows, month.missing) for month in found.months] == [
        ("2013-01", "in part", 104, ("2013-01-08",)),
        ("2013-02", "as published", 112, ()),
        ("2013-03", "in part", 8, ()),
    ]
    assert codes(found) == [("CRITICAL", "2013-01", "missing_days")]
    assert (found.first_day, found.last_day, found.verdict) == (date(2013, 1, 5), date(2013, 3, 2), "failed")

    found, warehouse = validated(days[30:], ledger, asked=Asked(first_day="2013-02-05"))
    assert (date(2013, 2, 5),) in warehouse.binds
    assert [month.state for month in found.months] == ["in part", "not published", "gone"]


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (Asked(months="2024-13"), "'2024-13' is not a month"),
        (Asked(months="2024-02..2024-01"), "runs backwards"),
        (Asked(first_day="2023-02-29"), "'2023-02-29' is not a day"),
        (Asked(first_day="2024-02-02", last_day="2024-02-01"), "runs backwards"),
        (Asked(months="2024-01", last_day="2024-02-01"), "Both months and days"),
        (Asked(key="a; DROP TABLE b"), "is not an identifier"),
    ],
)
def test_what_cannot_be_looked_at_is_said_before_anything_is_asked(asked: Asked, told: str) -> None:
    with pytest.raises(SfetlError, match=told):
        read_wanted(asked, date(2024, 6, 1))


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"CARRIER": "VARCHAR(5)"}, r"has no column FLIGHT_DATE.*The table's columns are CARRIER"),
        ({"FLIGHT_DATE": "VARCHAR(16777216)"}, r"FLIGHT_DATE of .* is VARCHAR\(16777216\)"),
        ({"FLIGHT_DATE": "VARIANT"}, "is VARIANT"),
    ],
)
def test_a_table_without_a_date_is_refused_before_it_is_scanned(columns: dict[str, str], told: str) -> None:
    warehouse = table_of(columns=columns)

    with pytest.raises(TargetTableError, match=told):
        validate_table(sample_config(), read_wanted(Asked(), WRITTEN.date()), warehouse, ManualClock())
    assert len(warehouse.statements) == 1


RULES = [
    {"name": "near", "condition": "distance < 100", "severity": "WARNING"},
    {"name": "late", "condition": "flight_date <= month_last_day()"},
    {"name": "mean", "aggregate": "avg(distance) * days_with_rows()", "max": 60},
    {"name": "each", "aggregate": "count(*)", "min": 1, "per": "file"},
    {"name": "who", "condition": "pilot <> 'x'"},
]


def test_own_rules_are_counted_in_the_scan_and_judged_by_month() -> None:
    columns = ["flight_date", {"name": "distance", "target": "miles"}, "pilot"]
    # Behind day and rows: violations of near, violations of late, sum and count of the distance.
    days = [
        *((day, 4, 0, 0, Decimal(4), 4) for day in Month(2013, 1).days()),
        *((day, 4, int(day.day == 5), 0, Decimal(12), 4) for day in Month(2013, 2).days()),
    ]
    stored = {"FLIGHT_DATE": "DATE", "MILES": "NUMBER(9,0)"}
    ledger = [("2013-01", "publish", 1, 124), ("2013-02", "publish", 2, 112)]
    given: dict[str, Any] = {"columns": columns, "qc": {"rules": RULES}, "end_month": "2013-02"}

    samples = rows_of((0, "2013-02-05", "200", None))
    found, warehouse = validated(
        days, ledger, asked=Asked(has_rules=True), samples=samples, **given, stored=stored
    )

    assert codes(found) == [
        ("INFO", "", "rules_not_checked"),
        ("WARNING", "2013-02", "rule_near"),
        ("CRITICAL", "2013-02", "rule_mean"),
    ]
    assert "each, as a table knows no files; who, as the table has no PILOT" in found.findings[0].message
    assert (
        "2013-02 in the table: rule mean: avg(distance) * days_with_rows() is 84"
        in found.months[1].findings[1].message
    )
    assert (
        found.months[1].findings[0].message.endswith("distance < 100: FLIGHT_DATE '2013-02-05', MILES '200'.")
    )
    assert len(warehouse.asked('FROM "DEMO"."PUBLIC"."FLIGHTS"\nGROUP BY 1')) == 1
    assert [binds[:2] for binds in warehouse.binds][-2] == (date(2013, 2, 1), date(2013, 3, 1))

    part = Asked(has_rules=True, first_day="2013-02-01", last_day="2013-02-27")
    found, _ = validated(days[31:-1], ledger, asked=part, **given, stored=stored)
    assert [code for _, _, code in codes(found)] == ["rules_not_checked", "rule_near"]


def test_a_month_is_held_against_those_before_it() -> None:
    days = [day for number in range(1, 6) for day in full(Month(2013, number), 1 if number == 5 else 4)]
    ledger = [(f"2013-0{number}", "publish", number, 4) for number in range(1, 5)]

    found, _ = validated(days, end_month="2013-05")
    assert [month.trend for month in found.months] == [None, None, None, 1.0, 0.25]
    assert ("WARNING", "2013-05", "history_low") in codes(found)

    # Months that are not looked at are those of the ledger; a part of a month is not compared.
    found, _ = validated(days[-31:], ledger, asked=Asked(months="2013-05"))
    assert found.months[0].trend == pytest.approx(1 / (4 / 29.5), rel=0.1)
    found, _ = validated(days[-31:-1], ledger, asked=Asked(first_day="2013-05-01", last_day="2013-05-30"))
    assert found.months[0].trend is None


def test_months_that_never_came_are_told_after_another_month() -> None:
    for end_month, told in ((None, "2013-02..2026-09"), ("2013-02", "2013-02"), ("2013-01", "")):
        found, _ = validated(full(Month(2013, 1)), [("2013-01", "publish", 1, 124)], end_month=end_month)
        messages = [finding.message for finding in found.findings]
        assert [message.split(",")[0] for message in messages] == ([f"Nothing of {told}"] if told else [])


def test_the_last_load_is_the_newest_whose_rows_stand() -> None:
    days = [*full(Month(2013, 1)), *full(Month(2013, 2))]
    found, _ = validated(
        days, [("2013-01", "publish", 7, 124), ("2013-02", "restore", 9, 112)], end_month=None
    )

    assert found.last_load is not None
    month, load = found.last_load
    assert (month, load.sequence, load.recorded_at, load.actor, load.qc_verdict) == (
        "2013-01",
        7,
        WRITTEN,
        "ada",
        "passed",
    )
