from __future__ import annotations

import gzip
import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from zstandard import decompress as unzstd

from sfetl_provider.core.errors import (
    ScratchSpaceError,
    SourceFileError,
    StageUnusableError,
    UploadError,
)
from sfetl_provider.core.events import Progress
from sfetl_provider.core.plan.names import stage_folder
from sfetl_provider.core.stage.checkpoints import StagingCheckpoints
from tests.core.fakes import InMemoryStage, plan
from tests.core.stage.staging_bench import BODY, CHUNKS, LINE, Bench


def test_a_file_becomes_chunks_that_are_the_file(tmp_path: Path) -> None:
    bench = Bench(tmp_path)

    staged = bench.run()

    assert bench.stage.text() == BODY
    assert bench.stage.uploads == [f"part-{number:05}.tsv.zst" for number in range(1, CHUNKS + 1)]
    assert all(path.startswith(stage_folder(plan(), bench.source.key)) for path in bench.stage.files)
    assert (staged.records, staged.staged_records, staged.empty_records) == (3600, 3600, 0)
    assert sum(staged.chunk_records) == 3600
    assert staged.chunk_first_lines == tuple(
        1 + sum(staged.chunk_records[:number]) for number in range(len(staged.chunk_records))
    )
    assert staged.compressed_bytes == sum(map(len, bench.stage.files.values()))
    assert (staged.chunks_reused, staged.seconds) == (0, 1.0)
    assert staged.sha256 == hashlib.sha256(BODY).hexdigest()
    assert bench.scratch_files == []


@pytest.mark.parametrize("step", ["compress", "upload"])
def test_progress_ends_with_the_whole_file(tmp_path: Path, step: str) -> None:
    bench = Bench(tmp_path)

    bench.run()

    steps = [event for event in bench.events if isinstance(event, Progress) and event.step == step]
    assert [event.done for event in steps] == sorted({event.done for event in steps})
    assert (steps[0].done, steps[-1].done, steps[-1].total) == (0, len(BODY), len(BODY))


def test_header_mark_and_empty_lines_are_counted_apart(tmp_path: Path) -> None:
    body = BODY + b"\n\r\n" + LINE[:-1] % 9
    bench = Bench(tmp_path, b"\xef\xbb\xbfid\tday\ttext\n" + body, format={"header": True})

    staged = bench.run()

    assert bench.stage.text() == body
    assert (staged.records, staged.header_records, staged.empty_records, staged.staged_records) == (
        3604,
        1,
        2,
        3601,
    )
    assert sum(staged.chunk_empty_records) == 2
    assert staged.chunk_first_lines[0] == 2
    assert "byte order mark" in bench.notices


def test_quoted_newlines_stay_within_a_chunk_and_count_as_lines(tmp_path: Path) -> None:
    record = b'1\t2013-01-01\t"' + b"x\n" * 300_000 + b'"\n'
    bench = Bench(tmp_path, record * 5, format={"quote": '"'})

    staged = bench.run()

    assert bench.stage.text() == record * 5
    assert staged.chunk_records == (2, 2, 1)
    assert staged.chunk_first_lines == (1, 600_003, 1_200_005)


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf"])
def test_an_empty_file_gives_no_chunk_and_says_so(tmp_path: Path, content: bytes) -> None:
    bench = Bench(tmp_path, content)

    staged = bench.run()

    assert (staged.records, staged.chunk_records, bench.stage.files) == (0, (), {})
    assert "holds no records" in bench.notices


def test_a_header_alone_gives_no_chunk(tmp_path: Path) -> None:
    staged = Bench(tmp_path, b"id\tday\ttext", format={"header": True}).run()

    assert (staged.records, staged.header_records, staged.chunk_records) == (1, 1, ())


@pytest.mark.parametrize(("workers", "upload_workers"), [(1, 1), (1, 3), (2, 2), (5, 1)])
def test_no_more_files_wait_than_the_docstring_says(
    tmp_path: Path, workers: int, upload_workers: int
) -> None:
    bench = Bench(tmp_path, BODY * 4, workers=workers, upload_workers=upload_workers)

    bench.run()

    assert 1 <= bench.stage.most_files_waiting <= workers + 2 + upload_workers


