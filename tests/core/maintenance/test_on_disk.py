"""Scratch folders that runs left."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sfetl_provider.core.maintenance.on_disk import find_on_disk, find_reports, remove_from_disk

RUN = "0123456789ab"


def test_a_run_s_folder_is_found_with_its_size_and_newest_file_and_removed(tmp_path: Path) -> None:
    folder = tmp_path / "sales" / "2024-01" / RUN / "a.tsv-1"
    folder.mkdir(parents=True)
    (folder / "part").write_bytes(b"x" * 10)
    for path in (folder / "part", folder, folder.parent):
        os.utime(path, (1_000, 1_000))
    (tmp_path / "sales" / "notes").mkdir()
    (tmp_path / "kept.txt").write_bytes(b"")

    (found,) = find_on_disk(tmp_path)

    assert (found.feed, found.month, found.run_key, found.kind) == ("sales", "2024-01", RUN, "scratch")
    assert found.size_bytes >= 10
    assert found.newest == datetime.fromtimestamp(1_000, UTC)
    remove_from_disk(tmp_path, found)
    remove_from_disk(tmp_path, found)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["kept.txt", "notes", "sales"]


def test_nothing_else_is_deleted(tmp_path: Path) -> None:
    folder = tmp_path / "scratch" / "sales" / "2024-01" / RUN
    folder.mkdir(parents=True)
    (found,) = find_on_disk(tmp_path / "scratch")
    elsewhere = tmp_path / "precious"
    elsewhere.mkdir()
    link = folder.with_name("fedcba987654")
    link.symlink_to(elsewhere)

    assert find_on_disk(tmp_path / "scratch") == (found,)
    for place in (elsewhere, link):
        with pytest.raises(ValueError, match="no run's folder"):
            remove_from_disk(tmp_path / "scratch", found.model_copy(update={"place": str(place)}))
    assert elsewhere.exists()


def test_reports_and_lists_of_bad_lines_are_found_by_their_run_and_removed(tmp_path: Path) -> None:
    month = tmp_path / "sales" / "2024-01"
    rejects = month / f"{RUN}-rejects"
    rejects.mkdir(parents=True)
    (rejects / "a.tsv").write_bytes(b"x" * 100)
    others = tmp_path / "batches", tmp_path / "sales" / "validations", tmp_path / "sales" / "expectations"
    for folder in (month, *others):
        folder.mkdir(exist_ok=True)
        for name in (f"{RUN}.json", f"{RUN}.html", "notes.json"):
            (folder / name).write_bytes(b"{}")

    found = find_reports(tmp_path)

    assert sorted((item.kind, item.feed, item.month, item.run_key) for item in found) == [
        ("rejects", "sales", "2024-01", RUN),
        ("report", "", "", RUN),
        ("report", "sales", "2024-01", RUN),
        ("report", "sales", "validations", RUN),
    ]
    for item in (*found, *found):
        remove_from_disk(tmp_path, item)
    left = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.*"))
    assert left == [
        "batches/notes.json",
        "sales/2024-01/notes.json",
        f"sales/expectations/{RUN}.html",
        f"sales/expectations/{RUN}.json",
        "sales/expectations/notes.json",
        "sales/validations/notes.json",
    ]
