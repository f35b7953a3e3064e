"""Recognizing files that are no delimited UTF-8 text at all, by their first bytes."""

from __future__ import annotations

_BEGINNINGS = (
    (b"\x1f\x8b", "gzip-compressed"),
    (b"\x28\xb5\x2f\xfd", "zstd-compressed"),
    (b"PK\x03\x04", "a zip archive or an Excel workbook"),
    (b"BZh", "bzip2-compressed"),
    (b"\xfd7zXZ\x00", "xz-compressed"),
    (b"PAR1", "a Parquet file"),
    (b"\xff\xfe\0\0", "UTF-32 text"),
    (b"\0\0\xfe\xff", "UTF-32 text"),
    (b"\xff\xfe", "UTF-16 text"),
    (b"\xfe\xff", "UTF-16 text"),
)
_PACKINGS = {
    "gzip-compressed": ".gz",
    "zstd-compressed": ".zst",
    "bzip2-compressed": ".bz2",
    "a zip archive or an Excel workbook": ".zip",
}
HEAD_BYTES = 4096
WIDE_TEXTS = ("UTF-16 text", "UTF-32 text")
WIDE_REASON = "newlines and chunks are found in bytes"


def foreign_kind(head: bytes) -> str:
    """Say what a file is that is not UTF-8 text, from its first 4 KiB; empty when it may be text.

    A transfer that reserves the file's room and then fails leaves NUL bytes. UTF-16 without a byte order mark is
    told from its NUL bytes: every second byte of Latin text.
    """
    for beginning, kind in _BEGINNINGS:
        if head.startswith(beginning):
            return kind
    if head and not head.strip(b"\0"):
        return "NUL bytes (room for a transfer that failed)"
    halves = (head[0::2].count(0), head[1::2].count(0))
    if len(head) >= 4 and max(halves) > 0.4 * len(head) / 2 and min(halves) == 0:
        return "UTF-16 text"
    return ""


def packing_suffix(kind: str) -> str:
    """Give the ending of a name by which a file of this kind is read as compressed; empty when none is."""
    return _PACKINGS.get(kind, "")


def packed_otherwise(suffix: str, head: bytes) -> str:
    """Say that a file is not what its name's ending promises, from its first bytes; empty when it may be."""
    kind = foreign_kind(head)
    if packing_suffix(kind) == suffix:
        return ""
    return f"its name ends with {suffix}, but the file is {kind or 'not compressed so'}"
