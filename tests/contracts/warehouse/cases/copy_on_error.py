"""ON_ERROR in all its forms, and what COPY says of each file."""

from __future__ import annotations

from tests.contracts.warehouse.case import Case, Error, Rows, Run
from tests.contracts.warehouse.copying import COPY, content_of, copy_sql, file

COUNTED = ("status", "rows_parsed", "rows_loaded", "error_limit", "errors_seen")
ONE_BAD_OF_FOUR = b"1,a\nx,b\n3,c\n4,d\n"
TWO_BAD_OF_FOUR = b"1,a\nx,b\ny,c\n4,d\n"
TABLE = Run("CREATE TABLE T (N NUMBER(5,0), B VARCHAR(3))")


def _settles(name: str, on_error: str, content: bytes, counts: tuple[object, ...], rows: Rows) -> Case:
    return Case(
        f"ON_ERROR={on_error}: {name}",
        COPY,
        (
            TABLE,
            file(content),
            Run(copy_sql(options=f"ON_ERROR={on_error}"), columns=COUNTED, rows=[counts]),
            content_of(*rows),
        ),
    )


GOOD_OF_ONE = [(1, "a"), (3, "c"), (4, "d")]
GOOD_OF_TWO = [(1, "a"), (4, "d")]

COUNTING = (
    _settles(
        "bad records are left out", "CONTINUE", ONE_BAD_OF_FOUR, ("PARTIALLY_LOADED", 4, 3, 4, 1), GOOD_OF_ONE
    ),
    _settles("a clean file", "CONTINUE", b"1,a\n", ("LOADED", 1, 1, 1, 0), [(1, "a")]),
    _settles("all records are bad", "CONTINUE", b"x,a\ny,b\n", ("LOAD_FAILED", 2, 0, 2, 2), []),
    _settles(
        "two bad values are one error",
        "CONTINUE",
        b"x,abcd\n1,a\n",
        ("PARTIALLY_LOADED", 2, 1, 2, 1),
        [(1, "a")],
    ),
    _settles(
        "wrong counts of fields are errors too",
        "CONTINUE",
        b"1,a\n2\n3,c,d\n",
        ("PARTIALLY_LOADED", 3, 1, 3, 2),
        [(1, "a")],
    ),
    _settles("one error drops the file", "SKIP_FILE", ONE_BAD_OF_FOUR, ("LOAD_FAILED", 4, 0, 1, 1), []),
    _settles("a clean file", "SKIP_FILE", b"1,a\n", ("LOADED", 1, 1, 1, 0), [(1, "a")]),
    _settles(
        "fewer errors than n", "SKIP_FILE_2", ONE_BAD_OF_FOUR, ("PARTIALLY_LOADED", 4, 3, 2, 1), GOOD_OF_ONE
    ),
    _settles("n errors drop the file", "SKIP_FILE_2", TWO_BAD_OF_FOUR, ("LOAD_FAILED", 4, 0, 2, 2), []),
    _settles(
        "more errors than n percent", "'SKIP_FILE_40%'", TWO_BAD_OF_FOUR, ("LOAD_FAILED", 4, 0, 1, 2), []
    ),
    _settles(
        "fewer errors than n percent",
        "'SKIP_FILE_70%'",
        ONE_BAD_OF_FOUR,
        ("PARTIALLY_LOADED", 4, 3, 2, 1),
        GOOD_OF_ONE,
    ),
    _settles(
        "in lower case and quotes",
        "'continue'",
        ONE_BAD_OF_FOUR,
        ("PARTIALLY_LOADED", 4, 3, 4, 1),
        GOOD_OF_ONE,
    ),
)

