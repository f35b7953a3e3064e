"""The month's files on a real disk."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sfetl_provider.adapters.local_files import find_files, missing_error, names_below


def lay(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)


def found(folder: Path, *patterns: str, explicit: tuple[str, ...] = ()) -> list[str]:
    return [file.name for file in find_files(folder, patterns, explicit)]


def test_names_that_match_any_pattern_come_sorted_and_once(tmp_path: Path) -> None:
    lay(tmp_path, "b_2013-01.tsv", "a_2013-01.tsv", "a_2013-02.tsv", "a_2013-01.tsv.part", "notes.txt")

    assert found(tmp_path, "?_2013-01.tsv", "a_*-01.tsv") == ["a_2013-01.tsv", "b_2013-01.tsv"]


def test_a_file_is_described_by_what_the_disk_says(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_bytes(b"12345")
    os.utime(path, ns=(1, 1_356_998_400_000_000_007))

    (file,) = find_files(tmp_path, ["a.tsv"], [])

    assert (file.path, file.size_bytes, file.modified_ns) == (str(path), 5, 1_356_998_400_000_000_007)


def test_month_folders(tmp_path: Path) -> None:
    lay(tmp_path, "012013/a.tsv", "022013/a.tsv", "a.tsv", "012013/deeper/a.tsv")

    assert found(tmp_path, "012013/*.tsv") == ["012013/a.tsv"]
    assert found(tmp_path, "*/a.tsv") == ["012013/a.tsv", "022013/a.tsv"]


def test_a_star_does_not_cross_folders_and_a_folder_is_no_file(tmp_path: Path) -> None:
    lay(tmp_path, "x/a.tsv", "folder.tsv/inner")

    assert found(tmp_path, "*.tsv") == []


def test_files_of_one_name_in_two_folders_have_two_keys(tmp_path: Path) -> None:
    lay(tmp_path, "x/a.tsv", "y/a.tsv")

    keys = {file.key for file in find_files(tmp_path, ["*/a.tsv"], [])}

    assert len(keys) == 2


def test_explicit_files_are_relative_or_absolute_and_keep_their_order(tmp_path: Path) -> None:
    lay(tmp_path, "in/b.tsv", "in/a.tsv", "elsewhere/c.tsv")
    other = str(tmp_path / "elsewhere" / "c.tsv")

    assert found(tmp_path / "in", "ignored", explicit=("b.tsv", "a.tsv", other)) == ["b.tsv", "a.tsv", other]


def test_one_explicit_file_that_is_missing_makes_all_wait(tmp_path: Path) -> None:
    lay(tmp_path, "a.tsv")

    assert found(tmp_path, "*.tsv", explicit=("a.tsv", "b.tsv")) == []


@pytest.mark.parametrize("name", ["nothing", "a-file"])
def test_a_folder_that_cannot_be_read_holds_nothing(name: str, tmp_path: Path) -> None:
    lay(tmp_path, "a-file")

    assert found(tmp_path / name, "*.tsv") == []
    assert list(names_below(tmp_path / name, 1)) == []


def test_a_link_that_leads_nowhere_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").symlink_to(tmp_path / "gone.tsv")

    assert found(tmp_path, "*.tsv") == []


def test_a_month_among_twenty_thousand_names(tmp_path: Path) -> None:
    for number in range(20_000):
        os.close(os.open(tmp_path / f"sales_{number:05}.tsv", os.O_CREAT))

    assert len(list(names_below(tmp_path, 0))) == 20_000
    assert found(tmp_path, "sales_0123?.tsv") == [f"sales_0123{digit}.tsv" for digit in range(10)]
    assert "sales_01234.tsv" in str(missing_error(tmp_path, ["sales_01234.txt"], "2013-01", 1))


def test_the_error_of_a_vain_wait_names_what_was_looked_for_and_what_is_near(tmp_path: Path) -> None:
    lay(tmp_path, "sales_2013-1.tsv", "sales_2013-01.tsv.part", "notes.txt")

    error = missing_error(tmp_path, ["sales_2013-01.tsv"], "2013-01", 3600)

    assert f"for 2013-01 within 3600 s: looked for sales_2013-01.tsv in {tmp_path}." in error.what
    assert "The nearest names there: sales_2013-1.tsv, sales_2013-01.tsv.part." in error.what
    assert "notes.txt" not in str(error)
    assert error.safe
    assert "trigger the month with base_path or files" in error.next_step


def test_the_error_says_when_nothing_is_near(tmp_path: Path) -> None:
    assert "No similar name is there." in missing_error(tmp_path, ["a_{}.tsv"], "2013-01", 1).what
