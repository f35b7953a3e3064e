"""A month of several files is judged as one file would be, where their facts can be joined."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.config.suite import suite_of
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.qc.expectation_findings import Judged, judged_suite
from sfetl_provider.core.qc.expectation_joining import PER_FILE
from sfetl_provider.core.qc.report import QcReport
from sfetl_provider.core.qc.scan import Places, scan_file
from sfetl_provider.core.qc.verdict import decide
from tests.core.fakes import feed, source_file
from tests.core.qc.expectation_cases import CASES, COLUMNS, ROWS

MONTH = Month(2013, 2)
JOINABLE = [case for case in CASES if case["type"] not in PER_FILE]
UNIQUE = {"type": "expect_column_values_to_be_unique", "kwargs": {"column": "ident"}}


def _feed(suite: list[dict[str, Any]]) -> FeedConfig:
    config = feed(
        columns=[{"name": f'"{name}"'} for name in COLUMNS],
        date={"column": '"day"'},
        format={"null_markers": [r"\N"]},
        qc={"expected_days": "any", "expectations": "cases"},
    )
    return config.model_copy(update={"suite": {"name": "cases", "expectations": suite}})


def _scan(folder: Path, config: FeedConfig, *parts: slice) -> list[QcReport]:
    reports = []
    for part in parts:
        content = "".join("\t".join(row) + "\n" for row in ROWS[part])
        path = source_file(folder / f"{part.start}.tsv", content.encode())
        reports.append(scan_file(path, config, MONTH, Places(folder / "scratch")))
    return reports


def _judged(reports: list[QcReport], config: FeedConfig) -> list[Judged]:
    suite = suite_of(config)
    assert suite is not None
    return list(judged_suite(reports, suite))


@pytest.mark.parametrize("parts", [(slice(0, 4), slice(4, 10)), (slice(0, 1), slice(1, 9), slice(9, 10))])
def test_joined_facts_give_the_judgement_of_one_file(tmp_path: Path, parts: tuple[slice, ...]) -> None:
    config = _feed(JOINABLE)

    whole = _judged(_scan(tmp_path, config, slice(0, 10)), config)
    joined = _judged(_scan(tmp_path, config, *parts), config)

    assert len(whole) == len(joined) == len(JOINABLE)
    for one, other in zip(whole, joined, strict=True):
        assert (other.judgement.is_met, other.file) == (one.judgement.is_met, ""), one.expectation
        for name, value in one.judgement.result.items():
            if isinstance(value, int | float):
                assert other.judgement.result[name] == pytest.approx(value), (name, one.expectation)


def test_what_cannot_be_joined_is_judged_for_each_file(tmp_path: Path) -> None:
    config = _feed([UNIQUE])

    judged = _judged(_scan(tmp_path, config, slice(0, 4), slice(3, 10)), config)

    assert [(one.file, one.judgement.is_met) for one in judged] == [("0.tsv", True), ("3.tsv", True)]


def test_a_month_with_a_file_that_could_not_be_read_is_not_judged_as_a_whole(tmp_path: Path) -> None:
    config = _feed([JOINABLE[0], UNIQUE])

    judged = _judged(_scan(tmp_path, config, slice(0, 4), slice(10, 10)), config)

    assert [(one.number, one.file) for one in judged] == [(2, "0.tsv")]


@pytest.mark.parametrize(("mode", "warned"), [("skip", ["expectations_not_checked"]), ("snowflake", [])])
def test_a_mode_that_skips_the_suite_warns_of_it(mode: Any, warned: list[str]) -> None:
    verdict = decide([], _feed([UNIQUE]), MONTH, mode)

    assert verdict.is_passed
    assert [finding.code for finding in verdict.findings] == ["file_qc_not_run", *warned]
