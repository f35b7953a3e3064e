from __future__ import annotations

import bz2
import gzip
import os
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
import zstandard

from sfetl_provider.core.errors import SourceFileError
from sfetl_provider.core.tsv.compressed import is_compressed, open_text

TEXT = b"".join(b"%d\tabc\n" % number for number in range(50_000)) + os.urandom(70_000)


def zipped(text: bytes, names: tuple[str, ...] = ("a.tsv",)) -> bytes:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.mkdir("folder")
        for name in names:
            archive.writestr(name, text)
    return packed.getvalue()


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".zst": zstandard.ZstdCompressor().compress,
    ".zip": zipped,
}
SEVERAL = [".gz", ".bz2", ".zst"]


def text_of(path: Path, piece: int = 10_000) -> bytes:
    with open_text(path) as text:
        found = b"".join(iter(lambda: text.read(piece), b""))
        assert 0 < text.source_position <= path.stat().st_size
    return found


@pytest.mark.parametrize("suffix", PACKERS)
@pytest.mark.parametrize("text", [TEXT, b"", b"x"], ids=["long", "empty", "short"])
def test_the_text_comes_out_as_it_went_in(tmp_path: Path, suffix: str, text: bytes) -> None:
    path = tmp_path / f"a.tsv{suffix.upper()}"
    path.write_bytes(PACKERS[suffix](text))

    assert is_compressed(path)
    assert text_of(path) == text


@pytest.mark.parametrize("suffix", SEVERAL)
def test_all_members_are_read(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(b"".join(PACKERS[suffix](part) for part in (b"a", b"", TEXT, b"b")))

    assert text_of(path) == b"a" + TEXT + b"b"


@pytest.mark.parametrize("suffix", PACKERS)
@pytest.mark.parametrize("cut", [0.5, 0.999])
def test_a_file_that_ends_early_is_no_whole_one(tmp_path: Path, suffix: str, cut: float) -> None:
    path = tmp_path / f"a{suffix}"
    packed = PACKERS[suffix](TEXT)
    path.write_bytes(packed[: int(len(packed) * cut)])

    with pytest.raises(SourceFileError, match="cannot be decompressed"):
        text_of(path)


@pytest.mark.parametrize("suffix", PACKERS)
def test_what_is_not_compressed_is_named(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(b"1\t2\t3\n" * 1000)

    with pytest.raises(SourceFileError, match="cannot be decompressed"):
        text_of(path)


@pytest.mark.parametrize("names", [(), ("b.tsv", "c.tsv"), ("a.tsv", "a.txt")])
def test_a_zip_holds_one_file(tmp_path: Path, names: tuple[str, ...]) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(zipped(b"x", names))

    with pytest.raises(SourceFileError, match=f"it holds {len(names)} files instead of one"):
        text_of(path)


@pytest.mark.parametrize("name", ["sales.zip", "sales.tsv.zip"])
def test_of_several_files_in_a_zip_the_one_with_its_name_is_read(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("read me.txt", b"no data")
        archive.writestr("out/sales.tsv", TEXT)

    assert text_of(path) == TEXT


def test_damaged_data_are_named(tmp_path: Path) -> None:
    path = tmp_path / "a.gz"
    packed = bytearray(gzip.compress(TEXT))
    packed[-8] ^= 0xFF
    path.write_bytes(packed)

    with pytest.raises(SourceFileError, match="CRC"):
        text_of(path)


def test_other_names_are_plain(tmp_path: Path) -> None:
    assert not is_compressed(tmp_path / "a.gz.tsv")
