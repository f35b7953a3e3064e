"""Own rules over whole files: what is counted, where it stands, and what it means for the month."""

from __future__ import annotations

import statistics
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sfetl_provider.core.config.file_model import FormatConfig
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.errors import ConfigError, QcFailedError
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.qc.record_block import Shape
from sfetl_provider.core.qc.report import QcReport
from sfetl_provider.core.qc.rule_findings import rule_findings
from sfetl_provider.core.qc.rule_samples import Place, quote_records
from sfetl_provider.core.qc.scan import Places, scan_file
from sfetl_provider.core.qc.verdict import decide
from tests.core.fakes import feed, source_file

MONTH = Month(2013, 2)
FILES = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=20)


def _feed(*rules: dict[str, Any], **sections: Any) -> FeedConfig:
    return feed(qc={"expected_days": "any", "rules": list(rules)}, **sections)


def _scan(folder: Path, content: bytes, config: FeedConfig, name: str = "f.tsv") -> QcReport:
    return scan_file(source_file(folder / name, content), config, MONTH, Places(folder / "scratch"))


def _lines(numbers: list[Any], day: str = "2013-02-01") -> bytes:
    return b"".join(f"{number}\t{day}\ttext\n".encode() for number in numbers)


POSITIVE = {"name": "positive", "condition": "id > 0"}


@st.composite
def _tables(draw: st.DrawFn) -> tuple[bytes, list[tuple[int, str]]]:
    """A quoted file of at least one record, with empty lines and newlines within fields, and its records."""
    records = draw(
        st.lists(st.none() | st.tuples(st.integers(-3, 3), st.sampled_from(["", "a\nb", "\n"])), max_size=30)
    )
    ending = draw(st.sampled_from(["\n", "\r\n"]))
    lines = ["" if item is None else f'{item[0]}\t2013-02-01\t"{item[1]}"' for item in records]
    header = draw(st.sampled_from(["id\tday\ttext", '"id"\tday\t"text"']))
    lines += ['1\t2013-02-01\t""']
    return ending.join([header, *lines, ""]).encode(), [*(item for item in records if item), (1, "")]


@FILES
@given(_tables())
def test_violations_are_counted_and_quoted_where_they_stand(
    tmp_path: Path, table: tuple[bytes, list[tuple[int, str]]]
) -> None:
    content, records = table

    (found,) = _scan(tmp_path, content, _feed(POSITIVE, format={"quote": '"', "header": True})).rules

    assert found.violations == sum(number <= 0 for number, _ in records)
    assert len(found.samples) == min(5, found.violations)
    for bad, (number, _) in zip(found.samples, [item for item in records if item[0] <= 0], strict=False):
        assert content[bad.byte_offset :].startswith(f"{number}\t".encode())
        assert bad.line == content[: bad.byte_offset].count(b"\n") + 1
        assert bad.reason == "breaks rule positive"
    assert list((tmp_path / "scratch").iterdir()) == []


def test_samples_of_a_big_file_come_from_its_beginning_in_order(tmp_path: Path) -> None:
    content = _lines(list(range(400_000, 0, -1))) + _lines([-1, -2])
    over = {"name": "over", "condition": "id < 300000"}

    first, second = _scan(tmp_path, content, _feed(POSITIVE, over)).rules

    assert [bad.line for bad in first.samples] == [400_001, 400_002]
    assert (second.violations, [bad.line for bad in second.samples]) == (100_001, [1, 2, 3, 4, 5])


def test_no_more_samples_than_the_feed_wants(tmp_path: Path) -> None:
    config = feed(qc={"expected_days": "any", "sample_limit": 2, "rules": [POSITIVE]})

    (found,) = _scan(tmp_path, _lines([0] * 9), config).rules

    assert (found.violations, len(found.samples)) == (9, 2)
    (finding,) = rule_findings([_scan(tmp_path, _lines([0] * 9), config)], config, MONTH)
    assert finding.message.endswith("; and 7 more.")


def test_with_bad_lines_violations_are_counted_and_not_quoted(tmp_path: Path) -> None:
    config = _feed(POSITIVE)

    report = _scan(tmp_path, _lines([0]) + b"bad\n", config)

    assert (report.rules[0].violations, report.rules[0].samples) == (1, ())
    (finding,) = rule_findings([report], config, MONTH)
    assert finding.message == "f.tsv: rule positive: 1 record not meeting id > 0."


