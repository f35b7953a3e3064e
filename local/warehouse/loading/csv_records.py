"""The records of a CSV text, read exactly as Snowflake's options say; slower than DuckDB's reader.

Every position is kept: record, line, byte. Works on UTF-8 bytes, in which no delimiter can be found by mistake
within a character. Memory: the piece being read and the one record that goes beyond it.
https://docs.snowflake.com/en/sql-reference/sql/copy-into-table#type-csv
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from local.warehouse.loading.file_format import FileFormat

PIECE_BYTES = 1 << 20
_SPACE = b" \t"
_MEANINGS = {b"t": b"\t", b"n": b"\n", b"r": b"\r", b"0": b"\0", b"b": b"\b", b"f": b"\f"}


class _NeedsMoreError(Exception):
    """The record goes on beyond what has been read."""


@dataclass(slots=True)
class Record:
    """One record.

    `row` counts records from 1, `line` lines of the file from 1, `offset` bytes from 0. `starts` are the places of
    the fields in `raw`, which holds the record with its delimiter; None when they lie from one field delimiter to
    the next. A field is None where it means NULL. `problem`
    is the place of a character that should not be there, after the end of an enclosed field; then the fields are
    those before it.
    """

    row: int
    line: int
    offset: int
    raw: bytes
    fields: list[bytes | None]
    starts: list[int] | None
    body_length: int
    problem: int | None = None


@dataclass
class CsvReader:
    """Reads the records out of pieces of text of any size; `piece_bytes` is how much is looked at together.

    `is_over` tells that no record follows the one just given.
    """

    file_format: FileFormat
    pieces: Iterator[bytes]
    piece_bytes: int = PIECE_BYTES
    is_over: bool = False
    _buffer: bytes = b""
    _position: int = 0
    _consumed: int = 0
    _line: int = 1
    _row: int = 0
    _is_drained: bool = False
    _specials: re.Pattern[bytes] = field(init=False)
    _in_enclosed: re.Pattern[bytes] = field(init=False)

    def __post_init__(self) -> None:
        form = self.file_format
        self._field_end = form.field_delimiter.encode()
        self._record_end = form.record_delimiter.encode()
        self._enclosure = (form.enclosed_by or "").encode()
        self._escape = (form.escape or "").encode()
        self._open_escape = (form.escape or form.escape_unenclosed_field or "").encode()
        self._nulls = {value.encode() for value in form.null_if}
        marks = sorted(filter(None, (self._field_end, self._record_end, self._open_escape)), key=len)
        self._specials = _any_of(*reversed(marks))
        self._in_enclosed = _any_of(*filter(None, (self._enclosure, self._escape)))
        self._is_plain = not self._enclosure and not self._open_escape

    def __iter__(self) -> Iterator[Record]:
        """The records in order; blank lines are left out when the format says so."""
        self._skip_header()
        while self._has_more():
            record = self._whole_record()
            is_blank = record.body_length == 0
            self._advance(len(record.raw))
            self.is_over = not self._has_more()
            if is_blank and self.file_format.skip_blank_lines:
                self._row -= 1
                continue
            yield record

    def _has_more(self) -> bool:
        return self._position < len(self._buffer) or self._fill()

    def _fill(self) -> bool:
        """Read on; False at the end of the text."""
        parts = [self._buffer[self._position :]]
        size = 0
        while size < self.piece_bytes:
            piece = next(self.pieces, None)
            if piece is None:
                self._is_drained = True
                break
            parts.append(piece)
            size += len(piece)
        if size:
            self._consumed += self._position
            self._buffer, self._position = b"".join(parts), 0
        return bool(size)

    def _advance(self, size: int) -> None:
        end = self._position + size
        self._line += self._buffer.count(b"\n", self._position, end)
        self._position = end

    def _skip_header(self) -> None:
        """Lines, whatever the delimiters are."""
        for _ in range(self.file_format.skip_header):
            while (end := self._buffer.find(b"\n", self._position)) < 0 and self._fill():
                pass
            self._advance((end + 1 if end >= 0 else len(self._buffer)) - self._position)

    def _whole_record(self) -> Record:
        self._row += 1
        while True:
            try:
                return self._plain() if self._is_plain else self._marked()
            except _NeedsMoreError:
                if not self._fill():
                    self._is_drained = True

    def _plain(self) -> Record:
        """Without enclosing and escaping a record ends at the next delimiter."""
        buffer, start = self._buffer, self._position
        end = buffer.find(self._record_end, start) if self._record_end else -1
        if end < 0 and not self._is_drained:
            raise _NeedsMoreError
        body_end = end if end >= 0 else len(buffer)
        body_end = self._without_return(start, body_end)
        whole = buffer[start : end + len(self._record_end) if end >= 0 else len(buffer)]
        body = buffer[start:body_end]
        parts = body.split(self._field_end) if self._field_end else [body]
        fields: list[bytes | None] = [*parts]
        if self.file_format.trim_space:
            fields = [self._unenclosed(part) for part in parts]
        elif self.file_format.empty_field_as_null:
            fields = [part or None for part in parts]
        return Record(self._row, self._line, self._consumed + start, whole, fields, None, len(body))

    def _without_return(self, start: int, end: int) -> int:
        """A new line is a logical one: \\r\\n ends a record where \\n does."""
        is_logical = self._record_end == b"\n"
        return end - 1 if is_logical and end > start and self._buffer[end - 1 : end] == b"\r" else end

    def _marked(self) -> Record:
        start = place = self._position
        starts: list[int] = []
        record = Record(self._row, self._line, self._consumed + start, b"", [], starts, 0)
        while True:
            starts.append(place - start)
            value, end = self._field(place)
            if end < 0:
                return self._broken(record, -end)
            record.fields.append(value)
            if self._field_end and self._buffer.startswith(self._field_end, end):
                place = end + len(self._field_end)
                continue
            has_end = end < len(self._buffer)
            after = end + self._end_length(end) if has_end else end
            record.raw = self._buffer[start:after]
            record.body_length = self._without_return(start, end) - start
            return record

    def _end_length(self, place: int) -> int:
        """How long the record delimiter is that begins here; 0 for none."""
        if not self._record_end:
            return 0
        if self._buffer.startswith(self._record_end, place):
            return len(self._record_end)
        is_logical = self._record_end == b"\n" and self._buffer.startswith(b"\r\n", place)
        return 2 if is_logical else 0

    def _broken(self, record: Record, place: int) -> Record:
        """After a misplaced character the record is taken to end at the next delimiter."""
        start = self._position
        end = self._buffer.find(self._record_end, place) if self._record_end else -1
        if end < 0:
            self._need_drained()
        record.problem = place - start
        record.raw = self._buffer[start : end + len(self._record_end) if end >= 0 else len(self._buffer)]
        record.body_length = (end if end >= 0 else len(self._buffer)) - start
        return record

    def _need_drained(self) -> None:
        if not self._is_drained:
            raise _NeedsMoreError

    def _field(self, place: int) -> tuple[bytes | None, int]:
        """The field that starts here and where it ends; the end is negative at a misplaced character."""
        if self._enclosure:
            first = self._after_spaces(place) if self.file_format.trim_space else place
            if first >= len(self._buffer):
                self._need_drained()
            if self._buffer.startswith(self._enclosure, first):
                return self._enclosed(first + 1)
        end = place
        while match := self._specials.search(self._buffer, end):
            if match.group() != self._open_escape or not self._open_escape:
                return self._open_field(place, match.start())
            self._need(match.end() + 1)
            end = match.end() + max(self._end_length(match.end()), 1)
        self._need_drained()
        return self._open_field(place, len(self._buffer))

    def _need(self, end: int) -> None:
        """There must be that much, and one more for a \\n after a \\r."""
        if end >= len(self._buffer):
            self._need_drained()

    def _open_field(self, start: int, end: int) -> tuple[bytes | None, int]:
        is_last = self._end_length(end) or end == len(self._buffer)
        text_end = self._without_return(start, end) if is_last else end
        return self._unenclosed(self._buffer[start:text_end]), end

    def _unenclosed(self, raw: bytes) -> bytes | None:
        text = raw.strip(_SPACE) if self.file_format.trim_space else raw
        if not text:
            return None if self.file_format.empty_field_as_null else b""
        if self._open_escape and self._open_escape in text:
            return None if text in self._nulls else self._unescaped(text, self._open_escape)
        return text

    def _enclosed(self, place: int) -> tuple[bytes | None, int]:
        parts: list[bytes] = []
        while match := self._in_enclosed.search(self._buffer, place):
            self._need(match.end())
            parts.append(self._buffer[place : match.start()])
            place = match.end()
            following = self._buffer[place : place + 1]
            if match.group() == self._escape and self._escape != self._enclosure:
                parts.append(_MEANINGS.get(following, following))
                place += 1
            elif following == self._enclosure:
                parts.append(self._enclosure)
                place += 1
            else:
                return b"".join(parts), self._after_enclosure(place)
        self._need_drained()
        return None, -len(self._buffer)

    def _after_enclosure(self, place: int) -> int:
        end = self._after_spaces(place) if self.file_format.trim_space else place
        self._need(end + max(len(self._field_end), len(self._record_end)))
        is_ended = end >= len(self._buffer) or self._end_length(end)
        if is_ended or (self._field_end and self._buffer.startswith(self._field_end, end)):
            return end
        return -end

    def _after_spaces(self, place: int) -> int:
        while self._buffer[place : place + 1] in (b" ", b"\t"):
            if self._field_end and self._buffer.startswith(self._field_end, place):
                break
            place += 1
        return place

    def _unescaped(self, text: bytes, escape: bytes) -> bytes:
        def replace(match: re.Match[bytes]) -> bytes:
            return _MEANINGS.get(match[1], match[1])

        return re.sub(re.escape(escape) + rb"(.|$)", replace, text, flags=re.DOTALL)


def _any_of(*marks: bytes) -> re.Pattern[bytes]:
    """A pattern for any of the marks; one that never matches without marks."""
    return re.compile(b"|".join(map(re.escape, marks)) or rb"(?!)")
