"""What a section refuses by itself says why, with the field's name."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from tests.core.load_samples import sample_config


@pytest.mark.parametrize(
    ("section", "field", "value", "said"),
    [
        ("date", "time_zone", "Mars/Olympus", "no time zone of the IANA database"),
        ("date", "fiscal_months", {"2024-01": "2024-01-01"}, "name at least two"),
        (
            "date",
            "fiscal_months",
            {"2024-01": "2024-01-01", "2024-03": "2024-03-01"},
            "after 2024-01 comes 2024-03",
        ),
        (
            "date",
            "fiscal_months",
            {"2024-01": "2024-02-01", "2024-02": "2024-01-01"},
            "2024-02 begins on 2024-01-01",
        ),
        ("files", "patterns", ["{year}.tsv"], "unknown placeholder"),
        ("files", "patterns", ["../a.tsv"], "stays below it"),
        ("format", "date_format", "AUTO", "AUTO would guess"),
        ("format", "delimiter", "\n", "ends no line"),
        ("warehouse", "resize", "HUGE", "no size of a warehouse"),
        ("qc", "reject_limit", "101%", "reject_limit"),
    ],
)
def test_a_fault_is_named_with_its_field(section: str, field: str, value: Any, said: str) -> None:
    whole = {"date": {"column": "flight_date"}, "files": {"patterns": ["a"]}}.get(section, {})

    with pytest.raises(ValidationError) as raised:
        sample_config(**{section: {**whole, field: value}})

    fault = raised.value.errors()[0]
    assert fault["loc"][:2] == (section, field)
    assert said in fault["msg"] or said in str(fault["loc"])


def test_a_pattern_of_a_mask_must_be_one() -> None:
    mask = {"method": "fixed", "value": "x", "pattern": "("}

    with pytest.raises(ValidationError, match="not a regular expression of Python's"):
        sample_config(columns=["flight_date", {"name": "carrier", "mask": mask}])


def test_fiscal_months_are_kept_in_order() -> None:
    months = {"2024-02": "2024-02-04", "2024-01": "2023-12-31"}
    config = sample_config(date={"column": "flight_date", "fiscal_months": months})

    assert config.date.fiscal_months is not None
    assert list(config.date.fiscal_months) == ["2024-01", "2024-02"]
