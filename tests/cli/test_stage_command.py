"""`stage`: sets of chunks made and checked as a user does it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sfetl_provider.core.stage.chunk_set import read_chunk_set
from tests.cli.running import Ended, run
from tests.cli.test_qc_command import ROWS, SALES


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project's folder with one feed and the file of one month."""
    (tmp_path / "include" / "configs").mkdir(parents=True)
    (tmp_path / "include" / "configs" / "sales.json").write_text(json.dumps(SALES))
    (tmp_path / "sales").mkdir()
    (tmp_path / "sales" / "sales_2024-02.tsv").write_text("".join(f"{row}\n" for row in ROWS))
    return tmp_path


def _stage(folder: Path, *arguments: str) -> Ended:
    return run("stage", *arguments, folder=folder, AIRFLOW__SFETL__SCRATCH_DIR=str(folder / "scratch"))


def _make(folder: Path, *more: str) -> Ended:
    return _stage(folder, "--feed", "sales", "--month", "2024-02", "--to", "set", *more)


def test_a_set_is_made_kept_and_checked(folder: Path) -> None:
    made = _make(folder, "--qc")

    assert made.code == 0, made.complained
    assert made.said.startswith("sales 2024-02: 1 file, QC passed with ")
    assert "29 records in 1 chunk" in made.said
    checked = _stage(folder, "--from", "set")
    assert checked.code == 0
    assert read_chunk_set(folder / "set").files[0].staged.sha256 in checked.said
    assert sorted(path.name for path in (folder / "set" / ".staging").iterdir())[-1].endswith(".json")


def test_bad_lines_within_the_limit_are_not_in_the_set(folder: Path) -> None:
    limited = {**SALES, "qc": {"reject_limit": 1}}
    (folder / "include" / "configs" / "sales.json").write_text(json.dumps(limited))
    path = folder / "sales" / "sales_2024-02.tsv"
    path.write_text(path.read_text() + "short\n")

    made = _make(folder, "--qc")

    assert made.code == 0, made.complained
    assert "29 records in 1 chunk" in made.said
    assert "1 bad record left out, listed in .staging/rejects.tsv" in made.said
    chunk_set = read_chunk_set(folder / "set")
    assert (chunk_set.files[0].staged.rejected_records, chunk_set.files[0].staged.left_out_bytes) == (1, 6)


def test_a_second_run_keeps_the_chunks(folder: Path) -> None:
    assert "(0 kept)" in _make(folder).said

    again = _make(folder)

    assert again.said.startswith("sales 2024-02: 1 file, QC not made\n")
    assert "(1 kept)" in again.said


def test_a_set_that_could_not_be_made_says_where_the_command_resumes(folder: Path) -> None:
    _make(folder)
    (chunk,) = (folder / "set").glob("*/part-00001.tsv.zst")
    stranger = chunk.with_name("notes.txt")
    stranger.touch()

    refused = _make(folder)

    assert (refused.code, refused.said) == (2, "")
    assert "holds others' files: notes.txt." in refused.complained
    assert refused.complained.endswith("Run the command again: it resumes at chunk 2.\n")
    stranger.unlink()
    assert "(1 kept)" in _make(folder).said


def test_a_set_with_a_fault_ends_with_one(folder: Path) -> None:
    _make(folder)
    (chunk,) = (folder / "set").glob("*/part-00001.tsv.zst")
    chunk.unlink()

    checked = _stage(folder, "--from", "set")

    assert (checked.code, checked.said) == (1, "")
    assert "part-00001.tsv.zst is missing" in checked.complained
    assert _stage(folder, "--from", "sales").code == 1


def test_files_that_qc_rejects_give_no_set(folder: Path) -> None:
    (folder / "sales" / "sales_2024-02.tsv").write_text("short\n")

    ended = _make(folder, "--qc")

    assert (ended.code, ended.said) == (1, "")
    assert "CRITICAL" in ended.complained
    assert not (folder / "set").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "either --to FOLDER, or --from FOLDER"),
        (("--to", "set", "--from", "set"), "either --to FOLDER, or --from FOLDER"),
        (("--to", "set"), "--to needs --feed and --month"),
        (("--to", "set", "--feed", "sales", "--month", "2024-03"), "No file of 2024-03 is there"),
    ],
)
def test_what_cannot_be_done_is_said(folder: Path, arguments: tuple[str, ...], message: str) -> None:
    ended = _stage(folder, *arguments)

    assert (ended.code, ended.said) == (2, "")
    assert message in ended.complained
