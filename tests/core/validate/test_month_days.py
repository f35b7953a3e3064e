"""Which months of a feed some days lie in, by the calendar or by its own."""

from __future__ import annotations

from datetime import date

import pytest

from sfetl_provider.core.errors import TargetTableError
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.validate.month_days import months_within, overdue_after, present_months
from sfetl_provider.core.validate.table_facts import read_facts
from tests.core.load_samples import sample_config
from tests.core.scripted_warehouse import ScriptedWarehouse, rows_of

FISCAL = sample_config(
    date={
        "column": "flight_date",
        "fiscal_months": {"2024-01": "2023-12-31", "2024-02": "2024-02-04", "2024-03": "2024-03-03"},
    }
)


def test_days_belong_to_the_months_of_the_feed() -> None:
    within = months_within(FISCAL, date(2024, 2, 3), date(2024, 2, 4))
    calendar = months_within(sample_config(), date(2024, 2, 3), date(2024, 3, 1))
    present = present_months(FISCAL, [date(2023, 12, 31), date(2024, 3, 3), date(1850, 1, 1)], ["2024-02"])

    assert list(map(str, within)) == ["2024-01", "2024-02"]
    assert list(map(str, calendar)) == ["2024-02", "2024-03"]
    assert list(map(str, present)) == ["2024-01", "2024-02"]


def test_months_are_overdue_when_the_one_after_them_is_over_too() -> None:
    last, ended = Month.of_text("2024-01"), sample_config(end_month="2024-02")

    assert overdue_after(sample_config(), last, date(2024, 5, 31)) == "2024-02..2024-03"
    assert overdue_after(ended, last, date(2024, 5, 31)) == "2024-02"
    assert overdue_after(sample_config(), last, date(2024, 3, 31)) == ""


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ((("CARRIER", "VARCHAR(5)"),), "has no column FLIGHT_DATE"),
        ((("FLIGHT_DATE", "NUMBER(8,0)"),), "is NUMBER.8,0., no date"),
    ],
)
def test_a_table_whose_rows_belong_to_no_day_is_told(columns: tuple[tuple[str, str], ...], said: str) -> None:
    warehouse = ScriptedWarehouse()
    rows = [(name, kind, "Y", None) for name, kind in columns]
    warehouse.answer("DESCRIBE TABLE", rows_of(*rows, columns=("name", "type", "null?", "default")))

    with pytest.raises(TargetTableError, match=said):
        read_facts(warehouse, sample_config())
