"""What becomes of an engine's answers about a suite, and what is asked of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from sfetl_provider.core.audit.job import AuditJob
from sfetl_provider.core.audit.suite_check import suite_findings
from sfetl_provider.core.config.suite import SuiteError, read_suite
from sfetl_provider.core.config.table_suite import require_in_table, table_kwargs
from sfetl_provider.core.ports import ExpectationAnswer
from tests.core.load_samples import sample_config, sample_outcome, sample_plan

COLUMNS = ("ID", "DAY", "Mixed name", "lower")


class ScriptedEngine:
    """Implements the ExpectationEngine port; answers in order, and keeps what it was asked."""

    def __init__(self, *answers: ExpectationAnswer) -> None:
        self.asked: list[tuple[str, Mapping[str, Any]]] = []
        self._answers = answers

    def judge(
        self, table: tuple[str, str, str], asked: Sequence[tuple[str, Mapping[str, Any]]]
    ) -> Sequence[ExpectationAnswer]:
        assert table[:2] == ("DEMO", "SFETL")
        self.asked += asked
        return self._answers


def _null(column: str, **more: Any) -> dict[str, Any]:
    severity = more.pop("severity", "critical")
    kwargs = {"column": column, **more}
    return {"type": "expect_column_values_to_not_be_null", "kwargs": kwargs, "severity": severity}


def test_each_answer_becomes_a_finding_of_the_suites_severity() -> None:
    suite = {
        "name": "s",
        "expectations": [
            {"type": "expect_column_to_exist", "kwargs": {"column": "carrier"}},
            _null("carrier"),
            _null("distance", severity="info"),
            _null("distance", severity="warning"),
            {"type": "expect_column_values_to_be_json_parseable", "kwargs": {"column": "carrier"}},
        ],
    }
    plan = sample_plan(qc_mode="snowflake")
    job = AuditJob(plan, sample_config(suite=suite), sample_outcome(plan))
    result = {"element_count": 5, "unexpected_count": 2, "unexpected_percent": 40.0}
    engine = ScriptedEngine(
        ExpectationAnswer(True, {}),
        ExpectationAnswer(False, result),
        ExpectationAnswer(False, {}, "no such thing."),
    )

    findings = list(suite_findings(job, engine))

    assert [kwargs["column"] for _, kwargs in engine.asked] == ["carrier", "distance", "distance"]
    assert [(item.severity, item.code) for item in findings] == [
        ("INFO", "expectation_column_values_to_not_be_null"),
        ("WARNING", "expectation_not_computed"),
        ("WARNING", "expectations_not_checked"),
    ]
    assert "expectation 3 of suite s" in findings[0].message
    assert "2 of 5 unexpected (40 %)" in findings[0].message
    assert findings[1].message.endswith("could not be computed: no such thing.")


def test_values_of_a_masked_column_are_not_told() -> None:
    masked = {"name": "carrier", "mask": {"method": "fixed", "where": "publish"}}
    suite = {"name": "s", "expectations": [_null("carrier"), _null("distance")]}
    plan = sample_plan(qc_mode="snowflake")
    config = sample_config(suite=suite, columns=["flight_date", masked, "distance"])
    result = {"element_count": 5, "unexpected_count": 2, "unexpected_percent": 40.0,
              "partial_unexpected_list": ["secret"]}  # fmt: skip
    engine = ScriptedEngine(
        ExpectationAnswer(False, result),
        ExpectationAnswer(False, {}, "Numeric value 'secret' is not recognized"),
    )

    findings = list(suite_findings(AuditJob(plan, config, sample_outcome(plan)), engine))

    assert "2 of 5 unexpected (40 %)." in findings[0].message
    assert "message is not shown" in findings[1].message
    assert not any("secret" in finding.message for finding in findings)


@pytest.mark.parametrize(
    ("condition", "asked"),
    [
        ("id > 3", {"type": "comparison", "column": {"name": "id"}, "operator": ">", "parameter": 3}),
        ("`Mixed name` in ['a']", {"type": "comparison", "column": {"name": "Mixed name"}, "operator": "IN",
                                  "parameter": ["a"]}),
        ("id not in [1] and not day.isnull()", {"type": "and", "conditions": [
            {"type": "comparison", "column": {"name": "id"}, "operator": "NOT_IN", "parameter": [1]},
            {"type": "nullity", "column": {"name": "day"}, "is_null": False}]}),
        ("id > day", None),
        ("not (id > 3)", None),
        ("lower > 3", None),
    ],
)  # fmt: skip
def test_a_row_condition_is_asked_as_gx_saves_it(condition: str, asked: Any) -> None:
    suite = read_suite(
        {"expectations": [_null("id", row_condition=condition, condition_parser="pandas")]}, COLUMNS
    )

    if asked is None:
        with pytest.raises(SuiteError):
            require_in_table(suite)
    else:
        assert table_kwargs(suite.expectations[0]) == {"column": "id", "row_condition": asked}


def test_what_the_engine_does_not_have_is_refused_with_its_place() -> None:
    kinds = ("increasing", "json_parseable")
    listed = [{"type": f"expect_column_values_to_be_{kind}", "kwargs": {"column": "ID"}} for kind in kinds]
    suite = read_suite({"expectations": [_null("id"), *listed]}, COLUMNS)

    with pytest.raises(SuiteError) as error:
        require_in_table(suite)

    assert [location for location, _ in error.value.faults] == [("expectations", 1), ("expectations", 2)]
    assert "qc.mode file computes it over the files" in error.value.faults[0][1]
