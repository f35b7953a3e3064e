"""Scratch folders that runs left."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sfetl_provider.core.maintenance.on_disk import find_on_disk, remove_from_disk

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
