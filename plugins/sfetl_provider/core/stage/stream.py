"""The text of a compressed source, cut at records while it goes by."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sfetl_provider.core.tsv.boundaries import find_newline
from sfetl_provider.core.tsv.compressed import CompressedText, open_text

_BLOCK_BYTES = 1024 * 1024


class TextStream:
    """Goes forward only and is used by one thread at a time; `position` counts bytes of text from the start.

    Chunks end where those of the same text in a plain file do. Memory: two blocks of 1 MiB.
    """

    def __init__(self, text: CompressedText, quote: bytes | None) -> None:
        self._text = text
        self._quote = quote
        self._block = b""
        self._is_quoted = False
        self._source_told = 0
        self.position = 0

    @property
    def is_at_end(self) -> bool:
        """Tell whether all text was given; may read a block."""
        if not self._block:
            self._block = self._text.read(_BLOCK_BYTES)
        return not self._block

    @property
    def source_position(self) -> int:
        """How many bytes of the compressed file were read."""
        return self._text.source_position

    def source_advance(self) -> int:
        """Give how many bytes of the compressed file were read since the last time."""
        before, self._source_told = self._source_told, self._text.source_position
        return self._source_told - before

    def skip_to(self, offset: int) -> None:
        """Leave text out up to a record's start."""
        while self.position < offset and not self.is_at_end:
            self._take(min(offset - self.position, len(self._block)))

    def blocks(self, target: int) -> Iterator[bytes]:
        """Give text up to the end of the record that holds the byte before `target`, or to the end."""
        while self.position < target - 1 and not self.is_at_end:
            piece = self._take(min(target - 1 - self.position, len(self._block)))
            if self._quote:
                self._is_quoted ^= bool(piece.count(self._quote) & 1)
            yield piece
        while not self.is_at_end:
            at, self._is_quoted = find_newline(self._block, self._quote, self._is_quoted)
            yield self._take(at + 1 if at >= 0 else len(self._block))
            if at >= 0:
                return

    def _take(self, size: int) -> bytes:
        piece, self._block = self._block[:size], self._block[size:]
        self.position += size
        return piece


@contextmanager
def open_stream(path: Path, quote: bytes | None) -> Iterator[TextStream]:
    """Open a compressed file's text at its start; errors as `open_text`."""
    with open_text(path) as text:
        yield TextStream(text, quote)