@pytest.mark.parametrize("upload", range(1, CHUNKS + 1))
def test_a_source_that_changes_while_it_is_staged_keeps_nothing(tmp_path: Path, upload: int) -> None:
    bench = Bench(tmp_path)
    bench.stage = _ChangingStage(bench.folder / "flights.tsv", upload)

    with pytest.raises(SourceFileError, match="changed while it was read") as caught:
        bench.run()

    assert "given up" in str(caught.value)
    bench.stage = InMemoryStage()
    assert bench.run().chunks_reused == 0
    assert bench.stage.text() == BODY


class _ChangingStage(InMemoryStage):
    """Touches the source during one upload: same bytes, another modification time."""

    def __init__(self, path: Path, upload: int) -> None:
        super().__init__()
        self.path = path
        self.at = upload

    def upload(self, source: Path, stage_folder: str) -> None:
        super().upload(source, stage_folder)
        if len(self.uploads) == self.at:
            os.utime(self.path, ns=(10**18, 10**18))


class _LosingStage(InMemoryStage):
    def upload(self, source: Path, stage_folder: str) -> None:
        super().upload(source, stage_folder)
        if len(self.uploads) in (2, 3):
            del self.files[stage_folder + source.name]


def test_uploads_that_list_does_not_show_are_an_error_and_made_again(tmp_path: Path) -> None:
    bench = Bench(tmp_path, stage=_LosingStage())

    with pytest.raises(UploadError, match=r"Chunks 2–3 of flights\.tsv.*Chunks 1, 4 are staged"):
        bench.run()
    bench.run()

    assert bench.stage.text() == BODY


def test_files_on_the_stage_that_are_no_chunks_are_an_error(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    strange = stage_folder(plan(), bench.source.key) + "part-1.csv"
    bench.stage.files[strange] = b"whose?"

    with pytest.raises(StageUnusableError, match=r"others' files: part-1\.csv\..*REMOVE"):
        bench.run()

    del bench.stage.files[strange]
    assert bench.run().chunks_reused > 0
    assert bench.stage.text() == BODY


def test_chunks_of_earlier_tries_on_the_stage_are_named_and_left(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.stage.files[stage_folder(plan(), bench.source.key) + "part-00099.tsv.zst"] = b"old"

    assert bench.run().staged_records == 3600
    assert "part-00099.tsv.zst" in bench.notices


def test_a_scratch_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    (tmp_path / "scratch").write_bytes(b"")

    with pytest.raises(ScratchSpaceError, match="scratch"):
        bench.run()


def test_a_missing_source_is_named(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    (tmp_path / "flights.tsv").unlink()

    with pytest.raises(SourceFileError, match=r"flights\.tsv cannot be read"):
        bench.run()


@pytest.mark.parametrize(
    ("compression", "suffix", "unpack"),
    [("zstd", ".zst", unzstd), ("gzip", ".gz", gzip.decompress), ("none", "", bytes)],
)
def test_chunks_are_compressed_as_configured(
    tmp_path: Path, compression: str, suffix: str, unpack: Callable[[bytes], bytes]
) -> None:
    bench = Bench(tmp_path, compression=compression)

    staged = bench.run()

    assert bench.stage.uploads == [f"part-{number:05}.tsv{suffix}" for number in range(1, CHUNKS + 1)]
    assert b"".join(unpack(content) for _, content in sorted(bench.stage.files.items())) == BODY
    assert (staged.compression, staged.staged_records) == (compression, 3600)
    assert staged.compressed_bytes == sum(map(len, bench.stage.files.values()))
    assert {chunk.zstd_level for chunk in StagingCheckpoints(bench.checkpoints).chunks()} == {
        1 if compression == "zstd" else 0
    }


def test_a_file_that_is_not_the_one_its_manifest_lists_is_refused(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.source = bench.source.model_copy(update={"sha256": "f" * 64})

    with pytest.raises(SourceFileError, match=f"instead of {'f' * 64}, which its manifest"):
        bench.run()
