"""The content of a file, unpacked where it is compressed."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO, NamedTuple, cast

import zstandard

from sfetl_provider.core.errors import SourceFileError
from sfetl_provider.core.tsv.source import open_source

_STREAMS = ("gzip-compressed", "zstd-compressed", "bzip2-compressed", "xz-compressed")
_ARCHIVE = "a zip archive or an Excel workbook"
_BROKEN = (EOFError, zstandard.ZstdError, lzma.LZMAError, zipfile.BadZipFile, gzip.BadGzipFile, ValueError)


def is_packed(kind: str) -> bool:
    """Tell whether the content of a file of this kind (`foreign_kind`) can be unpacked."""
    return kind in _STREAMS or kind == _ARCHIVE


class Content(NamedTuple):
    """A stream of unpacked content, and the file that it comes from, whose position tells how much was used."""

    stream: IO[bytes]
    file: BinaryIO


@contextmanager
def open_content(path: Path, kind: str) -> Iterator[Content]:
    """Open a file's content as a stream; of a zip archive, its first file.

    Raises SourceFileError when the file cannot be read or its compressed content is broken.
    """
    try:
        with open_source(path) as file:
            if kind == _ARCHIVE:
                with zipfile.ZipFile(file) as archive, archive.open(members(archive)[0]) as content:
                    yield Content(content, file)
            else:
                with _stream(file, kind) as content:
                    yield Content(content, file)
    except _BROKEN as error:
        raise _broken(path, kind, error) from error
    except SourceFileError as error:
        # bz2 and gzip tell of broken content by an OSError without number.
        if isinstance(error.__cause__, OSError) and error.__cause__.errno is None and kind:
            raise _broken(path, kind, error.__cause__) from error
        raise


def archive_names(path: Path) -> list[str]:
    """Give the names of the files in a zip archive; raises SourceFileError when it is broken."""
    try:
        with open_source(path) as file, zipfile.ZipFile(file) as archive:
            return [member.filename for member in members(archive)]
    except _BROKEN as error:
        raise _broken(path, _ARCHIVE, error) from error


def members(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """Give the files of an archive, without its folders."""
    return [member for member in archive.infolist() if not member.is_dir()]


def _stream(file: BinaryIO, kind: str) -> IO[bytes]:
    match kind:
        case "gzip-compressed":
            return cast(IO[bytes], gzip.open(file))
        case "bzip2-compressed":
            return bz2.open(file)
        case "xz-compressed":
            return lzma.open(file)
    return zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True, closefd=False)


def _broken(path: Path, kind: str, error: Exception) -> SourceFileError:
    return SourceFileError(
        f"{path} is {kind}, but its content is broken: {error}.",
        safe="The file was not changed.",
        next_step="Have it delivered again.",
    )
