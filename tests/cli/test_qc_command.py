from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from zipfile import ZipFile, is_zipfile

import pytest

from sfetl_provider.core.config.load import load_feed
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.qc.check import MonthCheck
from sfetl_provider.core.qc.scan import Places, scan_file
from sfetl_provider.core.qc.verdict import decide
from tests.cli.running import PACKAGE_FOLDER, Ended, run
from tests.core.fakes import source_file

ROWS = [f"2024-02-{day:02}\tshop\t{day}" for day in range(1, 30)]
SALES: dict[str, Any] = {
    "table": {"database": "D", "schema": "P", "name": "SALES"},
    "columns": [{"name": "day", "nullable": False}, "shop", "amount"],
    "date": {"column": "day"},
    "files": {"base_path": "sales", "patterns": ["sales_{month}*.tsv"]},
    "qc": {"mode": "skip", "sample_limit": 2},
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project's folder with one feed and the files of one month."""
    (tmp_path / "include" / "configs").mkdir(parents=True)
    (tmp_path / "include" / "configs" / "sales.json").write_text(json.dumps(SALES))
    (tmp_path / "sales").mkdir()
    _write(tmp_path / "sales" / "sales_2024-02_a.tsv", ROWS[:10])
    _write(tmp_path / "sales" / "sales_2024-02_b.tsv", ROWS[10:])
    return tmp_path


def _write(path: Path, lines: list[str]) -> None:
    path.write_text("".join(f"{line}\n" for line in lines))


def _qc(folder: Path, *arguments: str, month: str = "2024-02", **environment: str) -> Ended:
    scratch = {"AIRFLOW__SFETL__SCRATCH_DIR": str(folder / "scratch")}
    return run("qc", "--feed", "sales", "--month", month, *arguments, folder=folder, **scratch, **environment)


def test_the_months_files_are_found_and_pass(folder: Path) -> None:
    ended = _qc(folder)

    assert ended.code == 0, ended.complained
    assert ended.said.startswith("sales 2024-02: passed; 29 good records in 2 files; 1 INFO\n")
    assert "sales_2024-02_b.tsv" in ended.said
    assert ended.complained == ""
    assert list((folder / "scratch").iterdir()) == []


def test_named_files_are_rejected_as_the_load_would(folder: Path) -> None:
    bad = folder / "sales" / "sales_2024-02_a.tsv"
    _write(bad, [*ROWS[:9], "short", "\x1b[31m", "a\tb", "2024-01-31\tx\ty"])

    ended = _qc(folder, "sales/sales_2024-02_a.tsv", "--json", "-")

    config = load_feed(folder / "include" / "configs" / "sales.json")
    month = Month(2024, 2)
    report = scan_file(source_file(bad), config, month, Places(folder / "scratch"))
    wanted = decide([report], config, month, "file")
    assert ended.code == 1
    found = MonthCheck.from_json(json.loads(ended.said))
    assert [f.code for f in found.verdict.findings] == [f.code for f in wanted.findings]
    assert found.verdict.good_records == wanted.good_records == 10
    assert found.reports[0].bad_lines == report.bad_lines
    assert found.reports[0].file == "sales/sales_2024-02_a.tsv"


def test_every_output_is_written(folder: Path) -> None:
    _write(folder / "sales" / "sales_2024-02_a.tsv", [*ROWS[:9], "short", "2", "3"])

    wanted = {"--json": "qc.json", "--csv": "qc.csv", "--html": "qc.html", "--xlsx": "qc.xlsx"}
    options = [text for option in wanted.items() for text in option]
    ended = _qc(folder, *options, "--rejects", "bad.tsv")

    assert ended.code == 1
    assert ended.complained == "".join(
        f"Written: {name}\n"
        for name in ("qc.json", "qc.csv", "qc_days.csv", "qc_columns.csv", "qc.html", "qc.xlsx")
    )
    assert "and 1 more. All are listed in bad.tsv." in ended.said
    assert json.loads((folder / "qc.json").read_text())["verdict"]["is_passed"] is False
    assert 'sales,2024-02,CRITICAL,missing_days,"No records for 1' in (folder / "qc.csv").read_text()
    assert (folder / "qc_days.csv").read_text().splitlines()[10] == "sales,2024-02,2024-02-10,0,MISSING"
    assert "<h1>sales" in (folder / "qc.html").read_text()
    assert is_zipfile(folder / "qc.xlsx")
    assert len((folder / "bad.tsv").read_text().splitlines()) == 1 + 3


def test_bad_lines_within_the_limit_are_listed_and_a_clean_file_is_written(folder: Path) -> None:
    limited = {**SALES, "qc": {"reject_limit": "20%"}}
    (folder / "include" / "configs" / "sales.json").write_text(json.dumps(limited))
    path = folder / "sales" / "sales_2024-02.tsv"
    _write(path, [*ROWS[:4], "short", *ROWS[4:]])

    ended = _qc(folder, f"sales/{path.name}", "--clean", "clean.tsv", "--rejects", "bad.tsv")

    assert ended.code == 0, ended.said
    assert "passed; 29 good records in 1 file, 1 bad record left out; 1 WARNING" in ended.said
    assert "Written: clean.tsv, " in ended.complained
    assert (folder / "clean.tsv").read_text().splitlines() == ROWS
    (spans,) = folder.glob("sales_2024-02.tsv-*.left-out.tsv")
    assert spans.read_text().splitlines()[1] == f"{sum(len(row) + 1 for row in ROWS[:4])}\t6\t5\t1"


def test_a_suite_is_judged_and_its_data_docs_are_written(folder: Path) -> None:
    _name_suite(folder, "warning")

    wanted = ("--html", "qc.html", "--xlsx", "qc.xlsx", "--data-docs", "docs")
    ended = _qc(folder, *wanted)

    assert (ended.code, ended.complained.splitlines()[-1]) == (0, "Written: docs/sales/2024-02.html")
    assert (
        "WARNING expectation_column_values_to_be_between: 2024-02: expectation 1 of suite sums" in ended.said
    )
    with ZipFile(folder / "qc.xlsx") as workbook:
        texts = [workbook.read(name).decode() for name in workbook.namelist()]
    assert any("expectation 1 of suite sums" in text for text in texts)
    assert "expectation 1 of suite sums" in (folder / "qc.html").read_text()
    assert sorted(path.name for path in (folder / "docs" / "sales").iterdir()) == [
        *("2024-02.html", "2024-02.json", "index.html")
    ]
    assert json.loads((folder / "docs" / "sales" / "2024-02.json").read_text())["success"] is False


def test_a_suite_needs_no_great_expectations_unless_data_docs_are_wanted(folder: Path) -> None:
    _name_suite(folder, "critical")
    (folder / "great_expectations.py").write_text("raise AssertionError('imported')")

    ended = _qc(folder, PYTHONPATH=f"{PACKAGE_FOLDER}:{folder}")

    assert (ended.code, ended.complained) == (1, "")
    assert "CRITICAL expectation_column_values_to_be_between" in ended.said


def _name_suite(folder: Path, severity: str) -> None:
    bounds = {"column": "amount", "min_value": 1, "max_value": 28}
    expectation = {
        "type": "expect_column_values_to_be_between",
        "kwargs": bounds,
        "severity": severity,
    }
    (folder / "include" / "expectations").mkdir()
    suite = {"name": "sums", "expectations": [expectation]}
    (folder / "include" / "expectations" / "sums.json").write_text(json.dumps(suite))
    config = {**SALES, "qc": {**SALES["qc"], "expectations": "sums"}}
    (folder / "include" / "configs" / "sales.json").write_text(json.dumps(config))


def test_folders_come_from_the_environment_and_from_options(folder: Path) -> None:
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    (folder / "sales").rename(elsewhere / "sales")

    by_variable = _qc(folder, AIRFLOW__SFETL__BASE_PATH=str(elsewhere))
    by_option = _qc(folder, "--base-path", str(elsewhere / "sales"), "--configs-dir", "include/configs")

    assert (by_variable.code, by_option.code) == (0, 0)


@pytest.mark.parametrize(
    ("arguments", "month", "complaint"),
    [
        (["absent.tsv"], "2024-02", "There is no file absent.tsv."),
        (["sales"], "2024-02", "sales cannot be read: Is a directory."),
        (
            [],
            "2024-03",
            "No file of 2024-03 is there: looked for sales_2024-03*.tsv in sales. The nearest names",
        ),
        ([], "March", "'March' is not a month."),
        (["--feed", "other"], "2024-02", "There is no feed 'other' in include/configs."),
        (["--html", "absent/qc.html"], "2024-02", "absent/qc.html: its folder does not exist"),
        (["--csv", "sales"], "2024-02", "sales: this is a folder"),
        (["--data-docs", "docs"], "2024-02", "docs: feed sales names no suite in qc.expectations"),
        (["--rejects", "sales/sales_2024-02_a.tsv"], "2024-02", "this is one of the files to check"),
    ],
)
def test_what_cannot_be_checked_ends_with_2_and_changes_nothing(
    folder: Path, arguments: list[str], month: str, complaint: str
) -> None:
    before = sorted(folder.rglob("*"))

    ended = _qc(folder, *arguments, month=month)

    assert (ended.code, ended.said) == (2, "")
    assert complaint in ended.complained
    assert sorted(folder.rglob("*")) == before


def test_a_broken_config_is_named(folder: Path) -> None:
    (folder / "include" / "configs" / "sales.json").write_text(json.dumps({**SALES, "colour": "red"}))

    ended = _qc(folder)

    assert ended.code == 2
    assert "sales.json: /colour: " in ended.complained
