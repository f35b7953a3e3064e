"""COPY INTO as data: a table, a file, and the rows or the error that come of it.

https://docs.snowflake.com/en/sql-reference/sql/copy-into-table
"""

from __future__ import annotations

import datetime
import gzip
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from warehouse_client import TSV, zstd

QUOTED = TSV.replace("FIELD_OPTIONALLY_ENCLOSED_BY=NONE", "FIELD_OPTIONALLY_ENCLOSED_BY='\"'")


@dataclass(frozen=True)
class Good:
    """A file that loads."""

    name: str
    columns: str
    content: bytes
    rows: list[tuple[Any, ...]]
    file_format: str = TSV


@dataclass(frozen=True)
class Bad:
    """A file that is refused: code, words of the message, line and row."""

    name: str
    columns: str
    content: bytes
    code: int
    words: str
    line: int | None = None
    file_format: str = TSV


GOOD = [
    Good(
        "zstd",
        "A VARCHAR(5), N NUMBER(5,2)",
        zstd(b"abc\t1.5\nd\t-2\n"),
        [("abc", Decimal("1.50")), ("d", Decimal("-2.00"))],
    ),
    Good("gzip", "A VARCHAR(5)", gzip.compress(b"a\nb\n"), [("a",), ("b",)]),
    Good("no newline at the end", "A VARCHAR, B VARCHAR", b"a\tb\nc\td", [("a", "b"), ("c", "d")]),
    Good("empty file", "A VARCHAR, B VARCHAR", b"", []),
    Good(
        "null markers",
        "A VARCHAR, N NUMBER(3,0)",
        b"NA\tNA\n\t\nx\t1\n",
        [(None, None), (None, None), ("x", 1)],
    ),
    Good("blank lines skipped", "A VARCHAR, B VARCHAR", b"\na\tb\n\n\nc\td\n\n", [("a", "b"), ("c", "d")]),
    Good("blank lines of one column", "A VARCHAR", b"a\n\nb\n", [("a",), ("b",)]),
    Good("length in characters, not bytes", "A VARCHAR(5)", "äöüßé\n".encode(), [("äöüßé",)]),
    Good("windows line ends", "A VARCHAR, B VARCHAR", b"a\tb\r\nc\td\r\n", [("a", "b"), ("c", "d")]),
    Good("quotes are text", "A VARCHAR, B VARCHAR", b'"a\tb"\n', [('"a', 'b"')]),
    Good("backslash is text", "A VARCHAR, B VARCHAR", b"a\\\tb\\n\n", [("a\\", "b\\n")]),
    Good("scale is rounded", "N NUMBER(5,2)", b"1.005\n2.994\n", [(Decimal("1.01"),), (Decimal("2.99"),)]),
    Good("dates", "D DATE", b"2013-02-28\n", [(datetime.date(2013, 2, 28),)]),
    Good(
        "timestamps",
        "T TIMESTAMP_NTZ",
        b"2013-01-02T03:04:05Z\nNA\n",
        [(datetime.datetime(2013, 1, 2, 3, 4, 5),), (None,)],
    ),
    Good("times", "T TIME", b"03:04:05\n", [(datetime.time(3, 4, 5),)]),
    Good("booleans", "B BOOLEAN", b"true\nF\nyes\n0\n", [(True,), (False,), (True,), (False,)]),
    Good("binary", "B BINARY", b"00ff\n", [(b"\x00\xff",)]),
    Good("floats", "F FLOAT", b"1.5e3\n", [(1500.0,)]),
    Good(
        "enclosed",
        "A VARCHAR, B VARCHAR",
        b'"a\tb"\t"say ""x"""\n"l1\nl2"\tplain\n',
        [("a\tb", 'say "x"'), ("l1\nl2", "plain")],
        QUOTED,
    ),
    Good(
        "enclosed empty is text",
        "A VARCHAR, B VARCHAR",
        b'""\t\n',
        [("", None)],
        QUOTED.replace("('','NA')", "('NA')"),
    ),
    Good(
        "header",
        "A VARCHAR, N NUMBER(3,0)",
        b"name\tn\na\t1\n",
        [("a", 1)],
        TSV.replace("SKIP_HEADER=0", "SKIP_HEADER=1"),
    ),
    Good(
        "empty is text",
        "A VARCHAR, B VARCHAR",
        b"\tb\n",
        [("", "b")],
        TSV.replace("('','NA')", "('NA')").replace("AS_NULL=TRUE", "AS_NULL=FALSE"),
    ),
    Good(
        "other date format",
        "D DATE",
        b"20130228\n",
        [(datetime.date(2013, 2, 28),)],
        TSV.replace("YYYY-MM-DD'", "YYYYMMDD'"),
    ),
    Good("commas", "A VARCHAR, B VARCHAR", b"a,b\n", [("a", "b")], TSV.replace("'\\t'", "','")),
]