STATEMENTS = (
    Case(
        "ON_ERROR=ABORT_STATEMENT is the default and keeps no file",
        COPY,
        (
            TABLE,
            file(b"1,a\n", "a.csv"),
            file(ONE_BAD_OF_FOUR, "b.csv"),
            Run(copy_sql(files=("a.csv", "b.csv")), error=Error(100038, ("File 'load/b.csv', line 2",))),
            content_of(),
            Run(copy_sql(files=("a.csv",)), columns=("status",), rows=[("LOADED",)]),
        ),
    ),
    Case(
        "ON_ERROR=ABORT_STATEMENT keeps no file of a plain format",
        COPY,
        (
            TABLE,
            file(b"1,a\n", "a.csv"),
            file(ONE_BAD_OF_FOUR, "b.csv"),
            Run(
                copy_sql("TYPE=CSV ESCAPE_UNENCLOSED_FIELD=NONE", files=("a.csv", "b.csv")),
                error=Error(100038, ("File 'load/b.csv', line 2",)),
            ),
            content_of(),
            Run(copy_sql(files=("a.csv",)), columns=("status",), rows=[("LOADED",)]),
        ),
    ),
    Case(
        "ON_ERROR=SKIP_FILE loads the other files",
        COPY,
        (
            TABLE,
            file(b"1,a\n", "a.csv"),
            file(b"2,b\nx,c\n", "b.csv"),
            file(b"3,c\n", "c.csv"),
            Run(
                copy_sql(options="ON_ERROR=SKIP_FILE", files=("a.csv", "b.csv", "c.csv")),
                columns=("file", "status", "rows_loaded"),
                rows=[
                    ("chunks/load/a.csv", "LOADED", 1),
                    ("chunks/load/b.csv", "LOAD_FAILED", 0),
                    ("chunks/load/c.csv", "LOADED", 1),
                ],
                any_order=True,
            ),
            content_of((1, "a"), (3, "c")),
        ),
    ),
    Case(
        "ON_ERROR counts the errors of each file for itself",
        COPY,
        (
            TABLE,
            file(ONE_BAD_OF_FOUR, "a.csv"),
            file(TWO_BAD_OF_FOUR, "b.csv"),
            file(ONE_BAD_OF_FOUR, "c.csv"),
            Run(
                copy_sql(options="ON_ERROR=SKIP_FILE_2", files=("a.csv", "b.csv", "c.csv")),
                columns=("file", "status"),
                rows=[
                    ("chunks/load/a.csv", "PARTIALLY_LOADED"),
                    ("chunks/load/b.csv", "LOAD_FAILED"),
                    ("chunks/load/c.csv", "PARTIALLY_LOADED"),
                ],
                any_order=True,
            ),
        ),
    ),
    Case(
        "ON_ERROR=CONTINUE passes over a named file that is missing",
        COPY,
        (
            TABLE,
            file(b"1,a\n"),
            Run(copy_sql(options="ON_ERROR=CONTINUE", files=("f.csv", "none.csv"))),
            content_of((1, "a")),
        ),
    ),
    Case(
        "ON_ERROR=SKIP_FILE passes over a corrupt file",
        COPY,
        (
            TABLE,
            file(b"1,a\n"),
            file(b"\x1f\x8b\x08\x00broken", "g.csv.gz"),
            Run(
                copy_sql(options="ON_ERROR=SKIP_FILE", files=("f.csv", "g.csv.gz")),
                columns=("file", "status", "rows_loaded"),
                rows=[("chunks/load/f.csv", "LOADED", 1), ("chunks/load/g.csv.gz", "LOAD_FAILED", 0)],
                any_order=True,
            ),
            content_of((1, "a")),
        ),
    ),
    Case(
        "ON_ERROR takes no bare number",
        COPY,
        (
            TABLE,
            Run(
                copy_sql(options="ON_ERROR=2"),
                error=Error(1003, ("for parameter 'ON_ERROR'",), is_documented=False),
            ),
        ),
    ),
    Case(
        "RETURN_FAILED_ONLY leaves out what was loaded",
        COPY,
        (
            TABLE,
            file(b"1,a\n", "a.csv"),
            file(ONE_BAD_OF_FOUR, "b.csv"),
            Run(
                copy_sql(options="ON_ERROR=CONTINUE RETURN_FAILED_ONLY=TRUE", files=("a.csv", "b.csv")),
                columns=("file", "status"),
                rows=[("chunks/load/b.csv", "PARTIALLY_LOADED")],
            ),
        ),
    ),
)

CASES = (*COUNTING, *STATEMENTS)
