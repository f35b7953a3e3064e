"""Reading the text of a compressed source file as a stream, from its beginning to its end."""

from __future__ import annotations

import bz2
import gzip
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol

import zstandard

from sfetl_provider.core.errors import SourceFileError
from sfetl_provider.core.tsv.source import open_source

SUFFIXES = (".gz", ".zst", ".bz2", ".zip")
_READ_BYTES = 64 * 1024
_BROKEN = (EOFError, zlib.error, zstandard.ZstdError, zipfile.BadZipFile, gzip.BadGzipFile, RuntimeError)


class _Reader(Protocol):
    def read(self, size: int, /) -> bytes: ...


def is_compressed(path: Path | str) -> bool:
    """Tell by the name whether a file is read as a compressed one."""
    return Path(path).suffix.lower() in SUFFIXES


class CompressedText:
    """The text of a compressed file, forward only; what is wrong with the file is a SourceFileError."""

    def __init__(self, path: Path, raw: BinaryIO) -> None:
        self._path = path
        self._raw = raw
        with _named_damage(path):
            self._text = _text(path, raw)

    @property
    def source_position(self) -> int:
        """How many bytes of the compressed file were read."""
        return self._raw.tell()

    def read(self, size: int) -> bytes:
        """Give up to so many bytes, none at the end; raises SourceFileError."""
        with _named_damage(self._path):
            return self._text.read(size)


@contextmanager
def open_text(path: Path) -> Iterator[CompressedText]:
    """Open a compressed file's text at its start.

    Files of several members (gzip, bzip2, zstd frames) are read through all of them; a zip must hold one file.
    Memory: some MiB. Raises SourceFileError when the file is damaged, ends early, is encrypted or cannot be read.
    """
    with open_source(path) as raw:
        yield CompressedText(path, raw)


@contextmanager
def _named_damage(path: Path) -> Iterator[None]:
    try:
        yield
    except _BROKEN as error:
        raise _damaged(path, str(error) or type(error).__name__) from error
    except OSError as error:
        # bz2 says so of data that are not its own; a fault of the disk has a number.
        raise _damaged(path, error.strerror or str(error)) from error


def _text(path: Path, raw: BinaryIO) -> _Reader:
    match path.suffix.lower():
        case ".gz":
            return gzip.GzipFile(fileobj=raw, mode="rb")
        case ".bz2":
            return bz2.BZ2File(raw)
        case ".zst":
            return _Frames(raw)
        case _:
            return _only_member(path, zipfile.ZipFile(raw))


def _only_member(path: Path, archive: zipfile.ZipFile) -> _Reader:
    files = [member for member in archive.infolist() if not member.is_dir()]
    if len(files) != 1:
        raise _damaged(path, f"it holds {len(files)} files instead of one")
    return archive.open(files[0])


class _Frames:
    """The text of one zstd frame after the other; zstandard's own reader takes a cut frame for a whole one."""

    def __init__(self, raw: BinaryIO) -> None:
        self._raw = raw
        self._frame: zstandard.ZstdDecompressionObj | None = None
        self._packed = b""
        self._text = b""

    def read(self, size: int, /) -> bytes:
        """Give up to so many bytes, none at the end; raises EOFError when the last frame is cut."""
        while not self._text and self._advance():
            pass
        text, self._text = self._text[:size], self._text[size:]
        return text

    def _advance(self) -> bool:
        packed = self._packed or self._raw.read(_READ_BYTES)
        self._packed = b""
        if not packed:
            if self._frame is not None:
                raise EOFError("the last frame is cut")
            return False
        if self._frame is None:
            self._frame = zstandard.ZstdDecompressor().decompressobj()
        self._text = self._frame.decompress(packed)
        if self._frame.eof:
            self._packed = self._frame.unused_data
            self._frame = None
        return True


def _damaged(path: Path, reason: str) -> SourceFileError:
    return SourceFileError(
        f"{path} cannot be decompressed: {reason}.",
        safe="The file was not changed.",
        next_step="Have it sent again, or pack it again as one .gz, .zst, .bz2 or .zip file.",
    )
