from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from sfetl_provider.core.config.load import load_feed
from sfetl_provider.core.errors import ConfigError, ScratchSpaceError
from sfetl_provider.core.inspection.feed_config import config_text, feed_config, pattern_of
from sfetl_provider.core.inspection.look import inspect_file
from sfetl_provider.core.inspection.report import Inspection
from sfetl_provider.core.inspection.time_estimate import estimate_times, write_blocks
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.qc.check import CheckPaths, check_month
from tests.core.fakes import source_file
from tests.core.inspection.inspection_cases import FILES, ticking

TABLE = "DEMO.PUBLIC.SALES"


def _look(path: Path, content: bytes) -> Inspection:
    path.write_bytes(content)
    return inspect_file(path, ticking().__next__)


@pytest.mark.parametrize("name", ["tabs.tsv", "quoted.csv", "euro.csv"])
def test_a_config_made_from_a_file_passes_that_file(tmp_path: Path, name: str) -> None:
    found = _look(tmp_path / "sales_2024-02.txt", FILES[name])
    (tmp_path / "sales.json").write_text(config_text(found, "sales", TABLE))

    config = load_feed(tmp_path / "sales.json")
    check = check_month(
        [source_file(tmp_path / "sales_2024-02.txt")],
        config,
        Month(2024, 2),
        CheckPaths(tmp_path / "scratch"),
    )

    assert config.files.patterns == ("sales_{month}.txt",)
    assert config.files.base_path == str(tmp_path)
    assert check.verdict.is_passed, check.verdict.findings
    assert [day.rows for day in check.days] == [1] * 29


def test_all_that_a_file_shows_is_in_its_config(tmp_path: Path) -> None:
    content = "Day;at;Ort(DE);wann\n" + "".join(
        f"NA;2024-02-{day:02} 10:00;'a;b';10:00\n" for day in range(1, 9)
    )

    sections = json.loads(config_text(_look(tmp_path / "{x}.csv", content.encode()), "sales", TABLE))

    assert sections["$schema"] == "feed.schema.json"
    assert sections["table"] == {"database": "DEMO", "schema": "PUBLIC", "name": "SALES"}
    assert sections["format"] == {
        "delimiter": ";",
        "header": True,
        "quote": "'",
        "time_format": "HH24:MI",
        "timestamp_format": "YYYY-MM-DD HH24:MI",
    }
    assert sections["date"] == {"column": "at", "type": "timestamp"}
    assert sections["columns"] == ["Day", {"name": "at", "nullable": False}, '"Ort(DE)"', "wann"]
    assert sections["files"]["patterns"] == ["{{x}}.csv"]


def test_other_null_markers_are_kept(tmp_path: Path) -> None:
    content = "".join(f"2024-02-{day:02}\t{'NA' if day % 2 else day}\n" for day in range(1, 9))

    config = feed_config(_look(tmp_path / "f.tsv", content.encode()), "sales", TABLE)

    assert config.format.null_markers == ("", "NA")


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("sales_20240101-20240131.tsv", "sales_{date_range}.tsv"),
        ("sales_2024-01.tsv", "sales_{month}.tsv"),
        ("sales_202401_b.tsv", "sales_{yyyymm}_b.tsv"),
        ("sales_012024.tsv", "sales_{mmyyyy}.tsv"),
        ("sales_20240115.tsv", "sales_{yyyymm}??.tsv"),
        ("sales_2024-01-15_b.tsv", "sales_{month}-??_b.tsv"),
        ("sales.tsv", "sales.tsv"),
        ("sales_20241301.tsv", "sales_20241301.tsv"),
        ("{a}_202401.tsv", "{{a}}_{yyyymm}.tsv"),
    ],
)
def test_the_month_in_a_name_becomes_its_placeholder(name: str, pattern: str) -> None:
    assert pattern_of(name) == pattern


@pytest.mark.parametrize(
    ("content", "name", "table", "message"),
    [
        (b"a,b\n1,2\n", "sales", TABLE, "no column holds dates"),
        (FILES["tabs.tsv"], "sales", "SALES", "'SALES' is not DATABASE.SCHEMA.NAME"),
        (FILES["tabs.tsv"], "Sales!", "D.P.T", "/feed: "),
        (FILES["tabs.tsv"], "sales", "D.P.a b", "/table/name: 'a b' is not an identifier"),
        (FILES["utf16.csv"], "sales", TABLE, "it is UTF-16 text"),
        (gzip.compress(FILES["tabs.tsv"]), "sales", TABLE, "it is gzip-compressed"),
        (b"d,d\n2024-01-01,1\n" * 2, "sales", TABLE, "no column holds dates"),
        (b"d\t2024-01-01 10:00:00+01:00\n" * 2, "sales", TABLE, "is not supported"),
    ],
)
def test_a_file_that_tells_too_little_gives_no_config(
    tmp_path: Path, content: bytes, name: str, table: str, message: str
) -> None:
    with pytest.raises(ConfigError, match="No config can be made from") as caught:
        config_text(_look(tmp_path / "f", content), name, table)

    assert message in str(caught.value)


def test_times_are_measured_with_the_real_scan_and_compression(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    config = feed_config(_look(path, FILES["quoted.csv"]), "sales", TABLE)

    found = estimate_times(path, config, tmp_path / "scratch", iter((0.0, 2.0, 5.0)).__next__)

    assert found.measured_bytes == len(FILES["quoted.csv"])
    assert (found.qc_seconds, found.compress_seconds) == (2.0, 3.0)
    assert 0 < found.compressed_share < 1
    assert list((tmp_path / "scratch").iterdir()) == []


def test_of_a_large_file_the_first_records_are_measured(tmp_path: Path) -> None:
    path = tmp_path / "f.tsv"
    line = b"2024-02-01\t" + b"x" * 10_000 + b"\n"
    config = feed_config(_look(path, line * 7000), "sales", TABLE)

    found = estimate_times(path, config, tmp_path / "scratch", iter((0.0, 1.0, 2.0)).__next__)

    assert 64 * 2**20 <= found.measured_bytes < 64 * 2**20 + len(line)
    assert found.measured_bytes % len(line) == 0
    assert found.qc_seconds == round(path.stat().st_size / found.measured_bytes, 1)


def test_of_a_compressed_file_times_and_config_are_those_of_its_text(tmp_path: Path) -> None:
    path = tmp_path / "f.csv.gz"
    found = _look(path, gzip.compress(FILES["quoted.csv"]))
    config = feed_config(found, "sales", TABLE)

    times = estimate_times(path, config, tmp_path / "scratch", iter((0.0, 2.0, 5.0)).__next__)

    assert (
        config.columns == feed_config(_look(tmp_path / "f.csv", FILES["quoted.csv"]), "sales", TABLE).columns
    )
    assert (times.measured_bytes, times.text_bytes) == (len(FILES["quoted.csv"]), len(FILES["quoted.csv"]))


def test_a_scratch_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    config = feed_config(_look(path, FILES["quoted.csv"]), "sales", TABLE)

    with pytest.raises(ScratchSpaceError):
        estimate_times(path, config, path / "scratch", ticking().__next__)


def test_a_full_scratch_is_named() -> None:
    with pytest.raises(ScratchSpaceError, match="Make room there"):
        write_blocks([b"x"], Path("/dev/full"))
