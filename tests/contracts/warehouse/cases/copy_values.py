"""What the text of a field becomes in columns of each type."""

from __future__ import annotations

import datetime
from decimal import Decimal

from tests.contracts.warehouse.case import Case, Error, Run
from tests.contracts.warehouse.copying import TSV, content_of, copy_sql, file, loads, refuses

NUMERIC = "sql-reference/data-types-numeric"
TEXTUAL = "sql-reference/data-types-text"
MOMENTS = "sql-reference/date-time-input-output"
CONVERSION = "sql-reference/data-type-conversion"
UTC = datetime.UTC


def _is(
    kind: str, text: bytes, value: object, form: str = "TYPE=CSV", page: str = MOMENTS, of: str = ""
) -> Case:
    shown = text.decode("utf-8", "replace").strip()
    return loads(f"{of or kind} of {shown!r}", f"A {kind}", text, [(value,)], form, page)


def _is_not(kind: str, text: bytes, error: Error, form: str = "TYPE=CSV", page: str = MOMENTS) -> Case:
    shown = text.decode("utf-8", "replace").strip()
    return refuses(f"{kind} of {shown!r}", f"A {kind}", text, error, form, page)


def _number_error(text: str) -> Error:
    return Error(100038, (f"Numeric value '{text}' is not recognized",))


OUT_OF_RANGE = Error(100132, ("out of representable range",), is_documented=False)

NUMBERS = (
    loads(
        "a number is rounded to the scale",
        "N NUMBER(5,2)",
        b"1.005\n2.994\n-1.005\n",
        [(Decimal("1.01"),), (Decimal("2.99"),), (Decimal("-1.01"),)],
        page=NUMERIC,
    ),
    _is("NUMBER(3,0)", b"1.5\n", 2, page=NUMERIC),
    _is("NUMBER(5,1)", b"+1.5e2\n", Decimal("150.0"), page=NUMERIC),
    _is("INTEGER", b"-42\n", -42, page=NUMERIC),
    _is("FLOAT", b"1.5e3\n", 1500.0, page=NUMERIC),
    _is("NUMBER(5,2)", b"999.99\n", Decimal("999.99"), page=NUMERIC),
    _is_not("NUMBER(5,2)", b"1000\n", OUT_OF_RANGE, page=NUMERIC),
    _is_not("NUMBER(5,2)", b"999.995\n", OUT_OF_RANGE, page=NUMERIC),
    _is_not("NUMBER(5,0)", b"x1\n", _number_error("x1"), page=NUMERIC),
    _is_not("NUMBER(5,0)", b"1_0\n", _number_error("1_0"), page=NUMERIC),
    _is_not("NUMBER(5,0)", b"0x10\n", _number_error("0x10"), page=NUMERIC),
    _is_not("NUMBER(9,0)", b"1;000\n", _number_error("1;000"), page=NUMERIC),
    _is_not("FLOAT", b"abc\n", _number_error("abc"), page=NUMERIC),
)

TEXTS = (
    loads("a length is in characters", "A VARCHAR(5)", "äöüßé\n".encode(), [("äöüßé",)], TSV, TEXTUAL),
    _is_not(
        "VARCHAR(5)",
        b"abcdef\n",
        Error(100078, ("User character length limit (5) exceeded by string 'abcdef'",), is_documented=False),
        TSV,
        TEXTUAL,
    ),
    _is("BOOLEAN", b"true\n", True, page=CONVERSION),
    _is("BOOLEAN", b"F\n", False, page=CONVERSION),
    _is("BOOLEAN", b"Yes\n", True, page=CONVERSION),
    _is("BOOLEAN", b"off\n", False, page=CONVERSION),
    _is("BOOLEAN", b"1\n", True, page=CONVERSION),
    _is_not(
        "BOOLEAN",
        b"maybe\n",
        Error(100037, ("Boolean value 'maybe' is not recognized",), is_documented=False),
        page=CONVERSION,
    ),
    _is("BINARY", b"00fF\n", b"\x00\xff", page="sql-reference/binary-input-output"),
    _is(
        "BINARY", b"AP8=\n", b"\x00\xff", "TYPE=CSV BINARY_FORMAT=BASE64", "sql-reference/binary-input-output"
    ),
    _is("BINARY", b"ab\n", b"ab", "TYPE=CSV BINARY_FORMAT=UTF8", "sql-reference/binary-input-output"),
    _is_not(
        "BINARY",
        b"0g\n",
        Error(100115, ("0g",), is_documented=False),
        page="sql-reference/binary-input-output",
    ),
    _is_not(
        "BINARY",
        b"A!\n",
        Error(100115, ("A!",), is_documented=False),
        "TYPE=CSV BINARY_FORMAT=BASE64",
        "sql-reference/binary-input-output",
    ),
)

