"""The generator of big files: same bytes each time, the size asked for, records that fit its own description."""

import csv
import subprocess
import sys
from pathlib import Path

import pytest

import benchmarks.generate as generate
from benchmarks.generate import Shape, columns_of, config_of, ddl_of, write_file
from local.stack.folders import PROJECT

DAYS_OF_FEBRUARY = [f"2023-02-{day:02}" for day in range(1, 29)]


def test_equal_arguments_give_equal_bytes_and_other_seeds_do_not(tmp_path: Path) -> None:
    for name, seed in (("a", 7), ("b", 7), ("c", 8)):
        write_file(tmp_path / name, Shape(seed=seed), 2_000_000)
    contents = [(tmp_path / name).read_bytes() for name in "abc"]
    assert contents[0] == contents[1] != contents[2]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b", "c"]


@pytest.mark.parametrize("target_bytes", [1_000_000, 10_000_000])
@pytest.mark.parametrize("columns", [2, 12, 25])
def test_the_size_is_that_asked_for_to_a_thousandth(tmp_path: Path, columns: int, target_bytes: int) -> None:
    rows = write_file(tmp_path / "a.tsv", Shape(columns), target_bytes)
    content = (tmp_path / "a.tsv").read_bytes()
    assert len(content) == pytest.approx(target_bytes, rel=0.001)
    assert content.count(b"\n") == rows


def test_slices_join_to_the_same_bytes_as_one_piece(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_file(tmp_path / "one", Shape(), 2_000_000)
    monkeypatch.setattr(generate, "SLICE_ROWS", 1_001)
    write_file(tmp_path / "many", Shape(), 2_000_000)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "many").read_bytes()


def test_each_day_of_the_month_comes_in_order_and_sales_happen_on_their_day(tmp_path: Path) -> None:
    write_file(tmp_path / "a.tsv", Shape(month="2023-02"), 2_000_000)
    names = [column.name for column in columns_of(Shape())]
    lines = (tmp_path / "a.tsv").read_text(encoding="utf-8").splitlines()
    records = [dict(zip(names, line.split("\t"), strict=True)) for line in lines]
    dates = [record["sale_date"] for record in records]
    assert dates == sorted(dates)
    assert sorted(set(dates)) == DAYS_OF_FEBRUARY
    assert [record["sold_at"][:10] for record in records] == dates


def test_a_file_too_small_for_its_month_still_has_a_record_a_day(tmp_path: Path) -> None:
    assert write_file(tmp_path / "a.tsv", Shape(month="2023-02"), 10) == 28
    lines = (tmp_path / "a.tsv").read_text(encoding="utf-8").splitlines()
    assert [line[:10] for line in lines] == DAYS_OF_FEBRUARY


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


def test_it_runs_as_a_script_from_any_folder(tmp_path: Path) -> None:
    script = PROJECT / "benchmarks" / "generate.py"
    command = [sys.executable, str(script), "--bytes", "100KB", "sales.tsv"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert f"{(tmp_path / 'sales.tsv').stat().st_size:,} bytes" in done.stdout
