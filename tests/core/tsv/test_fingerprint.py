from __future__ import annotations

import os
from pathlib import Path

import pytest

from sfetl_provider.core.errors import SourceFileError
from sfetl_provider.core.tsv.fingerprint import EDGE_BYTES, fingerprint


def _write(path: Path, content: bytes, modified_ns: int = 10**18) -> str:
    path.write_bytes(content)
    os.utime(path, ns=(modified_ns, modified_ns))
    return fingerprint(path)


def test_the_same_file_has_the_same_fingerprint(tmp_path: Path) -> None:
    assert _write(tmp_path / "a", b"text") == _write(tmp_path / "b", b"text")


@pytest.mark.parametrize("size", [0, 1, EDGE_BYTES - 1, EDGE_BYTES, EDGE_BYTES + 1, 3 * EDGE_BYTES])
def test_size_time_head_and_tail_all_count(tmp_path: Path, size: int) -> None:
    path = tmp_path / "a"
    content = b"x" * size
    found = {
        _write(path, content),
        _write(path, content + b"x"),
        _write(path, content, modified_ns=10**18 + 1),
        _write(path, b"y" + content[1:]),
        _write(path, content[:-1] + b"z"),
    }

    assert len(found) == 5


def test_a_file_that_cannot_be_read_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SourceFileError, match=r"gone\.tsv cannot be read.*Make sure that it exists"):
        fingerprint(tmp_path / "gone.tsv")