def test_a_file_of_one_column_is_counted_and_not_quoted(tmp_path: Path) -> None:
    rule = {"name": "early", "condition": "day < '2013-02-02'"}
    config = feed(columns=("day",), qc={"expected_days": "any", "rules": [rule]})

    (found,) = _scan(tmp_path, b"2013-02-01\n2013-02-03\n", config).rules

    assert (found.violations, found.samples) == (1, ())


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"id\tday\ttext\n"])
def test_a_file_without_records_breaks_no_rule(tmp_path: Path, content: bytes) -> None:
    share = {"name": "share", "aggregate": "count_if(id > 0) / count(*)", "min": 1}
    config = _feed(POSITIVE, share, format={"header": True})

    findings = list(rule_findings([_scan(tmp_path, content, config)], config, MONTH))

    assert findings == []


VALUES = st.lists(st.decimals(-100, 100, places=2), min_size=1, max_size=6)


@FILES
@given(st.lists(VALUES, min_size=1, max_size=3))
def test_an_aggregate_of_the_month_does_not_depend_on_the_cut_into_files(
    tmp_path: Path, files: list[list[Decimal]]
) -> None:
    values = [value for file in files for value in file]
    wanted = {
        "sum(id)": sum(values, Decimal(0)),
        "avg(id)": sum(values, Decimal(0)) / len(values),
        "max(id) - min(id)": max(values) - min(values),
        "count_if(id > 0) / count(*)": Decimal(sum(value > 0 for value in values)) / len(values),
        "coalesce(stddev(id), 0)": statistics.stdev(values) if len(values) > 1 else Decimal(0),
    }
    tolerance = 1e-9
    rules = [
        {
            "name": f"{kind}{number}",
            "aggregate": text,
            "min": float(value) + (tolerance if kind == "too_high" else -tolerance),
            "max": float(value) + 2 * tolerance,
        }
        for number, (text, value) in enumerate(wanted.items())
        for kind in ("fits", "too_high")
    ]
    config = _feed(*rules)
    reports = [_scan(tmp_path, _lines(list(file)), config) for file in files]

    read_back = [QcReport.from_json(report.to_json()) for report in reports]
    found = {finding.code for finding in rule_findings(read_back, config, MONTH)}

    assert found == {f"rule_too_high{number}" for number in range(len(wanted))}


def test_rules_per_file_are_judged_for_each_file(tmp_path: Path) -> None:
    rule = {"name": "ids", "aggregate": "count(DISTINCT id) / count(*)", "min": 1, "per": "file"}
    config = _feed(rule)
    reports = [
        _scan(tmp_path, _lines([1, 1, 2, 2]), config, "a.tsv"),
        _scan(tmp_path, _lines([1, 2]), config, "b.tsv"),
    ]

    (finding,) = rule_findings(reports, config, MONTH)

    assert finding.message.startswith(
        "a.tsv: rule ids: count(DISTINCT id) / count(*) is 0.5, and must be at least 1."
    )


def test_a_rule_of_the_month_names_the_month_and_counts_days_of_all_files(tmp_path: Path) -> None:
    rule = {"name": "days", "aggregate": "days_with_rows() + 0.0000001 * count(*)", "max": 0}
    config = _feed(rule)
    reports = [
        _scan(tmp_path, _lines([1], day), config, f"{day}.tsv")
        for day in ("2013-02-01", "2013-02-02", "2013-02-02")
    ]

    (finding,) = rule_findings(reports, config, MONTH)

    assert finding.message.startswith("2013-02: rule days: ")
    assert " is 2, and must be at most 0." in finding.message


def test_a_tiny_value_is_not_written_as_nothing(tmp_path: Path) -> None:
    config = _feed({"name": "tiny", "aggregate": "sum(id) * 0.0000001", "max": 0})

    (finding,) = rule_findings([_scan(tmp_path, _lines([3]), config)], config, MONTH)

    assert " is 3.000e-7, and must be at most 0." in finding.message


