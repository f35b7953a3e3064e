"""Guessing the encoding of text from a sample of its bytes."""

from __future__ import annotations

from typing import NamedTuple

_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
# Bytes that Windows-1252 leaves undefined; ISO 8859-1 has control characters there, which texts do not use.
_UNDEFINED = frozenset((0x81, 0x8D, 0x8F, 0x90, 0x9D))
_LEAST_BYTES = 4


class Encoding(NamedTuple):
    """An encoding: Python's codec, its name for people, how sure that is, and the bytes of its mark."""

    codec: str
    name: str
    remark: str = ""
    mark_bytes: int = 0

    @property
    def unit_bytes(self) -> int:
        """Bytes of a newline."""
        return 2 if self.codec.startswith("utf-16") else 1


def guess_encoding(head: bytes, whole_lines: bytes) -> Encoding:
    """Guess from the file's first bytes and a sample of whole lines.

    UTF-8 is recognized with certainty once it holds more than ASCII; among the encodings of one byte a
    character only likelihood tells.
    """
    for mark, codec in _MARKS:
        if head.startswith(mark):
            return _marked(codec, len(mark))
    if utf16 := _utf16_without_mark(head):
        return utf16
    if whole_lines.isascii():
        return Encoding("utf-8", "UTF-8", "only ASCII in the sample")
    try:
        whole_lines.decode("utf-8")
    except UnicodeDecodeError as error:
        return _of_one_byte(whole_lines, error)
    return Encoding("utf-8", "UTF-8", "sure")


def _marked(codec: str, mark_bytes: int) -> Encoding:
    if codec == "utf-8-sig":
        return Encoding("utf-8", "UTF-8", "with byte order mark", mark_bytes)
    order = "little" if codec == "utf-16-le" else "big"
    return Encoding(codec, "UTF-16", f"{order}-endian, with byte order mark", mark_bytes)


def _utf16_without_mark(head: bytes) -> Encoding | None:
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if len(head) < _LEAST_BYTES or max(even, odd) <= 0.4 * len(head) / 2 or min(even, odd):
        return None
    codec, order = ("utf-16-le", "little") if odd else ("utf-16-be", "big")
    return Encoding(codec, "UTF-16", f"{order}-endian, without byte order mark")


def _of_one_byte(sample: bytes, error: UnicodeDecodeError) -> Encoding:
    high = sample.translate(None, bytes(range(128)))
    wrong = f"not UTF-8: byte {sample[error.start]:#04x} in {_around(sample, error.start)!r}"
    if not _UNDEFINED.intersection(high):
        # What Latin-1 holds beside controls stands at the same places in it.
        return Encoding("cp1252", "Windows-1252", f"likely; {wrong}")
    return Encoding("latin-1", "Latin-1 (ISO 8859-1)", f"unsure; {wrong}")


def _around(sample: bytes, at: int) -> str:
    return sample[max(0, at - 10) : at + 10].decode("latin-1")
