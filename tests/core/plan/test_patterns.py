"""File patterns."""

from __future__ import annotations

import pytest

from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.plan.patterns import fill_pattern, matches, nearest_names

MONTH = Month(2024, 2)


@pytest.mark.parametrize(
    ("pattern", "filled"),
    [
        ("flights_{date_range}.tsv", "flights_20240201-20240229.tsv"),
        ("weather_{month}.tsv", "weather_2024-02.tsv"),
        ("{mmyyyy}/sales_*.tsv", "022024/sales_*.tsv"),
        ("{month}/sales_{yyyymm}_?.tsv", "2024-02/sales_202402_?.tsv"),
    ],
)
def test_fill_pattern(pattern: str, filled: str) -> None:
    assert fill_pattern(pattern, MONTH) == filled


def test_matches_stays_within_a_folder_and_minds_case() -> None:
    assert matches("022024/sales_1.tsv", "022024/sales_*.tsv")
    assert not matches("022024/old/sales_1.tsv", "022024/*.tsv")
    assert not matches("022024/SALES_1.tsv", "022024/sales_*.tsv")


def test_nearest_names_come_best_first_without_repeats() -> None:
    names = ["flights_20240101-20240131.tsv", "flights_2024-02.tsv", "unrelated.pdf"]

    near = nearest_names(["flights_20240201-20240229.tsv", "flights_20240201-20240228.tsv"], names)

    assert near[0] == "flights_20240101-20240131.tsv"
    assert "unrelated.pdf" not in near
    assert len(near) == len(set(near))
