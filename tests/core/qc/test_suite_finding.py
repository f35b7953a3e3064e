"""An expectation that is not met is told in words: what was asked, what was found, and where."""

from __future__ import annotations

from typing import Any

import pytest

from sfetl_provider.core.config.suite import read_suite
from sfetl_provider.core.qc.expectation_findings import Judged, suite_finding
from sfetl_provider.core.qc.expectation_judgement import Judgement
from sfetl_provider.core.qc.report import BadLine

EXPECTED = {
    "type": "expect_column_values_to_be_in_set",
    "kwargs": {"column": "id", "value_set": [1], "row_condition": "day > 3", "condition_parser": "pandas"},
    "severity": "warning",
}
(EXPECTATION,) = read_suite({"expectations": [EXPECTED]}, ("ID", "DAY")).expectations
COUNTED = {"element_count": 12, "missing_count": 2, "unexpected_count": 3, "unexpected_percent": 30.0}


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (COUNTED, ": 3 of 10 unexpected (30 %)"),
        ({**COUNTED, "unexpected_percent": None}, ": 3 of 10 unexpected;"),
        ({"observed_value": 1.25}, ": observed 1.25;"),
        ({"partial_unexpected_list": ["a", 2, None, 4, 5, 6]}, ": as a, 2, null, 4, 5 …;"),
        ({"partial_missing_list": ["b"]}, ": missing b;"),
        ({"details": {"unreadable": 1}}, ": 1 value that cannot be read as what it is about;"),
        ({"details": {"mismatched": {"a": "b"}}}, ': differing: {"a": "b"};'),
    ],
)
def test_what_was_found_is_told(result: dict[str, Any], said: str) -> None:
    bad = BadLine(line=7, byte_offset=9, reason="r", sample="x\ty")
    judged = Judged(2, EXPECTATION, Judgement(False, result), "", (("a.tsv", bad),))

    found = suite_finding(judged, "sales", "2024-01")

    assert (found.severity, found.code) == ("WARNING", "expectation_column_values_to_be_in_set")
    assert found.message.startswith("2024-01: expectation 2 of suite sales: ")
    assert "(value_set [1]) where day > 3" in found.message
    assert said in f"{found.message};"
    assert "; a.tsv, " in found.message