BAD = [
    Bad(
        "text too long",
        "A VARCHAR(5)",
        b"abcde\nabcdef\n",
        100078,
        "User character length limit (5) exceeded by string 'abcdef'",
        2,
    ),
    Bad(
        "not a number",
        "A VARCHAR, N NUMBER(5,2)",
        b"a\t1\n\nb\tx1\n",
        100038,
        "Numeric value 'x1' is not recognized",
        3,
    ),
    Bad(
        "underscore in a number",
        "N NUMBER(5,0)",
        b"1_0\n",
        100038,
        "Numeric value '1_0' is not recognized",
        1,
    ),
    Bad(
        "hexadecimal number", "N NUMBER(5,0)", b"0x10\n", 100038, "Numeric value '0x10' is not recognized", 1
    ),
    Bad(
        "number too large", "N NUMBER(5,2)", b"999.99\n1000\n", 100132, "Number out of representable range", 2
    ),
    Bad("not a date", "D DATE", b"2013-02-30\n", 100040, "Date '2013-02-30' is not recognized", 1),
    Bad(
        "date in another format", "D DATE", b"28/02/2013\n", 100040, "Date '28/02/2013' is not recognized", 1
    ),
    Bad("not a timestamp", "T TIMESTAMP_NTZ", b"2013-01-02 03:04\n", 100035, "is not recognized", 1),
    Bad("not a boolean", "B BOOLEAN", b"maybe\n", 100037, "Boolean value 'maybe' is not recognized", 1),
    Bad(
        "null in not null",
        "A VARCHAR NOT NULL, B VARCHAR",
        b"a\tb\n\tb\n",
        100072,
        "NULL result in a non-nullable column",
        2,
    ),
    Bad(
        "too few columns",
        "A VARCHAR, B VARCHAR",
        b"a\tb\nc\n",
        100080,
        "Number of columns in file (1) does not match that of the corresponding table (2)",
        2,
    ),
    Bad(
        "too many columns",
        "A VARCHAR, B VARCHAR",
        b"a\tb\tc\n",
        100080,
        "Number of columns in file (3) does not match that of the corresponding table (2)",
        1,
    ),
    Bad(
        "blank line not skipped",
        "A VARCHAR, B VARCHAR",
        b"a\tb\n\nc\td\n",
        100080,
        "Number of columns in file (1)",
        2,
        TSV.replace("BLANK_LINES=TRUE", "BLANK_LINES=FALSE"),
    ),
    Bad(
        "first fault counts: value before structure",
        "A VARCHAR(1), B VARCHAR",
        b"aa\tb\nc\n",
        100078,
        "limit (1)",
        1,
    ),
    Bad(
        "first fault counts: structure before value",
        "A VARCHAR(1), B VARCHAR",
        b"c\naa\tb\n",
        100080,
        "Number of columns",
        1,
    ),
    Bad("invalid UTF-8", "A VARCHAR", b"a\n\xff\xfe\n", 100144, "Invalid UTF8 detected", 2),
    Bad(
        "line of an enclosed record",
        "A VARCHAR, N NUMBER(3,0)",
        b'"x\ny"\t1\n"z"\tno\n',
        100038,
        "Numeric value 'no'",
        3,
        QUOTED,
    ),
    Bad("truncated zstd", "A VARCHAR", zstd(b"a\nb\n")[:-3], 100085, "Data corruption detected"),
    Bad(
        "flipped bit in zstd",
        "A VARCHAR",
        bytes([*zstd(b"abcabc\n")[:-1], zstd(b"abcabc\n")[-1] ^ 1]),
        100085,
        "Data corruption detected",
    ),
    Bad(
        "second zstd frame",
        "A VARCHAR",
        zstd(b"a\n") + zstd(b"b\n"),
        100085,
        "more after the end of its zstd frame",
    ),
    Bad("corrupt gzip", "A VARCHAR", gzip.compress(b"a\nb\n")[:-6], 100085, "Data corruption detected"),
]
