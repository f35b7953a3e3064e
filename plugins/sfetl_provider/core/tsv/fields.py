"""Where the fields of whole records lie, found for a block at a time."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sfetl_provider.core.tsv.line_counter import NEWLINE, RETURN, Positions, outside_quotes


class FieldShape(NamedTuple):
    """How many columns a record has, and the bytes between and around fields."""

    columns: int
    delimiter: bytes
    quote: bytes | None = None


class Fields(NamedTuple):
    """`starts` and `stops` have a row a record and a column a field; a line's end belongs to none of them.

    Empty records have no row, unless the feed has one column.
    """

    starts: Positions
    stops: Positions


class RaggedRecordError(Exception):
    """A record has another number of fields than the feed has columns; `offset` is where it begins."""

    def __init__(self, offset: int, fields: int) -> None:
        super().__init__(offset, fields)
        self.offset = offset
        self.fields = fields


def find_fields(text: bytes, shape: FieldShape) -> Fields:
    """Find the fields of a text of whole records, the last of which may lack its newline.

    Raises RaggedRecordError at the first record that has too many or too few. Memory: some 10 bytes a field.
    """
    data = np.frombuffer(text, np.uint8)
    quotes = np.flatnonzero(data == shape.quote[0]) if shape.quote else None
    ends = outside_quotes(np.flatnonzero(data == NEWLINE), quotes)
    starts = np.concatenate(([0], ends + 1))
    stops = np.concatenate((ends, [len(text)]))
    if starts[-1] == len(text):
        starts, stops = starts[:-1], stops[:-1]
    has_return = (stops > starts) & (data[stops - 1] == RETURN)
    has_return[len(ends) :] = False
    stops = stops - has_return
    if shape.columns > 1:
        is_record = stops > starts
        starts, stops = starts[is_record], stops[is_record]
    marks = outside_quotes(np.flatnonzero(data == shape.delimiter[0]), quotes)
    counts = np.searchsorted(marks, stops) - np.searchsorted(marks, starts)
    ragged = np.flatnonzero(counts != shape.columns - 1)
    if len(ragged):
        raise RaggedRecordError(int(starts[ragged[0]]), int(counts[ragged[0]]) + 1)
    inner = marks.reshape(len(starts), shape.columns - 1)
    return Fields(np.column_stack((starts, inner + 1)), np.column_stack((inner, stops)))


def records_end(text: bytes, quote: bytes | None) -> int:
    """Give where the last whole record of a text that begins with one ends; 0 when there is none."""
    if quote is None:
        return text.rfind(b"\n") + 1
    data = np.frombuffer(text, np.uint8)
    ends = outside_quotes(np.flatnonzero(data == NEWLINE), np.flatnonzero(data == quote[0]))
    return int(ends[-1]) + 1 if len(ends) else 0
