"""A folder in the place of a stage, and checkpoints in a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from sfetl_provider.adapters.chunk_folder import ChunkFolder, FileCheckpoints
from sfetl_provider.core.errors import ScratchSpaceError
from sfetl_provider.core.ports import StagedEntry
from tests.core.fakes import NOON

STAGE = '@"D"."SFETL"."CHUNKS"/sales/2024-01/0123456789ab/a.tsv-00000000/'


def test_an_upload_moves_the_file_and_replaces_the_one_before(tmp_path: Path) -> None:
    folder, source = ChunkFolder(tmp_path / "set"), tmp_path / "part-00001.tsv"
    assert folder.list_stage(STAGE) == []

    for content in (b"12345", b"123"):
        source.write_bytes(content)
        folder.upload(source, STAGE)
        folder.stop()

    assert not source.exists()
    assert folder.list_stage(STAGE) == [StagedEntry("a.tsv-00000000/part-00001.tsv", 3, NOON)]


def test_a_folder_that_takes_nothing_is_named(tmp_path: Path) -> None:
    (tmp_path / "set").write_bytes(b"")
    source = tmp_path / "part-00001.tsv"
    source.write_bytes(b"1")

    with pytest.raises(ScratchSpaceError, match="set"):
        ChunkFolder(tmp_path / "set").upload(source, STAGE)
    with pytest.raises(ScratchSpaceError, match="set"):
        FileCheckpoints(tmp_path / "set" / "state.json").set("a", 1)

    assert source.exists()


def test_checkpoints_outlive_the_process_and_a_damaged_file_counts_as_empty(tmp_path: Path) -> None:
    path = tmp_path / "state" / "a.json"
    store = FileCheckpoints(path)
    store.set("kept", {"a": [1]})
    store.set("gone", 2)
    store.delete("gone")
    store.delete("never")

    again = FileCheckpoints(path)
    assert (again.get("kept"), again.get("gone")) == ({"a": [1]}, None)
    assert [file.name for file in path.parent.iterdir()] == ["a.json"]
    for damaged in ("{", "[]"):
        path.write_text(damaged)
        assert FileCheckpoints(path).get("kept") is None


def test_a_file_that_is_linked_to_is_copied(tmp_path: Path) -> None:
    source, link = tmp_path / "month.tsv.gz", tmp_path / "part-00001.tsv.gz"
    source.write_bytes(b"abc")
    link.symlink_to(source)
    folder = ChunkFolder(tmp_path / "set")

    folder.upload(link, STAGE)

    (chunk,) = (tmp_path / "set").rglob("part-*")
    assert (chunk.is_symlink(), chunk.read_bytes(), source.read_bytes()) == (False, b"abc", b"abc")
