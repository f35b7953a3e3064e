"""What the Uploader port promises, by every implementation."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sfetl_provider.core.errors import ScratchSpaceError, UploadError
from tests.contracts.uploader.conftest import STAGE, UploaderBench

CHUNK_BYTES = 400_000


@pytest.fixture
def folder(tmp_path: Path) -> str:
    """A stage path of the test's own."""
    return f"{STAGE}/{tmp_path.name}/"


def chunk(tmp_path: Path, number: int, size_bytes: int = CHUNK_BYTES) -> Path:
    path = tmp_path / f"part-{number:05}.tsv.zst"
    path.write_bytes(os.urandom(size_bytes))
    return path


def test_a_file_arrives_whole_and_replaces_one_of_its_name(
    bench: UploaderBench, tmp_path: Path, folder: str
) -> None:
    for size_bytes in (CHUNK_BYTES, 7):
        bench.uploader.upload(chunk(tmp_path, 1, size_bytes), folder)
        (entry,) = bench.listed(folder)
        assert (entry.path.rpartition("/")[2], entry.size_bytes) == ("part-00001.tsv.zst", size_bytes)


def test_several_threads_upload_at_once(bench: UploaderBench, tmp_path: Path, folder: str) -> None:
    chunks = [chunk(tmp_path, number, 1000 + number) for number in range(1, 7)]

    with ThreadPoolExecutor(3) as executor:
        list(executor.map(lambda path: bench.uploader.upload(path, folder), chunks))

    assert sorted(entry.size_bytes for entry in bench.listed(folder)) == list(range(1001, 1007))


def test_an_upload_that_hangs_can_be_stopped_and_then_none_begins(
    bench: UploaderBench, tmp_path: Path, folder: str
) -> None:
    bench.hang()
    with ThreadPoolExecutor(1) as executor:
        hanging = executor.submit(bench.uploader.upload, chunk(tmp_path, 1), folder)
        assert bench.hanging.wait(60)

        bench.uploader.stop()

        with pytest.raises(UploadError, match="stopped"):
            hanging.result(60)
    bench.uploader.stop()
    with pytest.raises(UploadError, match="stopped"):
        bench.uploader.upload(chunk(tmp_path, 2, 10), folder)
    assert bench.listed(folder) == []


def test_a_file_that_is_gone_is_a_fault_of_the_scratch(
    bench: UploaderBench, tmp_path: Path, folder: str
) -> None:
    with pytest.raises(ScratchSpaceError):
        bench.uploader.upload(tmp_path / "gone.zst", folder)
