from __future__ import annotations

import gzip
import hashlib
from pathlib import Path
from typing import Any

import pytest
import zstandard
from pydantic import ValidationError

from sfetl_provider.core.errors import SourceFileError, UploadError
from sfetl_provider.core.events import Event, Notice
from sfetl_provider.core.plan.names import stage_folder
from sfetl_provider.core.stage.run import StagePorts
from sfetl_provider.core.stage.staged_file import StagedFile
from sfetl_provider.core.stage.staging import stage_whole
from tests.core.fakes import InMemoryCheckpoints, InMemoryStage, SteppingClock, feed, plan, source_file
from tests.core.stage.staging_bench import BODY
from tests.core.tsv.test_compressed import PACKERS

TEXT = BODY + b"\n\r\n9\t2013-01-01\tx"


class AsIsBench:
    """A compressed file whose config wants it staged as it is, over several tries."""

    def __init__(self, folder: Path, packed: bytes, suffix: str = ".gz", **stage: Any) -> None:
        self.folder, self.packed = folder, packed
        self.config = feed(stage={"chunk_mib": 1, "as_is_mib": 10, **stage})
        self.source = source_file(folder / f"flights 1[a].tsv{suffix}", packed)
        self.stage, self.checkpoints = InMemoryStage(), InMemoryCheckpoints()
        self.events: list[Event] = []

    def run(self, **changes: Any) -> StagedFile:
        uploader, scratch = self.stage.uploader(), self.folder / "scratch"
        ports = StagePorts(self.stage, uploader, self.checkpoints, SteppingClock(), scratch)
        return stage_whole(self.source, plan(**changes), self.config, ports, self.events.append)

    @property
    def notices(self) -> str:
        return " ".join(event.message for event in self.events if isinstance(event, Notice))


@pytest.mark.parametrize(("suffix", "compression"), [(".gz", "gzip"), (".zst", "zstd")])
def test_a_file_of_one_member_is_its_only_chunk(tmp_path: Path, suffix: str, compression: str) -> None:
    bench = AsIsBench(tmp_path, PACKERS[suffix](TEXT), suffix)

    staged = bench.run()

    folder = stage_folder(plan(), bench.source.key)
    assert bench.stage.files == {f"{folder}part-00001.tsv{suffix}": bench.packed}
    assert staged.sha256 == hashlib.sha256(bench.packed).hexdigest()
    assert (staged.compression, staged.size_bytes) == (compression, len(TEXT))
    assert (staged.records, staged.empty_records, staged.staged_records) == (3603, 2, 3601)
    assert (staged.chunk_records, staged.chunk_first_lines) == ((3601,), (1,))
    assert staged.compressed_bytes == len(bench.packed)
    assert [path for path in (tmp_path / "scratch").rglob("*") if path.is_file()] == []
    assert Path(bench.source.path).read_bytes() == bench.packed


@pytest.mark.parametrize(
    ("packed", "suffix", "why"),
    [
        (gzip.compress(TEXT[:1000]) + gzip.compress(TEXT[1000:]), ".gz", "more than one compressed member"),
        (PACKERS[".zst"](TEXT) + PACKERS[".zst"](b"more"), ".zst", "more than one compressed member"),
        (gzip.compress(b"\xef\xbb\xbf" + TEXT), ".gz", "a byte order mark"),
        (gzip.compress(TEXT, 0), ".gz", "more than stage.as_is_mib"),
    ],
    ids=["members", "frames", "mark", "large"],
)
def test_a_file_that_is_not_fit_is_made_into_chunks(
    tmp_path: Path, packed: bytes, suffix: str, why: str
) -> None:
    bench = AsIsBench(tmp_path, packed, suffix, as_is_mib=1 if why.endswith("mib") else 10)

    staged = bench.run()

    assert len(staged.chunk_records) > 1
    assert why in bench.notices
    assert bench.packed not in bench.stage.files.values()


def test_a_second_try_neither_reads_nor_uploads_what_is_there(tmp_path: Path) -> None:
    bench = AsIsBench(tmp_path, gzip.compress(TEXT))
    first = bench.run()
    bench.stage.uploads.clear()

    second = bench.run()

    assert (second.chunks_reused, bench.stage.uploads) == (1, [])
    assert second.chunk_records == first.chunk_records
    assert second.sha256 == first.sha256


def test_a_failed_upload_is_tried_again_and_a_start_over_obeyed(tmp_path: Path) -> None:
    bench = AsIsBench(tmp_path, gzip.compress(TEXT))
    bench.stage.fail_at = 1

    with pytest.raises(UploadError, match="resumes at chunk 1"):
        bench.run()
    assert bench.run().staged_records == 3601
    bench.stage.uploads.clear()
    assert bench.run(start_over=True).chunks_reused == 0
    assert bench.stage.uploads == ["part-00001.tsv.gz"]


def test_the_setting_taken_back_stages_afresh_as_chunks(tmp_path: Path) -> None:
    bench = AsIsBench(tmp_path, PACKERS[".zst"](TEXT), ".zst")
    bench.run()
    bench.config = feed(stage={"chunk_mib": 1})

    staged = bench.run()

    assert (staged.chunks_reused, len(staged.chunk_records)) == (0, 4)
    assert "is_as_is" in bench.notices


class _ChangingStage(InMemoryStage):
    def upload(self, source: Path, stage_folder: str) -> None:
        super().upload(source, stage_folder)
        source.resolve().write_bytes(gzip.compress(b"another\n"))


def test_a_file_that_changes_meanwhile_is_not_recorded(tmp_path: Path) -> None:
    bench = AsIsBench(tmp_path, gzip.compress(TEXT))
    bench.stage = _ChangingStage()

    with pytest.raises(SourceFileError, match="changed while it was read"):
        bench.run()

    bench.stage = InMemoryStage()
    assert bench.run().staged_records == 1


def test_a_cut_file_is_refused(tmp_path: Path) -> None:
    bench = AsIsBench(tmp_path, zstandard.ZstdCompressor().compress(TEXT)[:-9], ".zst")

    with pytest.raises(SourceFileError, match="cannot be decompressed"):
        bench.run()


def test_a_header_and_as_is_contradict_each_other() -> None:
    with pytest.raises(ValidationError, match="without a header"):
        feed(stage={"as_is_mib": 10}, format={"header": True})
