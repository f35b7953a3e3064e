"""A second opinion on files: a plain reader made from the definition of a feed's text, sharing nothing with QC.

The definition. A text is UTF-8 without NUL characters; a byte order mark may begin it, and no record after that.
A record ends with a newline outside quotes, and a carriage return before that newline belongs to the end; the end
of the text ends a record too, but not after a lone carriage return. Without a quote character nothing is within
quotes; with one, quotes begin and end where the character stands. A record that holds nothing is empty, and no
record. Every other record has a field per column. A field is either quoted, from its first character to its last,
with quotes in it doubled; or it holds no quotes, delimiters, newlines and carriage returns at all.
"""

from __future__ import annotations

from dataclasses import dataclass, field

MARK = b"\xef\xbb\xbf"


class Unreadable(Exception):  # noqa: N818 - it says what a record is
    """A record that is none."""


@dataclass(frozen=True)
class Form:
    """How a text is written."""

    columns: tuple[str, ...]
    delimiter: bytes = b"\t"
    quote: bytes | None = None
    has_header: bool = False


@dataclass
class Reading:
    """What was read: the fields of sound records, how many others there are, and whether the header is sound."""

    rows: list[list[str]] = field(default_factory=list)
    bad: int = 0
    empty: int = 0
    is_header_sound: bool = True

    @property
    def is_sound(self) -> bool:
        """Tell whether every record would arrive."""
        return not self.bad and self.is_header_sound and bool(self.rows)


def read_strictly(text: bytes, form: Form) -> Reading:
    """Read a text whole."""
    reading = Reading()
    records = _records(text.removeprefix(MARK), form.quote)
    if form.has_header:
        reading.is_header_sound = _is_header(records.pop(0) if records else b"", form)
    for record in records:
        if _without_end(record) == b"":
            reading.empty += 1
            continue
        try:
            reading.rows.append(_row(record, form))
        except Unreadable:
            reading.bad += 1
    return reading


def _is_header(record: bytes, form: Form) -> bool:
    try:
        names = _row(record, form)
    except Unreadable:
        return False
    return [name.strip().casefold() for name in names] == [name.casefold() for name in form.columns]


def _records(text: bytes, quote: bytes | None) -> list[bytes]:
    """Cut a text after each newline that is not within quotes."""
    records, start, is_quoted = [], 0, False
    for at in range(len(text)):
        byte = text[at : at + 1]
        if byte == quote:
            is_quoted = not is_quoted
        elif byte == b"\n" and not is_quoted:
            records.append(text[start : at + 1])
            start = at + 1
    if start < len(text):
        records.append(text[start:])
    return records


def _without_end(record: bytes) -> bytes:
    return record[:-2] if record.endswith(b"\r\n") else record.removesuffix(b"\n")


def _row(record: bytes, form: Form) -> list[str]:
    if record.startswith(MARK):
        raise Unreadable("a mark within the text")
    if b"\0" in record:
        raise Unreadable("a NUL character")
    fields = _fields(_without_end(record), form)
    if len(fields) != len(form.columns):
        raise Unreadable("another number of fields")
    try:
        return [value.decode("utf-8") for value in fields]
    except UnicodeDecodeError:
        raise Unreadable("not UTF-8") from None


def _fields(content: bytes, form: Form) -> list[bytes]:
    fields, at = [], 0
    while True:
        if form.quote and content[at : at + 1] == form.quote:
            value, at = _quoted(content, at + 1, form.quote)
        else:
            value, at = _plain(content, at, form)
        fields.append(value)
        if at == len(content):
            return fields
        if content[at : at + 1] != form.delimiter:
            raise Unreadable("something between a quote and the delimiter")
        at += 1


def _quoted(content: bytes, at: int, quote: bytes) -> tuple[bytes, int]:
    value = b""
    while at < len(content):
        byte = content[at : at + 1]
        if byte != quote:
            value += byte
            at += 1
        elif content[at + 1 : at + 2] == quote:
            value += quote
            at += 2
        else:
            return value, at + 1
    raise Unreadable("a quote that is not closed")


def _plain(content: bytes, at: int, form: Form) -> tuple[bytes, int]:
    end = content.find(form.delimiter, at)
    end = len(content) if end < 0 else end
    value = content[at:end]
    if b"\r" in value or b"\n" in value or (form.quote and form.quote in value):
        raise Unreadable("a stray quote or carriage return")
    return value, end
