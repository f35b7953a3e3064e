"""One way to read the text of a source file, plain or compressed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol

from sfetl_provider.core.tsv.compressed import is_compressed, open_text
from sfetl_provider.core.tsv.source import open_source


class Text(Protocol):
    """Bytes that can be read from any offset; an open file is one."""

    def read(self, size: int, /) -> bytes:
        """Give so many bytes, fewer only at the end."""

    def seek(self, offset: int, /) -> object:
        """Go to an offset, counted from the text's start."""


class SourceText(Text, Protocol):
    """The text of a source file; offsets are those of the text."""

    @property
    def source_position(self) -> int:
        """How many bytes of the file were read, to show progress."""


class _PlainText:
    """The text is the file."""

    def __init__(self, file: BinaryIO) -> None:
        self.read = file.read
        self.seek = file.seek
        self._file = file

    @property
    def source_position(self) -> int:
        return self._file.tell()


@contextmanager
def open_text_file(path: Path) -> Iterator[SourceText]:
    """Open a source file's text at its start.

    Going back in a compressed file decompresses it anew from its start. Every OSError within the block becomes a
    SourceFileError, so do nothing but reading in it. Raises SourceFileError, and of it DamagedSourceError when
    compressed content is broken.
    """
    if is_compressed(path):
        with open_text(path) as text:
            yield text
    else:
        with open_source(path) as file:
            yield _PlainText(file)
