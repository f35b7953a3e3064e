"""Every expectation gives the verdict and the counts that Great Expectations gives over pandas."""

from __future__ import annotations

import io
import json
import os
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from sfetl_provider.core.config.expectation_kinds import KINDS
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.config.suite import suite_of
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.qc.expectation_judgement import Judgement, judge
from sfetl_provider.core.qc.report import QcReport
from sfetl_provider.core.qc.scan import Places, scan_file
from tests.core.fakes import feed, source_file
from tests.core.qc.expectation_cases import CASES, COLUMNS, NUMBERS, ROWS

CONTENT = "".join("\t".join(row) + "\n" for row in ROWS)
NOT_IN_PANDAS = {kind for kind in KINDS if "like_pattern" in kind}
TYPES = {"expect_column_values_to_be_of_type", "expect_column_values_to_be_in_type_list"}
COMPARED = (
    "element_count",
    "unexpected_count",
    "unexpected_percent",
    "missing_count",
    "missing_percent",
    "unexpected_percent_total",
    "unexpected_percent_nonmissing",
)


def _feed(cases: list[dict[str, Any]]) -> FeedConfig:
    config = feed(
        columns=[{"name": f'"{name}"'} for name in COLUMNS],
        date={"column": '"day"'},
        format={"null_markers": [r"\N"]},
        qc={"expected_days": "any"},
    )
    return config.model_copy(update={"suite": {"name": "cases", "expectations": cases}})


def _ours(folder: Path) -> list[Judgement]:
    config = _feed(CASES)
    path = source_file(folder / "f.tsv", CONTENT.encode())
    report = scan_file(path, config, Month(2013, 2), Places(folder / "scratch"))
    kept = QcReport.from_json(json.loads(json.dumps(report.to_json())))
    suite = suite_of(config)
    assert suite is not None
    return [
        judge(expectation, count.facts)
        for expectation, count in zip(suite.expectations, kept.expectations, strict=True)
    ]


def _of_gx() -> list[dict[str, Any]]:
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    import great_expectations as gx

    frame = pd.read_csv(
        io.StringIO(CONTENT),
        sep="\t",
        names=list(COLUMNS),
        keep_default_na=False,
        na_values=[r"\N"],
        dtype={name: str for name in COLUMNS if name not in (*NUMBERS, "when", "void")},
        parse_dates=["when"],
    )
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    asset = context.data_sources.add_pandas("pandas").add_dataframe_asset("frame")
    batch = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": frame})
    suite = gx.ExpectationSuite(
        name="cases", expectations=[{**case, "meta": {"at": at}} for at, case in enumerate(CASES)]
    )
    # GX gives results column by column.
    results = [result.to_json_dict() for result in batch.validate(suite).results]
    return sorted(results, key=lambda result: int(result["expectation_config"]["meta"]["at"]))


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Judgement, dict[str, Any]]]:
    """Ours and GX's, case by case; GX is imported and run once."""
    ours, theirs = _ours(tmp_path_factory.mktemp("gx")), _of_gx()
    return list(zip(ours, theirs, strict=True))


@pytest.mark.parametrize("at", range(len(CASES)), ids=lambda at: f"{at}-{CASES[at]['type'][7:]}")
def test_verdict_and_counts_are_those_of_gx(
    at: int, verdicts: list[tuple[Judgement, dict[str, Any]]]
) -> None:
    ours, theirs = verdicts[at]
    assert not theirs["exception_info"].get("raised_exception"), theirs["exception_info"]
    assert ours.is_met == (str(theirs["success"]) == "True"), theirs["result"]
    for name in COMPARED:
        assert ours.result.get(name) == pytest.approx(theirs["result"].get(name)), name
    assert ours.result.get("details", {}) == theirs["result"].get("details", {})
    _compare_observed(ours.result.get("observed_value"), theirs["result"].get("observed_value"))


def _compare_observed(ours: Any, theirs: Any) -> None:
    if isinstance(theirs, dict):
        assert ours["values"] == pytest.approx(theirs["values"])
    elif isinstance(theirs, list):
        assert sorted(ours) == sorted(theirs)
    elif isinstance(theirs, str):
        assert datetime.fromisoformat(ours) == datetime.fromisoformat(theirs)
    else:
        assert ours == pytest.approx(theirs)


def test_every_supported_type_is_compared() -> None:
    assert {case["type"] for case in CASES} == set(KINDS) - NOT_IN_PANDAS - TYPES
