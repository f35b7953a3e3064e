"""COPY of compressed files and of files in other encodings."""

from __future__ import annotations

import bz2
import gzip
import zlib

from tests.contracts.warehouse.case import Case, Error, Put, Run
from tests.contracts.warehouse.copying import COPY, CSV, TSV, content_of, loads, refuses, zstd

ONE = "A VARCHAR"
TEXT = b"a\nb\n"
ROWS = [("a",), ("b",)]


def _raw_deflate(content: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(content) + packer.flush()


def _detected(kind: str, name: str, content: bytes) -> Case:
    """A file with the ending that PUT or the packer gives it."""
    return Case(
        f"COPY: {kind} is detected",
        CSV,
        (
            Run("CREATE TABLE T (A VARCHAR)"),
            Put(f"load/{name}", content),
            Run("COPY INTO T FROM {stage}/load", columns=("status", "rows_loaded"), rows=[("LOADED", 2)]),
            content_of(*ROWS),
        ),
    )


CORRUPT = Error(100085, ("Data corruption detected",), is_documented=False)

CASES = (
    _detected("gzip", "f.csv.gz", gzip.compress(TEXT)),
    _detected("zstd", "f.csv.zst", zstd(TEXT)),
    _detected("bzip2", "f.csv.bz2", bz2.compress(TEXT)),
    loads("gzip, stated", ONE, gzip.compress(TEXT), ROWS, "TYPE=CSV COMPRESSION=GZIP"),
    loads("zstd, stated", ONE, zstd(TEXT), ROWS, "TYPE=CSV COMPRESSION=ZSTD"),
    loads("bzip2, stated", ONE, bz2.compress(TEXT), ROWS, "TYPE=CSV COMPRESSION=BZ2"),
    loads("deflate with its header", ONE, zlib.compress(TEXT), ROWS, "TYPE=CSV COMPRESSION=DEFLATE"),
    loads("deflate without a header", ONE, _raw_deflate(TEXT), ROWS, "TYPE=CSV COMPRESSION=RAW_DEFLATE"),
    loads("not compressed, stated", ONE, TEXT, ROWS, "TYPE=CSV COMPRESSION=NONE"),
    loads("ISO-8859-1", ONE, "äß\n".encode("latin-1"), [("äß",)], "TYPE=CSV ENCODING='ISO88591'"),
    loads(
        "ISO-8859-1 by its other name",
        ONE,
        "é\n".encode("latin-1"),
        [("é",)],
        "TYPE=CSV ENCODING='ISO-8859-1'",
    ),
    loads("Windows-1252", ONE, "€ äß\n".encode("cp1252"), [("€ äß",)], "TYPE=CSV ENCODING='WINDOWS1252'"),
    loads(
        "a limit is one of the converted text",
        "A VARCHAR(2)",
        "äß\n".encode("cp1252"),
        [("äß",)],
        "TYPE=CSV ENCODING='WINDOWS1252'",
    ),
    loads("Windows-1251", ONE, "да\n".encode("cp1251"), [("да",)], "TYPE=CSV ENCODING='WINDOWS1251'"),
    loads("KOI8-R", ONE, "да\n".encode("koi8-r"), [("да",)], "TYPE=CSV ENCODING='KOI8R'"),
    loads("Shift JIS", ONE, "日本\n".encode("shift-jis"), [("日本",)], "TYPE=CSV ENCODING='SHIFTJIS'"),
    loads("UTF-16 of little endian", ONE, "ä\n".encode("utf-16-le"), [("ä",)], "TYPE=CSV ENCODING='UTF16LE'"),
    loads("a byte order mark is skipped", ONE, b"\xef\xbb\xbfa\n", [("a",)]),
    loads("a byte order mark before DuckDB's reader", ONE, b"\xef\xbb\xbfa\n", [("a",)], TSV),
    loads(
        "invalid UTF-8 is replaced on request",
        ONE,
        b"a\xffb\n",
        [("a\ufffdb",)],
        "TYPE=CSV REPLACE_INVALID_CHARACTERS=TRUE",
    ),
    refuses(
        "invalid UTF-8",
        ONE,
        b"a\n\xff\xfe\n",
        Error(100144, ("Invalid UTF8 detected",), is_documented=False),
        TSV,
    ),
    refuses(
        "an undefined byte of Windows-1252",
        ONE,
        b"a\n\x81\n",
        Error(100144, ("Invalid UTF8 detected",), is_documented=False),
        TSV.replace("UTF8", "WINDOWS1252"),
    ),
    refuses("a cut zstd frame", ONE, zstd(TEXT)[:-3], CORRUPT),
    refuses(
        "a zstd frame with a wrong checksum",
        ONE,
        bytes([*zstd(b"abcabc\n")[:-1], zstd(b"abcabc\n")[-1] ^ 1]),
        CORRUPT,
    ),
    refuses("a cut gzip file", ONE, gzip.compress(TEXT)[:-6], CORRUPT),
    refuses("a cut bzip2 file", ONE, bz2.compress(TEXT)[:-6], CORRUPT, TSV.replace("=AUTO", "=BZ2")),
    refuses("a file that is not what was stated", ONE, TEXT, CORRUPT, "TYPE=CSV COMPRESSION=GZIP", COPY),
    Case(
        "COPY refuses: a second zstd frame",
        COPY,
        (
            Run("CREATE TABLE T (A VARCHAR)"),
            Put("load/f.csv", zstd(b"a\n") + zstd(b"b\n")),
            Run(
                "COPY INTO T FROM {stage}/load",
                error=Error(100085, ("more after the end of its zstd frame",)),
            ),
            Run("SELECT COUNT(*) FROM T", rows=[(0,)]),
        ),
        only_here="nothing says what Snowflake does; whoever writes one frame a file is safe",
    ),
)
