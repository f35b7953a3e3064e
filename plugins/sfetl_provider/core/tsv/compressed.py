"""Reading the text of a compressed source file as a stream, from its beginning to its end."""

from __future__ import annotations

import bz2
import gzip
import lzma
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Protocol, cast

import zstandard
from isal import igzip, isal_zlib

from sfetl_provider.core.errors import SourceFileError
from sfetl_provider.core.tsv.source import open_source

SUFFIXES = (".gz", ".zst", ".bz2", ".zip")
# So little at a time that even of a zstd frame that is all zeros no more than 64 MiB come out of it.
_PIECE_BYTES = 2 * 1024
_TEXT_BYTES = 4 * 1024 * 1024
_GZIP_WINDOW_BITS = 31
_SKIP_BYTES = 1024 * 1024
_BROKEN = (
    EOFError,
    zlib.error,
    cast(type[Exception], isal_zlib.error),
    lzma.LZMAError,
    zstandard.ZstdError,
    zipfile.BadZipFile,
    gzip.BadGzipFile,
    # zipfile raises these about some broken archives, and about passwords and ways of packing that it lacks.
    RuntimeError,
    ValueError,
    struct.error,
)


class DamagedSourceError(SourceFileError):
    """A compressed source cannot be decompressed, from its beginning or from somewhere on; `reason` says why."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"{path} cannot be decompressed: {reason}.",
            safe="The file was not changed.",
            next_step="Have it sent again, or pack it again as one .gz, .zst, .bz2 or .zip file.",
        )
        self.reason = reason


class SeveralMembersError(Exception):
    """More follows the one member that was to be read."""


class _Reader(Protocol):
    def read(self, size: int, /) -> bytes: ...


class _Member(Protocol):
    def decompress(self, data: bytes, /) -> bytes: ...

    @property
    def needs_input(self) -> bool: ...

    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...


def is_compressed(path: Path | str) -> bool:
    """Tell by the name whether a file is read as a compressed one."""
    return Path(path).suffix.lower() in SUFFIXES


class CompressedText:
    """The text of a compressed file; what is wrong with the file is a DamagedSourceError.

    It is made to be read forward: going back begins anew.
    """

    def __init__(self, path: Path, raw: BinaryIO, is_single: bool = False) -> None:
        self._path = path
        self._raw = raw
        self._position = 0
        with _named_damage(path):
            self._text = _single_member(path, raw) if is_single else _text(path, raw)

    @property
    def source_position(self) -> int:
        """How many bytes of the compressed file were read."""
        return self._raw.tell()

    def read(self, size: int, /) -> bytes:
        """Give so many bytes, fewer only at the end, where there are none; raises DamagedSourceError."""
        parts = []
        with _named_damage(self._path):
            while size and (part := self._text.read(size)):
                parts.append(part)
                size -= len(part)
                self._position += len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def seek(self, offset: int, /) -> None:
        """Go to an offset in the text, or to its end."""
        if offset < self._position:
            self._raw.seek(0)
            self._position = 0
            with _named_damage(self._path):
                self._text = _text(self._path, self._raw)
        while self._position < offset and self.read(min(offset - self._position, _SKIP_BYTES)):
            pass


@contextmanager
def open_text(path: Path) -> Iterator[CompressedText]:
    """Open a compressed file's text at its start.

    Files of several members (gzip, bzip2, zstd frames) are read through all of them; a zip must hold one
    file, or one with its own name: sales.tsv in sales.tsv.zip or sales.zip.
    Memory: some MiB. Raises DamagedSourceError when the file is damaged, ends early or is encrypted,
    SourceFileError when it cannot be read.
    """
    with open_source(path) as raw:
        yield CompressedText(path, raw)


@contextmanager
def open_single_member(path: Path) -> Iterator[CompressedText]:
    """Open the text of a .gz or .zst file that must be one member; read it forward only.

    Errors as `open_text`; and where another member, or anything else, follows the first, SeveralMembersError.
    """
    with open_source(path) as raw:
        yield CompressedText(path, raw, is_single=True)


@contextmanager
def _named_damage(path: Path) -> Iterator[None]:
    try:
        yield
    except _BROKEN as error:
        raise DamagedSourceError(path, str(error) or type(error).__name__) from error
    except OSError as error:
        # bz2 says so of data that are not its own; a fault of the disk has a number.
        if error.errno is not None:
            raise
        raise DamagedSourceError(path, str(error)) from error


def _text(path: Path, raw: BinaryIO) -> _Reader:
    match path.suffix.lower():
        case ".gz":
            text: _Reader = igzip.IGzipFile(fileobj=raw, mode="rb")  # type: ignore[no-untyped-call]
            return text
        case ".bz2":
            return _Members(raw, _Bzip2Stream)
        case ".zst":
            return _Members(raw, _ZstdFrame)
        case _:
            return _only_member(path, raw)


def _single_member(path: Path, raw: BinaryIO) -> _Reader:
    return _Members(raw, _ZstdFrame if path.suffix.lower() == ".zst" else _GzipMember, is_single=True)


def _only_member(path: Path, raw: BinaryIO) -> _Reader:
    try:
        archive = zipfile.ZipFile(raw)
    except zipfile.BadZipFile as error:
        raise DamagedSourceError(
            path, f"the archive's directory, at its end, is missing or broken ({error})"
        ) from error
    files = [member for member in archive.infolist() if not member.is_dir()]
    named = [member for member in files if _is_named_as(path, PurePosixPath(member.filename))]
    for chosen in (files, named):
        if len(chosen) == 1:
            return archive.open(chosen[0])
    raise DamagedSourceError(
        path, f"it holds {len(files)} files instead of one, and {len(named)} with the archive's own name"
    )


def _is_named_as(archive: Path, member: PurePosixPath) -> bool:
    """Tell whether sales.tsv lies in sales.tsv.zip or in sales.zip."""
    return archive.stem in (member.name, member.stem)


class _Members:
    """The text of one zstd frame or bzip2 stream after the other.

    The libraries' own readers take a cut zstd frame for a whole one, and leave out, in silence, what follows a
    bzip2 stream and is none.
    """

    def __init__(self, raw: BinaryIO, begin: Callable[[], _Member], is_single: bool = False) -> None:
        self._raw = raw
        self._begin = begin
        self._is_single = is_single
        self._is_begun = False
        self._member: _Member | None = None
        self._packed = b""
        self._text = b""

    def read(self, size: int, /) -> bytes:
        """Give up to so many bytes, none at the end; raises EOFError when the last member is cut."""
        while not self._text and self._advance():
            pass
        text, self._text = self._text[:size], self._text[size:]
        return text

    def _advance(self) -> bool:
        is_full = self._member is not None and not self._member.needs_input
        packed = b"" if is_full else self._packed or self._raw.read(_PIECE_BYTES)
        if not is_full:
            self._packed = b""
        if not packed and not is_full:
            if self._member is not None:
                raise EOFError("the file ends early")
            return False
        if self._member is None:
            if self._is_begun and self._is_single:
                raise SeveralMembersError
            self._is_begun = True
            self._member = self._begin()
        self._text = self._member.decompress(packed)
        if self._member.eof:
            self._packed = self._member.unused_data
            self._member = None
        return True


class _ZstdFrame:
    """One frame; implements _Member."""

    needs_input = True

    def __init__(self) -> None:
        self._frame = zstandard.ZstdDecompressor().decompressobj()
        self.decompress = self._frame.decompress

    @property
    def eof(self) -> bool:
        return self._frame.eof

    @property
    def unused_data(self) -> bytes:
        return self._frame.unused_data


class _GzipMember:
    """One member; implements _Member."""

    needs_input = True

    def __init__(self) -> None:
        self._stream = isal_zlib.decompressobj(wbits=_GZIP_WINDOW_BITS)
        self.decompress = self._stream.decompress

    @property
    def eof(self) -> bool:
        return bool(self._stream.eof)

    @property
    def unused_data(self) -> bytes:
        return bytes(self._stream.unused_data)


class _Bzip2Stream:
    """One stream; implements _Member, and gives some MiB at a time: 40 bytes may hold 45 MB."""

    def __init__(self) -> None:
        self._stream = bz2.BZ2Decompressor()

    def decompress(self, data: bytes, /) -> bytes:
        return self._stream.decompress(data, _TEXT_BYTES)

    @property
    def needs_input(self) -> bool:
        return self._stream.needs_input

    @property
    def eof(self) -> bool:
        return self._stream.eof

    @property
    def unused_data(self) -> bytes:
        return self._stream.unused_data