DAY = datetime.date(2013, 2, 28)
MOMENT = datetime.datetime(2013, 1, 2, 3, 4, 5)

DAYS_AND_TIMES = (
    _is("DATE", b"2013-02-28\n", DAY),
    _is("DATE", b"28-FEB-2013\n", DAY),
    _is("DATE", b"02/28/2013\n", DAY),
    _is("DATE", b"20130228\n", DAY, "TYPE=CSV DATE_FORMAT='YYYYMMDD'"),
    _is("DATE", b"28.02.2013\n", DAY, "TYPE=CSV DATE_FORMAT='DD.MM.YYYY'"),
    _is("TIME", b"03:04:05\n", datetime.time(3, 4, 5)),
    _is("TIME", b"0304\n", datetime.time(3, 4), "TYPE=CSV TIME_FORMAT='HH24MI'"),
    _is("TIMESTAMP_NTZ", b"2013-01-02 03:04:05\n", MOMENT),
    _is("TIMESTAMP_NTZ", b"2013-01-02T03:04:05.25\n", MOMENT.replace(microsecond=250_000)),
    _is(
        "TIMESTAMP_NTZ", b"2013-01-02 03:04:05 +02:00\n", MOMENT, of="TIMESTAMP_NTZ, which drops the offset,"
    ),
    _is("TIMESTAMP_NTZ", b"02.01.2013 030405\n", MOMENT, "TYPE=CSV TIMESTAMP_FORMAT='DD.MM.YYYY HH24MISS'"),
    _is("TIMESTAMP_NTZ", b"2013-01-02T03:04:05Z\n", MOMENT, TSV),
    Case(
        "COPY: TIMESTAMP_LTZ and TIMESTAMP_TZ keep the moment",
        MOMENTS,
        (
            Run("CREATE TABLE T (L TIMESTAMP_LTZ, Z TIMESTAMP_TZ)"),
            file(b"2013-01-02 03:04:05 +02:00,2013-01-02 03:04:05 +02:00\n"),
            Run(copy_sql()),
            Run(
                "SELECT DATE_PART('EPOCH_SECOND', L), DATE_PART('EPOCH_SECOND', Z) FROM T",
                rows=[(1357088645, 1357088645)],
            ),
        ),
    ),
    _is_not(
        "DATE", b"2013-02-30\n", Error(100040, ("Date '2013-02-30' is not recognized",), is_documented=False)
    ),
    _is_not("DATE", b"28/02/2013\n", Error(100040, ("28/02/2013",), is_documented=False), TSV),
    loads(
        "COPY: a fraction of a second never moves a time into the next day",
        "N NUMBER(1,0), T TIMESTAMP_NTZ",
        b"1,2024-01-31 23:59:59.9999999\n",
        [(1, datetime.datetime(2024, 1, 31, 23, 59, 59, 999999))],
        page=MOMENTS,
    ),
    _is_not("TIME", b"25:00:00\n", Error(100108, ("25:00:00",), is_documented=False)),
    _is_not(
        "TIMESTAMP_NTZ",
        b"2013-01-02 03:04\n",
        Error(100035, ("is not recognized",), is_documented=False),
        TSV,
    ),
)

NOT_NULL = (
    refuses(
        "NULL in a NOT NULL column",
        "A VARCHAR NOT NULL, B VARCHAR",
        b"a\tb\n\tb\n",
        Error(100072, ("NULL result in a non-nullable column",), is_documented=False),
        page="sql-reference/constraints-overview",
    ),
    Case(
        "COPY: UNIQUE and PRIMARY KEY are not enforced",
        "sql-reference/constraints-overview",
        (
            Run("CREATE TABLE T (A NUMBER(5,0) PRIMARY KEY, B NUMBER(5,0) UNIQUE)"),
            file(b"1,1\n1,1\n"),
            Run(copy_sql()),
            content_of((1, 1), (1, 1)),
        ),
    ),
)

CASES = (*NUMBERS, *TEXTS, *DAYS_AND_TIMES, *NOT_NULL)
