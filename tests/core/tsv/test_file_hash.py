"""The hash of a whole file is that of its bytes, however far it was let, and ends when nobody wants it."""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path

import pytest

from sfetl_provider.core.errors import SourceFileError
from sfetl_provider.core.tsv.file_hash import FileHash, file_sha256, require_sha256
from tests.core.fakes import source_file

CONTENT = b"0123456789" * 1_000_000


@pytest.mark.parametrize("allowed", [[], [1], [5_000_000, 100, 10_000_000]])
def test_it_is_the_hash_of_all_bytes(tmp_path: Path, allowed: list[int]) -> None:
    path = tmp_path / "a.tsv"
    path.write_bytes(CONTENT)

    with FileHash(path) as file_hash:
        for until_byte in allowed:
            file_hash.allow(until_byte)

        assert file_hash.result() == hashlib.sha256(CONTENT).hexdigest()


def test_it_ends_when_its_result_is_not_wanted(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_bytes(CONTENT)

    with pytest.raises(KeyboardInterrupt), FileHash(path):
        raise KeyboardInterrupt

    assert [thread.name for thread in threading.enumerate() if thread.name == "hash"] == []


def test_a_file_that_cannot_be_read_is_named_where_the_result_is_asked_for(tmp_path: Path) -> None:
    with (
        pytest.raises(SourceFileError, match=r"gone\.tsv cannot be read"),
        FileHash(tmp_path / "gone.tsv") as file_hash,
    ):
        file_hash.result()


def test_a_file_is_held_against_the_hash_that_is_known_of_it(tmp_path: Path) -> None:
    source = source_file(tmp_path / "a.tsv", b"a\n")
    found = file_sha256(tmp_path / "a.tsv")
    for known, of_file in (("", found), (found, found), (found, "")):
        require_sha256(source.model_copy(update={"sha256": known}), of_file)
    with pytest.raises(SourceFileError, match=f"a.tsv has SHA-256 {found} instead of {'f' * 64}"):
        require_sha256(source.model_copy(update={"sha256": "f" * 64}), found)
