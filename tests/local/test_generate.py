"""The generator of big files: same bytes each time, the size asked for, records that fit its own description."""

import csv
from pathlib import Path

import pytest

from benchmarks.generate import Shape, columns_of, config_of, ddl_of, write_file


def test_equal_arguments_give_equal_bytes_of_about_the_size(tmp_path: Path) -> None:
    rows = write_file(tmp_path / "a.tsv", Shape(), 2_000_000)
    write_file(tmp_path / "b.tsv", Shape(), 2_000_000)
    content = (tmp_path / "a.tsv").read_bytes()
    assert content == (tmp_path / "b.tsv").read_bytes()
    assert content.count(b"\n") == rows
    assert len(content) == pytest.approx(2_000_000, rel=0.05)
    assert {line[:10] for line in content.decode().splitlines()} == {
        f"2024-01-{day:02}" for day in range(1, 32)
    }


def test_quoted_newlines_make_more_lines_than_records(tmp_path: Path) -> None:
    shape = Shape(columns=25, has_quoted_newlines=True)
    rows = write_file(tmp_path / "q.tsv", shape, 500_000)
    with (tmp_path / "q.tsv").open(encoding="utf-8", newline="") as file:
        records = list(csv.reader(file, delimiter="\t"))
    assert (len(records), {len(record) for record in records}) == (rows, {25})
    assert (tmp_path / "q.tsv").read_bytes().count(b"\n") > rows


def test_ddl_and_config_name_the_same_columns() -> None:
    shape = Shape(columns=14)
    names = [column.name for column in columns_of(shape)]
    assert len(set(names)) == 14
    assert [column["name"] for column in config_of(shape)] == names
    assert all(f"    {name.upper()} " in ddl_of(shape, "T") for name in names)
