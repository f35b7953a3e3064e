"""A source file that grows, shrinks, is replaced or vanishes while it is staged, at each upload."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from sfetl_provider.core.errors import SourceFileError
from sfetl_provider.core.stage.checkpoints import StagingCheckpoints
from sfetl_provider.core.tsv.source import SourceChangedError
from tests.core.fakes import InMemoryStage
from tests.core.stage.staging_bench import CHUNKS, Bench
from tests.core.stage.test_stage_compressed import packed, texts

_RANDOM = random.Random(1)  # noqa: S311 - text that no compression makes small, the same each time
BODY = b"".join(
    b"%07d\t2013-01-01\t%s\n" % (row, _RANDOM.randbytes(500).hex().encode()) for row in range(3600)
)


def grow(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"x\n")


def shrink(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def replace(path: Path) -> None:
    beside = path.with_suffix(".new")
    beside.write_bytes(BODY)
    beside.replace(path)


def vanish(path: Path) -> None:
    path.unlink()


class MeddledStage(InMemoryStage):
    """Does something to the source file once so many chunks have arrived."""

    def __init__(self, meddle: Callable[[Path], object], path: Path, upload: int) -> None:
        super().__init__()
        self.meddle, self.path, self.at = meddle, path, upload

    def upload(self, source: Path, stage_folder: str) -> None:
        super().upload(source, stage_folder)
        if len(self.uploads) == self.at:
            self.meddle(self.path)


@pytest.fixture(params=["plain", "packed"])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Bench:
    """A bench of a plain or a compressed file."""
    return Bench(tmp_path, BODY) if request.param == "plain" else packed(tmp_path, ".zst", BODY)


@pytest.mark.parametrize("upload", [1, CHUNKS])
@pytest.mark.parametrize("meddle", [grow, shrink, replace])
def test_what_was_made_of_a_file_that_changes_is_given_up(
    bench: Bench, meddle: Callable[[Path], None], upload: int
) -> None:
    bench.stage = MeddledStage(meddle, Path(bench.source.path), upload)

    with pytest.raises(SourceChangedError, match=r"changed while it was read.* given up.* starts afresh"):
        bench.run()

    assert StagingCheckpoints(bench.checkpoints).chunks() == []
    assert bench.scratch_files == []
    bench.rewrite(BODY)
    bench.stage = InMemoryStage()
    assert bench.run().chunks_reused == 0
    assert b"".join(texts(bench)) == BODY


@pytest.mark.parametrize("upload", [1, CHUNKS])
def test_a_file_that_vanishes_is_missed_and_goes_on_when_it_is_back(bench: Bench, upload: int) -> None:
    path = Path(bench.source.path)
    aside = path.with_suffix(".aside")
    bench.stage = stage = MeddledStage(lambda found: shutil.move(found, aside), path, upload)

    with pytest.raises(SourceFileError, match=r"cannot be read: No such file.* staged and recorded"):
        bench.run()

    assert bench.scratch_files == []
    recorded = StagingCheckpoints(bench.checkpoints).chunks()
    aside.replace(path)
    stage.at = 0
    assert bench.run().chunks_reused == sum(chunk.is_confirmed for chunk in recorded) > 0
    assert b"".join(texts(bench)) == BODY
