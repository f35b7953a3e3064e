"""The file's values against the types of the target's columns."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import duckdb
import pytest

from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.plan.target_types import with_target_types
from sfetl_provider.core.qc.report import QcReport, TargetFault
from sfetl_provider.core.qc.scan import Places, scan_file
from sfetl_provider.core.qc.target_findings import target_findings
from sfetl_provider.core.qc.target_scan import TargetScan
from sfetl_provider.core.qc.target_sql import fault_of
from sfetl_provider.core.qc.verdict import decide
from sfetl_provider.core.qc.widening import needed_lengths
from tests.core.fakes import feed, source_file
from tests.core.qc.target_cases import CASES, DEVIATIONS, FORMAT, Faults

MONTH = Month(2013, 2)
QC = {"expected_days": "any", "target": "config"}


def _feed(*types: str | None, **sections: Any) -> FeedConfig:
    """A feed of a date column and one column for each type: C0, C1, …"""
    columns = [{"name": f"c{index}", "type": name} for index, name in enumerate(types)]
    return feed(columns=["day", *columns], **{"qc": QC, **sections})


def _scan(folder: Path, lines: list[str], config: FeedConfig) -> QcReport:
    content = "".join(f"{line}\n" for line in lines).encode()
    return scan_file(source_file(folder / "f.tsv", content), config, MONTH, Places(folder / "scratch"))


def _faults(type_text: str, texts: list[str], form: dict[str, Any] = FORMAT) -> list[TargetFault | None]:
    """What the SQL of a type's column says of texts; an empty one is NULL, as the reader gives it."""
    scan = TargetScan(_feed(type_text, format=form))
    sql = scan.columns[0].sql
    statement = f"SELECT {sql.code}, {sql.is_suspect} FROM (SELECT unnest($texts::VARCHAR[]) AS c1)"
    used = {name: scan.binds[name] for name in re.findall(r"\$(target_\w+)", statement)}
    with duckdb.connect() as connection:
        rows = [text or None for text in texts]
        found = connection.execute(statement, {"texts": rows, **used}).fetchall()
    assert all(is_suspect for code, is_suspect in found if code is not None)
    return [None if code is None else fault_of(code)[0] for code, _ in found]


@pytest.mark.parametrize(("type_text", "cases"), [*CASES.items(), *DEVIATIONS.items()])
def test_each_text_is_judged_as_copy_does(type_text: str, cases: Faults) -> None:
    assert dict(zip(cases, _faults(type_text, list(cases)), strict=True)) == cases


@pytest.mark.parametrize(
    ("type_text", "fault"), [("NUMBER(5,0)", "unreadable"), ("DATE", "unreadable"), ("VARCHAR(5)", None)]
)
def test_an_empty_field_that_is_no_null_marker_is_a_text_of_no_characters(
    type_text: str, fault: TargetFault | None
) -> None:
    assert _faults(type_text, ["", "NA"], {"null_markers": ["NA"]}) == [fault, None]


def test_no_null_marker_at_all(tmp_path: Path) -> None:
    report = _scan(tmp_path, ["2013-02-01\t1", "2013-02-01\tx"], _feed("FLOAT", format={"null_markers": []}))

    assert [(count.fault, count.records) for count in report.target] == [("unreadable", 1)]


def test_the_worst_values_are_quoted_with_their_lines(tmp_path: Path) -> None:
    lines = [f"2013-02-01\t{'x' * length}\t{'9' * length}" for length in (3, 7, 9, 9, 5)]
    config = _feed("VARCHAR(4)", "NUMBER(6,1)")

    texts, numbers = _scan(tmp_path, lines, config).target

    assert (texts.fault, texts.records, texts.worst) == ("too_large", 4, 9)
    assert [(bad.line, bad.column, bad.reason) for bad in texts.samples] == [(3, 2, "x" * 9), (4, 2, "x" * 9)]
    assert (numbers.fault, numbers.records, numbers.worst) == ("too_large", 3, 9)
    assert [(bad.line, bad.column) for bad in numbers.samples] == [(3, 3), (4, 3)]
    report = _scan(tmp_path, lines, config)
    first, second = (finding.message for finding in decide([report], config, MONTH, "file").findings[-2:])
    assert 'ALTER TABLE "DEMO"."PUBLIC"."FLIGHTS" ALTER COLUMN "C0" SET DATA TYPE VARCHAR(9);' in first
    assert 'ALTER COLUMN "C1" SET DATA TYPE NUMBER(10,1);' in second