def test_an_aggregate_without_a_value_is_told_whatever_its_severity(tmp_path: Path) -> None:
    config = _feed({"name": "ratio", "aggregate": "count(*) / count_if(id > 5)", "max": 1})

    (finding,) = rule_findings([_scan(tmp_path, _lines([1]), config)], config, MONTH)

    assert (finding.severity, finding.code) == ("INFO", "rule_ratio")
    assert "has no value, so it is not judged" in finding.message


@pytest.mark.parametrize(("severity", "is_passed"), [("CRITICAL", False), ("WARNING", True), ("INFO", True)])
def test_the_severity_decides(tmp_path: Path, severity: str, is_passed: bool) -> None:
    config = _feed({**POSITIVE, "severity": severity})

    verdict = decide([_scan(tmp_path, _lines([0]), config)], config, MONTH, "file")

    assert verdict.is_passed is is_passed
    assert (severity, "rule_positive") in [(finding.severity, finding.code) for finding in verdict.findings]


@pytest.mark.parametrize(("mode", "warned"), [("skip", ["rules_not_checked"]), ("snowflake", [])])
def test_a_mode_that_skips_the_rules_warns_of_it(mode: Any, warned: list[str]) -> None:
    verdict = decide([], _feed(POSITIVE), MONTH, mode)

    assert verdict.is_passed
    assert [finding.code for finding in verdict.findings] == ["file_qc_not_run", *warned]
    assert all(
        "they need QC mode file or snowflake: positive." in item.message for item in verdict.findings[1:]
    )


def test_a_pattern_that_duckdb_cannot_read_names_its_rule(tmp_path: Path) -> None:
    config = _feed(POSITIVE, {"name": "code", "condition": "regexp_like(text, 'a{2000}')"})

    with pytest.raises(ConfigError, match="Rule code cannot be computed") as caught:
        _scan(tmp_path, _lines([1]), config)

    assert "Correct qc.rules" in caught.value.next_step
    assert list((tmp_path / "scratch").iterdir()) == []


def test_a_number_beyond_all_bounds_stops_with_its_reason(tmp_path: Path) -> None:
    config = _feed({"name": "square", "condition": "id * id > 0"})

    with pytest.raises(QcFailedError, match=r"cannot be computed over f\.tsv") as caught:
        _scan(tmp_path, _lines([10**20]), config)

    assert "TRY_CAST" in caught.value.next_step


def test_a_format_that_no_rule_uses_may_be_one_that_duckdb_has_not(tmp_path: Path) -> None:
    text_format = FormatConfig(timestamp_format="YYYY-MM-DD HH24:MI:SS TZH")

    report = _scan(tmp_path, _lines([1]), _feed(POSITIVE, format=text_format.model_dump()))

    assert report.rules[0].violations == 0


def test_a_timestamp_is_the_date_column_of_rules_too(tmp_path: Path) -> None:
    rule = {"name": "noon", "condition": "day >= '2013-02-02'"}
    config = _feed(rule, date={"column": "day", "type": "timestamp"})

    (found,) = _scan(tmp_path, _lines([1], "2013-02-01 12:00:00"), config).rules

    assert (found.violations, found.unreadable) == (1, 0)


def test_records_are_found_across_blocks(tmp_path: Path) -> None:
    path = tmp_path / "f.tsv"
    path.write_bytes(b"".join(b"%d\n\n" % number for number in range(1_200_000)))

    quoted = quote_records(Place(path, 0, 0), Shape(1, b"\t", None), {1, 700_001, 1_199_999})

    assert {number: (bad.line, bad.sample) for number, bad in quoted.items()} == {
        1: (1, "0"),
        700_001: (1_400_001, "700000"),
        1_199_999: (2_399_997, "1199998"),
    }


def test_duckdb_numbers_records_in_their_order(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_bytes(b"".join(b"%d\n" % number for number in range(1, 1_500_001)))

    reading = f"read_csv('{path}', header = false, parallel = true, columns = {{'id': 'BIGINT'}})"
    numbered = f"SELECT id, row_number() OVER () AS number FROM {reading}"

    assert duckdb.sql(f"SELECT count(*) FROM ({numbered}) WHERE id <> number").fetchall() == [(0,)]
