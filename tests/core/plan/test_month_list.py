"""Several months in one text."""

from __future__ import annotations

from datetime import date

import pytest

from sfetl_provider.core.errors import MonthError
from sfetl_provider.core.plan.month_list import month_list_text, read_months

TODAY = date(2024, 3, 15)


def test_months_and_ranges_are_read_in_order_and_once() -> None:
    months = read_months("2024-01, 112023..2024-01 ,last", TODAY)
    assert month_list_text(map(str, months)) == "2023-11, 2023-12, 2024-01, 2024-02"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "names 0 months"),
        (" , ", "names 0 months"),
        ("2024-13", "is not a month"),
        ("2024-02..2024-01", "runs backwards"),
        ("1900-01..2199-12", "names 241 months"),
    ],
)
def test_anything_else_is_refused(text: str, message: str) -> None:
    with pytest.raises(MonthError, match=message):
        read_months(text, TODAY)
