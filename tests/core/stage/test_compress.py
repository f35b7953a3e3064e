from __future__ import annotations

import errno
import hashlib
from pathlib import Path

import pytest
import zstandard

from sfetl_provider.core.errors import ReconciliationError, ScratchSpaceError, SourceFileError
from sfetl_provider.core.stage.compress import ChunkSource, CompressionStopped, Watch, compress_chunk
from sfetl_provider.core.stage.scratch import chunk_folder, scratch_error
from sfetl_provider.core.stage.split import ChunkRange

TEXT = b"a\t1\n\nb\t2\r\n\r\nc\t3"


def _source(folder: Path, text: bytes = TEXT) -> ChunkSource:
    path = folder / "source.tsv"
    path.write_bytes(text)
    return ChunkSource(path, len(text), None)


def test_a_chunk_is_one_frame_with_size_and_checksum(tmp_path: Path) -> None:
    made = compress_chunk(_source(tmp_path), ChunkRange(1, 0, len(TEXT)), tmp_path / "c.zst", 3)
    content = made.path.read_bytes()
    frame = zstandard.get_frame_parameters(content)
    reader = zstandard.ZstdDecompressor().decompressobj()

    assert reader.decompress(content) == TEXT
    assert (reader.eof, reader.unused_data) == (True, b"")
    assert (frame.content_size, frame.has_checksum) == (len(TEXT), True)
    assert (made.compressed_bytes, made.zstd_level) == (len(content), 3)
    assert made.compressed_sha256 == hashlib.sha256(content).hexdigest()
    assert (made.lines, made.records, made.empty_records) == (5, 3, 2)


def test_a_chunk_that_cuts_a_record_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReconciliationError, match="does not end with a record"):
        compress_chunk(_source(tmp_path), ChunkRange(1, 0, 3), tmp_path / "c.zst", 1)

    assert [path.name for path in tmp_path.iterdir()] == ["source.tsv"]


def test_a_file_that_ends_early_changed(tmp_path: Path) -> None:
    with pytest.raises(SourceFileError, match="changed while it was read"):
        compress_chunk(_source(tmp_path), ChunkRange(1, 0, 99), tmp_path / "c.zst", 1)

    assert [path.name for path in tmp_path.iterdir()] == ["source.tsv"]


def test_it_stops_when_told_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(CompressionStopped):
        compress_chunk(_source(tmp_path), ChunkRange(1, 0, 5), tmp_path / "c.zst", 1, Watch(lambda: True))

    assert [path.name for path in tmp_path.iterdir()] == ["source.tsv"]


def test_a_scratch_folder_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(ScratchSpaceError, match=r"gone cannot take a chunk.*Let the worker write"):
        compress_chunk(_source(tmp_path), ChunkRange(1, 0, 5), tmp_path / "gone" / "c.zst", 1)


def test_a_full_disk_is_told_with_what_makes_it_smaller() -> None:
    error = scratch_error(Path("/scratch"), OSError(errno.ENOSPC, "No space left on device"))

    assert "No space left on device" in str(error)
    assert "lower stage.workers or stage.chunk_mib" in str(error)


def test_the_chunk_folder_begins_empty_and_goes(tmp_path: Path) -> None:
    (tmp_path / "chunks").mkdir()
    (tmp_path / "chunks" / "left.part").write_bytes(b"x")

    with chunk_folder(tmp_path) as folder:
        assert list(folder.iterdir()) == []

    assert not folder.exists()


def test_a_chunk_folder_that_cannot_be_made_is_an_error_of_scratch(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(ScratchSpaceError), chunk_folder(tmp_path / "file"):
        raise AssertionError("never reached")
