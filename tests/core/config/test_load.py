"""Feeds from files: defaults, templates, and every fault at once with file and pointer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sfetl_provider.core.config.load import ConfigFault, find_feed, load_feed, load_feeds
from sfetl_provider.core.errors import ConfigError

MINIMAL: dict[str, Any] = {
    "table": {"database": "db", "schema": "public", "name": "sales"},
    "columns": ["day", {"name": "amount", "nullable": False}],
    "date": {"column": "day"},
    "files": {"patterns": ["sales_{month}.tsv"]},
}


def write(folder: Path, name: str, content: Any) -> Path:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_minimal_feed_has_the_files_name_and_sql_identifiers(tmp_path: Path) -> None:
    feed = load_feed(write(tmp_path, "sales.json", MINIMAL))

    assert feed.feed == "sales"
    assert feed.table.name == "SALES"
    assert feed.column_names == ("DAY", "AMOUNT")
    assert feed.format.delimiter == "\t"


def test_defaults_lie_below_templates_below_the_feed(tmp_path: Path) -> None:
    write(tmp_path, "defaults.json", {"retries": 1, "stage": {"chunk_mib": 10, "workers": 3}})
    write(tmp_path, "_daily.json", {"stage": {"workers": 4}, "qc": {"expected_days": "weekdays"}})
    feed = load_feed(write(tmp_path, "sales.json", {**MINIMAL, "extends": "_daily", "retries": 7}))

    assert (feed.retries, feed.stage.chunk_mib, feed.stage.workers) == (7, 10, 4)
    assert feed.qc.expected_days == "weekdays"


def test_a_broken_feed_names_every_fault_and_leaves_the_others(tmp_path: Path) -> None:
    write(tmp_path, "good.json", MINIMAL)
    broken = {**MINIMAL, "colour": "red", "retries": -1, "files": {"patterns": ["../up.tsv"]}}
    write(tmp_path, "sales.json", broken)

    loaded = load_feeds(tmp_path)

    assert [feed.feed for feed in loaded.feeds] == ["good"]
    assert {(fault.file, fault.pointer) for fault in loaded.faults} == {
        ("sales.json", "/colour"),
        ("sales.json", "/retries"),
        ("sales.json", "/files/patterns/0"),
    }
    with pytest.raises(ConfigError, match="3 faults") as raised:
        loaded.raise_if_faulty()
    assert "/files/patterns/0: a pattern is relative" in str(raised.value)


def test_a_fault_names_the_file_that_holds_it(tmp_path: Path) -> None:
    write(tmp_path, "defaults.json", {"retries": "many"})
    write(tmp_path, "sales.json", MINIMAL)

    (fault,) = load_feeds(tmp_path).faults

    assert (fault.file, fault.pointer) == ("defaults.json", "/retries")


@pytest.mark.parametrize(
    ("content", "pointer", "message"),
    [
        ('{"table": ', "", "not JSON: Expecting value in line 1, column 11"),
        ('{"retries": 1, "retries": 2}', "", "the key 'retries' stands twice"),
        ("[]", "", "must hold one JSON object"),
        ({**MINIMAL, "feed": "other"}, "/feed", "the file's name is the feed's name"),
        ({**MINIMAL, "extends": "sales"}, "/extends", "name a template"),
        ({**MINIMAL, "extends": "_none"}, "/extends", "there is no _none.json"),
        ({**MINIMAL, "date": {"column": "nope"}}, "", "date.column NOPE is not one of the columns"),
        ({**MINIMAL, "columns": ["a", "A", "day"]}, "", "columns named twice: A"),
        ({**MINIMAL, "columns": ["day", "a b"]}, "/columns/1/name", "is not an identifier"),
        ({**MINIMAL, "files": {"patterns": ["{year}.tsv"]}}, "/files/patterns/0", "unknown placeholder"),
        ({**MINIMAL, "format": {"date_format": "AUTO"}}, "/format/date_format", "AUTO would guess"),
        ({**MINIMAL, "format": {"date_format": "YYYY-QQ"}}, "", "format.date_format cannot be used"),
        ({**MINIMAL, "format": {"delimiter": "§"}}, "/format/delimiter", "one ASCII character"),
    ],
)
def test_faults(tmp_path: Path, content: Any, pointer: str, message: str) -> None:
    write(tmp_path, "sales.json", content)

    (fault,) = load_feeds(tmp_path).faults

    assert isinstance(fault, ConfigFault)
    assert fault.pointer == pointer
    assert message in fault.message


def test_a_template_that_extends_itself_is_a_fault(tmp_path: Path) -> None:
    write(tmp_path, "_a.json", {"extends": "_b"})
    write(tmp_path, "_b.json", {"extends": "_a"})
    write(tmp_path, "sales.json", {**MINIMAL, "extends": "_a"})

    (fault,) = load_feeds(tmp_path).faults

    assert "extends itself" in fault.message


def test_a_missing_folder_is_a_fault_not_a_crash(tmp_path: Path) -> None:
    loaded = load_feeds(tmp_path / "absent")

    assert loaded.feeds == ()
    assert "does not exist" in loaded.faults[0].message


def test_a_bad_file_name_is_a_fault(tmp_path: Path) -> None:
    write(tmp_path, "Sales-2024.json", MINIMAL)

    assert [fault.pointer for fault in load_feeds(tmp_path).faults] == ["/feed"]


def test_without_faults_nothing_is_raised(tmp_path: Path) -> None:
    write(tmp_path, "sales.json", MINIMAL)

    load_feeds(tmp_path).raise_if_faulty()

    with pytest.raises(ConfigError, match="1 fault in"):
        load_feed(write(tmp_path, "bad.json", "{}x"))


def test_a_feed_is_found_by_its_name(tmp_path: Path) -> None:
    write(tmp_path, "sales.json", MINIMAL)

    assert find_feed(tmp_path, "sales").feed == "sales"


@pytest.mark.parametrize("name", ["other", "defaults/../sales", "../sales", "Sales"])
def test_a_name_that_is_no_feed_is_answered_with_those_there_are(tmp_path: Path, name: str) -> None:
    write(tmp_path, "sales.json", MINIMAL)
    write(tmp_path, "defaults.json", {})

    with pytest.raises(ConfigError, match=r"There is no feed .*Choose one of: sales\."):
        find_feed(tmp_path, name)


def test_without_any_feed_that_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="none is configured"):
        find_feed(tmp_path, "sales")