def test_texts_that_a_load_makes_room_for_stop_no_month(tmp_path: Path) -> None:
    columns = [
        "day",
        {"name": "c0", "target": "note", "type": "VARCHAR(4)"},
        {"name": "c1", "type": "NUMBER(6,1)"},
    ]
    config = feed(columns=columns, qc=QC, load={"on_too_long": "widen"})
    report = _scan(tmp_path, ["2013-02-01\tfour\t1", "2013-02-02\tfive5\t2", "2013-02-03\tsixsix\t3"], config)

    verdict = decide([report], config, MONTH, "file")

    (told,) = [finding for finding in verdict.findings if finding.code == "target_too_large"]
    assert told.severity == "WARNING"
    assert "makes room for it before COPY, as load.on_too_long says: ALTER TABLE" in told.message
    assert 'ALTER COLUMN "NOTE" SET DATA TYPE VARCHAR(6);' in told.message
    assert needed_lengths([report], config) == {"NOTE": 6}
    numbers = _scan(tmp_path, ["2013-02-01\tfour\t9999999"], config)
    assert needed_lengths([numbers], config) == {}
    assert not decide([numbers], config, MONTH, "file").is_passed


def test_severities_are_the_feeds(tmp_path: Path) -> None:
    qc = {**QC, "target_severities": {"unreadable": "INFO", "digits_lost": "CRITICAL"}}
    config = _feed("NUMBER(5,0)", qc=qc)

    found = list(target_findings([_scan(tmp_path, ["2013-02-01\tx", "2013-02-01\t0.5"], config)], config))

    assert [(finding.severity, finding.code) for finding in found[:2]] == [
        ("INFO", "target_unreadable"),
        ("CRITICAL", "target_digits_lost"),
    ]


@pytest.mark.parametrize(
    ("types", "said"),
    [
        ((None, None), "as none is known, of C0, C1."),
        (("DATE", None), "as none is known, of C1."),
        ((None,) * 300, ", C18, C19 and 280 more."),
    ],
)
def test_what_is_not_checked_is_told(tmp_path: Path, types: tuple[str | None, ...], said: str) -> None:
    config = _feed(*types)

    line = "\t".join(["2013-02-01"] * (len(types) + 1))
    (finding,) = target_findings([_scan(tmp_path, [line], config)], config)

    assert (finding.severity, finding.code) == ("INFO", "target_not_checked")
    assert said in finding.message


@pytest.mark.parametrize(
    ("type_text", "target"), [(None, "table"), ("VARIANT", "table"), ("VARIANT", "config")]
)
def test_nothing_is_said_where_nobody_gave_types(tmp_path: Path, type_text: str | None, target: str) -> None:
    config = _feed(type_text, qc={**QC, "target": target})

    assert list(target_findings([_scan(tmp_path, ["2013-02-01\tx"], config)], config)) == []


def test_off_is_off(tmp_path: Path) -> None:
    config = _feed("NUMBER(1,0)", qc={**QC, "target": "off"})
    report = _scan(tmp_path, ["2013-02-01\tx"], config)

    assert report.target == ()
    assert list(target_findings([report], config)) == []


def test_the_date_column_is_judged_once(tmp_path: Path) -> None:
    config = feed(columns=[{"name": "day", "type": "DATE"}, "text"], qc=QC)
    as_text = feed(columns=[{"name": "day", "type": "VARCHAR(9)"}, "text"], qc=QC)

    assert _scan(tmp_path, ["nonsense\tx"], config).target == ()
    assert _scan(tmp_path, ["2013-02-01\tx"], as_text).target[0].worst == 10


def test_records_of_the_first_faults_only_are_quoted(tmp_path: Path) -> None:
    config = _feed(*["NUMBER(5,0)"] * 300)
    lines = ["\t".join(["2013-02-01", *["x"] * 300])] * 9

    report = _scan(tmp_path, lines, config)

    assert [len(count.samples) for count in report.target] == [5] * 20 + [0] * 280
    assert len(json.dumps(report.to_xcom())) < 90_000


def test_not_null_of_the_table_counts(tmp_path: Path) -> None:
    types = {"NUMBER(5,0) NOT NULL": ("C0",), "VARCHAR(3) NOT NULL": ("C1",), "DATE": ("DAY",)}
    config = with_target_types(_feed(None, None, qc={"target": "table"}), types)
    no_null = with_target_types(
        _feed(None, None, qc={"target": "table"}, format={"null_markers": ["NA"]}), types
    )

    assert _scan(tmp_path, ["2013-02-01\t\t", "2013-02-01\t5\t"], config).nulls == {"C0": 1, "C1": 2}
    assert [column.nullable for column in no_null.columns] == [True, False, True]
