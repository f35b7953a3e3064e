"""COPY with a list of columns and with a SELECT."""

from __future__ import annotations

from tests.contracts.warehouse.case import Case, Error, Run
from tests.contracts.warehouse.copying import COPY, COUNTS, content_of, copy_sql, file

PAGE = "user-guide/data-load-transform"
METADATA = "user-guide/querying-metadata"
TABLE = Run("CREATE TABLE T (A VARCHAR(5), N NUMBER(5,0), D VARCHAR DEFAULT 'none')")


def _select(expressions: str, columns: str = "", options: str = "", alias: str = "") -> str:
    target = f"T ({columns})" if columns else "T"
    return (
        f"COPY INTO {target} FROM (SELECT {expressions} FROM {{stage}}/load {alias}) "
        f"FILE_FORMAT=(TYPE=CSV) {options}"
    ).strip()


LISTS = (
    Case(
        "COPY with a list: fields go into the columns in its order",
        COPY,
        (TABLE, file(b"1,a\n"), Run(copy_sql(target="T (N, A)")), content_of(("a", 1, "none"))),
    ),
    Case(
        "COPY with a list: columns left out are NULL or have their default",
        COPY,
        (TABLE, file(b"a\n"), Run(copy_sql(target="T (A)")), content_of(("a", None, "none"))),
    ),
    Case(
        "COPY with a list: fields beyond it are left out",
        COPY,
        (TABLE, file(b"a,1,x,y\n"), Run(copy_sql(target="T (A, N)")), content_of(("a", 1, "none"))),
    ),
    Case(
        "COPY with a list: missing fields are NULL",
        COPY,
        (
            TABLE,
            file(b"a\nb,2\n"),
            Run(copy_sql(target="T (A, N)")),
            content_of(("a", None, "none"), ("b", 2, "none")),
        ),
    ),
    Case(
        "COPY with a list: an unknown column",
        COPY,
        (
            TABLE,
            file(b"a\n"),
            Run(
                copy_sql(target="T (A, X)"),
                error=Error(904, ("invalid identifier 'X'",), is_documented=False),
            ),
        ),
    ),
    Case(
        "COPY with a list: a NOT NULL column left out",
        COPY,
        (
            Run("CREATE TABLE T (A VARCHAR, B VARCHAR NOT NULL)"),
            file(b"a\n"),
            Run(copy_sql(target="T (A)"), error=Error(100072, is_documented=False)),
        ),
    ),
)

SELECTS = (
    Case(
        "COPY with a SELECT reorders and leaves out fields",
        PAGE,
        (
            TABLE,
            file(b"1,x,a\n2,y,b\n"),
            Run(_select("$3, $1, $2")),
            content_of(("a", 1, "x"), ("b", 2, "y")),
        ),
    ),
    Case(
        "COPY with a SELECT and a list",
        PAGE,
        (TABLE, file(b"1,x\n"), Run(_select("$2, $1", "A, N")), content_of(("x", 1, "none"))),
    ),
    Case(
        "COPY with a SELECT: an alias of the file",
        PAGE,
        (TABLE, file(b"1,x\n"), Run(_select("t.$2, t.$1", "A, N", alias="t")), content_of(("x", 1, "none"))),
    ),
    Case(
        "COPY with a SELECT: expressions, casts and literals",
        PAGE,
        (
            TABLE,
            file(b"1.4,abc\n"),
            Run(_select("UPPER(SUBSTR($2, 1, 2)), $1::NUMBER(5,2) * 10, 'fixed'")),
            content_of(("AB", 14, "fixed")),
        ),
    ),
    Case(
        "COPY with a SELECT: dates by a format of their own",
        PAGE,
        (
            Run("CREATE TABLE T (D DATE)"),
            file(b"28.02.2013\n"),
            Run(_select("TO_DATE($1, 'DD.MM.YYYY')")),
            Run("SELECT TO_CHAR(D, 'YYYY-MM-DD') FROM T", rows=[("2013-02-28",)]),
        ),
    ),
    Case(
        "COPY with a SELECT: the file's name and the row's number",
        METADATA,
        (
            Run("CREATE TABLE T (A VARCHAR, F VARCHAR, R NUMBER(9,0))"),
            file(b"x\ny\n"),
            Run(_select("$1, METADATA$FILENAME, METADATA$FILE_ROW_NUMBER")),
            content_of(("x", "load/f.csv", 1), ("y", "load/f.csv", 2)),
        ),
    ),
    Case(
        "COPY with a SELECT: the number of columns is not checked",
        PAGE,
        (
            TABLE,
            file(b"a\nb,2\nc,3,x\n"),
            Run(_select("$1, $2", "A, N"), columns=COUNTS, rows=[("LOADED", 3, 3, 0)]),
            content_of(("a", None, "none"), ("b", 2, "none"), ("c", 3, "none")),
        ),
    ),
    Case(
        "COPY with a SELECT: NULL_IF and empty fields as without one",
        PAGE,
        (TABLE, file(b"\\N,,x\n"), Run(_select("$1, $2, $3")), content_of((None, None, "x"))),
    ),
    Case(
        "COPY with a SELECT: a value that does not fit fails the statement",
        PAGE,
        (
            TABLE,
            file(b"a,1\nb,x\n"),
            Run(_select("$1, $2", "A, N"), error=Error(100038, ("Numeric value 'x' is not recognized",))),
            Run("SELECT COUNT(*) FROM T", rows=[(0,)]),
        ),
    ),
    Case(
        "COPY with a SELECT: a text that is too long",
        PAGE,
        (
            TABLE,
            file(b"abcdef,1\n"),
            Run(_select("$1, $2", "A, N"), error=Error(100078, is_documented=False)),
        ),
    ),
    Case(
        "COPY with a SELECT: TRUNCATECOLUMNS",
        PAGE,
        (
            TABLE,
            file(b"abcdef,1\n"),
            Run(_select("$1, $2", "A, N", "TRUNCATECOLUMNS=TRUE")),
            content_of(("abcde", 1, "none")),
        ),
    ),
    Case(
        "COPY with a SELECT: ON_ERROR=CONTINUE leaves out a record whose expression fails",
        PAGE,
        (
            TABLE,
            file(b"a,1\nb,x\nc,3\n"),
            Run(
                _select("$1, $2::NUMBER(5,0) + 1", "A, N", "ON_ERROR=CONTINUE"),
                columns=COUNTS,
                rows=[("PARTIALLY_LOADED", 3, 2, 1)],
            ),
            content_of(("a", 2, "none"), ("c", 4, "none")),
        ),
    ),
    Case(
        "COPY with a SELECT: no WHERE",
        PAGE,
        (
            TABLE,
            file(b"a,1\n"),
            Run(
                "COPY INTO T FROM (SELECT $1, $2, $3 FROM {stage}/load WHERE $1 = 'a') FILE_FORMAT=(TYPE=CSV)",
                error=Error(2098, ("only supports simple SELECT",), is_documented=False),
            ),
        ),
    ),
    Case(
        "COPY with a SELECT: no aggregates",
        PAGE,
        (
            TABLE,
            file(b"a,1\n"),
            Run(
                _select("MAX($1), 1, ''"),
                error=Error(2098, ("only supports simple SELECT",), is_documented=False),
            ),
        ),
    ),
    Case(
        "COPY with a SELECT: as many expressions as columns",
        PAGE,
        (TABLE, file(b"a,1\n"), Run(_select("$1, $2"), error=Error(2020, is_documented=False))),
    ),
)

CASES = (*LISTS, *SELECTS)
