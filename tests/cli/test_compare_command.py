from __future__ import annotations

import json
from pathlib import Path

import pytest

from sfetl_provider.core.compare.comparison import Comparison
from tests.cli.running import Ended, run

CONFIG = {
    "table": {"database": "D", "schema": "P", "name": "SALES"},
    "columns": ["day", "shop"],
    "date": {"column": "day"},
    "files": {"patterns": ["*.tsv"]},
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project's folder with one feed and two files of it."""
    (tmp_path / "include" / "configs").mkdir(parents=True)
    (tmp_path / "include" / "configs" / "sales.json").write_text(json.dumps(CONFIG))
    (tmp_path / "a.tsv").write_text("2024-02-01\ta\n2024-02-02\tb\n")
    (tmp_path / "b.tsv").write_text("2024-02-02\tb\n2024-02-01\tA\n")
    return tmp_path


def _compare(folder: Path, *arguments: str) -> Ended:
    scratch = {"AIRFLOW__SFETL__SCRATCH_DIR": str(folder / "scratch")}
    return run("compare", "--feed", "sales", *arguments, folder=folder, **scratch)


def test_files_that_differ_end_with_1_and_every_output(folder: Path) -> None:
    outputs = ("--json", "c.json", "--csv", "c.csv", "--differences", "all.csv")
    ended = _compare(folder, "a.tsv", "b.tsv", "--key", "day", *outputs)

    assert ended.code == 1, ended.complained
    assert ended.said.startswith("sales: DIFFERENT; key: DAY\na  a.tsv\nb  b.tsv\n")
    assert Comparison.from_json(json.loads((folder / "c.json").read_text())).changed == 1
    assert (folder / "c.csv").read_text().endswith("\nchanged,SHOP,1\n")
    assert "changed,a.tsv,1,b.tsv,2,2024-02-01,SHOP,a,A\n" in (folder / "all.csv").read_text()
    assert ended.complained == "Written: c.json\nWritten: c.csv\nWritten: all.csv\n"


def test_equal_files_end_with_0(folder: Path) -> None:
    ended = _compare(folder, "a.tsv", "b.tsv", "--ignore", "shop", "--json", "-")

    assert (ended.code, ended.complained) == (0, "")
    assert Comparison.from_json(json.loads(ended.said)).same == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("a.tsv",), "Name two files"),
        (("a.tsv", "a.tsv"), "Name two files"),
        (("a.tsv", "none.tsv"), "There is no file none.tsv"),
        (("a.tsv", "b.tsv", "--key", "no such"), "'no such' is not an identifier"),
        (("a.tsv", "b.tsv", "--differences", "a.tsv"), "would be overwritten"),
        (("a.tsv", "--month", "2024-02"), "it is not installed here"),
    ],
)
def test_what_cannot_be_compared_ends_with_2(folder: Path, arguments: tuple[str, ...], words: str) -> None:
    ended = _compare(folder, *arguments)

    assert (ended.code, ended.said) == (2, "")
    assert words in ended.complained
