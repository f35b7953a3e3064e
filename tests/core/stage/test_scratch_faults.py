"""A scratch folder that is full, that bounds the size of files, or that cannot be written to: by the kernel's own
answers, which are the same for every user.
"""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sfetl_provider.core.errors import ScratchSpaceError
from sfetl_provider.core.plan.names import scratch_folder
from sfetl_provider.core.stage.run import StagePorts, stage_file
from tests.core.fakes import InMemoryStage, SteppingClock, feed, plan
from tests.core.stage.staging_bench import BODY, CHUNKS, Bench

FULL_AT = 9


class FillingStage(InMemoryStage):
    """Lets the disk be full when chunk FULL_AT is first written: its file is the device that always is."""

    def upload(self, source: Path, stage_folder: str) -> None:
        partial = source.parent / f"part-{FULL_AT:05}.tsv.part"
        if not self.uploads:
            partial.symlink_to("/dev/full")
        super().upload(source, stage_folder)


def test_a_disk_that_becomes_full_keeps_what_is_staged_and_is_left_clean(tmp_path: Path) -> None:
    bench = Bench(tmp_path, BODY * 3, workers=1, stage=FillingStage())

    with pytest.raises(
        ScratchSpaceError, match=r"No space left on device.*staged and recorded.*Make room"
    ) as caught:
        bench.run()

    assert bench.scratch_files == []
    assert "lower stage.workers or stage.chunk_mib" in str(caught.value)
    assert bench.run().chunks_reused >= FULL_AT - 5
    assert bench.stage.text() == BODY * 3


@contextmanager
def files_of_at_most(size_bytes: int) -> Iterator[None]:
    """Let this process write no longer file."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_limit_of_file_sizes_is_told_apart_from_a_full_disk(tmp_path: Path) -> None:
    bench = Bench(tmp_path, compression="none")

    with (
        files_of_at_most(500_000),
        pytest.raises(ScratchSpaceError, match=r"File too large.*limit of file sizes"),
    ):
        bench.run()

    assert bench.scratch_files == []
    assert bench.run().chunk_count == CHUNKS


def test_a_scratch_in_which_nobody_may_write_is_named(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    read_only = Path("/sys/sfetl")
    ports = StagePorts(bench.stage, bench.stage.uploader(), bench.checkpoints, SteppingClock(), read_only)

    with pytest.raises(ScratchSpaceError, match=r"Let the worker write to it") as caught:
        stage_file(bench.source, plan(), feed(), ports)

    assert str(scratch_folder(read_only, plan(), bench.source.key)) in str(caught.value)
    assert not read_only.exists()
