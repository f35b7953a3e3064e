"""Which files COPY takes, and its options beside ON_ERROR."""

from __future__ import annotations

from tests.contracts.warehouse.case import Case, Error, Put, Run
from tests.contracts.warehouse.copying import COPY, TSV, content_of, copy_sql, file, zstd

TABLE = Run("CREATE TABLE T (A VARCHAR(3), N NUMBER(5,0))")
STATUS = ("file", "status", "rows_loaded")

FILES = (
    Case(
        "COPY answers a row for each file",
        COPY,
        (
            TABLE,
            file(zstd(b"a\t1\nb\t2\n"), "p/1.tsv.zst"),
            file(zstd(b"c\t3\n"), "p/2.tsv.zst"),
            Run(
                copy_sql(
                    TSV, "ON_ERROR=ABORT_STATEMENT PURGE=FALSE FORCE=FALSE", ("p/1.tsv.zst", "p/2.tsv.zst")
                ),
                rows=[
                    ("chunks/load/p/1.tsv.zst", "LOADED", 2, 2, 1, 0, None, None, None, None),
                    ("chunks/load/p/2.tsv.zst", "LOADED", 1, 1, 1, 0, None, None, None, None),
                ],
                any_order=True,
            ),
            content_of(("a", 1), ("b", 2), ("c", 3)),
        ),
    ),
    Case(
        "COPY without FILES takes all below the path",
        COPY,
        (
            TABLE,
            file(b"a,1\n", "x/1.csv"),
            file(b"b,2\n", "y/2.csv"),
            Put("other/3.csv", b"c,3\n"),
            Run("COPY INTO T FROM {stage}/load/", columns=STATUS[1:], rows=[("LOADED", 1)] * 2),
            content_of(("a", 1), ("b", 2)),
        ),
    ),
    Case(
        "COPY takes a path as a prefix",
        COPY,
        (
            TABLE,
            file(b"a,1\n", "part-1.csv"),
            file(b"b,2\n", "part-2.csv"),
            file(b"c,3\n", "rest.csv"),
            Run("COPY INTO T FROM {stage}/load/part"),
            content_of(("a", 1), ("b", 2)),
        ),
    ),
    Case(
        "COPY of no file",
        COPY,
        (TABLE, Run("COPY INTO T FROM {stage}/none/", rows=[("Copy executed with 0 files processed.",)])),
    ),
    Case(
        "COPY refuses: a named file that is missing",
        COPY,
        (
            TABLE,
            file(b"a,1\n"),
            Run(
                copy_sql(files=("f.csv", "none.csv")),
                error=Error(91016, ("load/none.csv' was not found",), is_documented=False),
            ),
            content_of(),
        ),
    ),
    Case(
        "COPY refuses: more than 1,000 files",
        COPY,
        (
            TABLE,
            Run(
                copy_sql(files=[f"{number}.csv" for number in range(1001)]),
                error=Error(1003, ("1000",), is_documented=False),
            ),
        ),
    ),
    Case(
        "COPY refuses: a table that is not there",
        COPY,
        (
            file(b"a,1\n"),
            Run(copy_sql(target="NO_TABLE"), error=Error(2003, ("does not exist or not authorized",))),
        ),
    ),
    Case(
        "COPY refuses: a stage that is not there",
        COPY,
        (
            TABLE,
            Run(
                "COPY INTO T FROM @{schema}.NO_STAGE",
                error=Error(2003, ("does not exist or not authorized",)),
            ),
        ),
    ),
    Case(
        "COPY refuses: an unclosed list of options",
        COPY,
        (TABLE, Run("COPY INTO T FROM {stage}/load FILE_FORMAT=(TYPE=CSV", error=Error(1003))),
    ),
)

PURGING = (
    Case(
        "PURGE=TRUE removes what was loaded",
        COPY,
        (
            TABLE,
            file(b"a,1\n"),
            file(b"b,2\n", "other.csv"),
            Run(copy_sql(options="PURGE=TRUE")),
            Run("LIST {stage}/load", columns=("name",), rows=[("chunks/load/other.csv",)]),
        ),
    ),
    Case(
        "PURGE=TRUE removes nothing after a failure",
        COPY,
        (
            TABLE,
            file(b"a,1\n", "a.csv"),
            file(b"b,x\n", "b.csv"),
            Run(copy_sql(options="PURGE=TRUE", files=("a.csv", "b.csv")), error=Error(100038)),
            Run(
                "LIST {stage}/load",
                columns=("name",),
                rows=[("chunks/load/a.csv",), ("chunks/load/b.csv",)],
            ),
        ),
    ),
    Case(
        "PURGE=TRUE keeps a file that was skipped",
        COPY,
        (
            TABLE,
            file(b"a,1\n", "a.csv"),
            file(b"b,x\n", "b.csv"),
            Run(copy_sql(options="PURGE=TRUE ON_ERROR=SKIP_FILE", files=("a.csv", "b.csv"))),
            Run("LIST {stage}/load", columns=("name",), rows=[("chunks/load/b.csv",)]),
        ),
    ),
)

TRUNCATING = (
    Case(
        "TRUNCATECOLUMNS=TRUE cuts texts to their columns",
        COPY,
        (
            TABLE,
            file("äöüß,1\n".encode()),
            Run(copy_sql(options="TRUNCATECOLUMNS=TRUE")),
            content_of(("äöü", 1)),
        ),
    ),
    Case(
        "ENFORCE_LENGTH=FALSE is the same said the other way round",
        COPY,
        (TABLE, file(b"abcdef,1\n"), Run(copy_sql(options="ENFORCE_LENGTH=FALSE")), content_of(("abc", 1))),
    ),
    Case(
        "ENFORCE_LENGTH=TRUE is the default",
        COPY,
        (
            TABLE,
            file(b"abcdef,1\n"),
            Run(
                copy_sql(options="ENFORCE_LENGTH=TRUE"),
                error=Error(100078, ("limit (3)",), is_documented=False),
            ),
        ),
    ),
)

TRANSACTIONS = (
    Case(
        "COPY inside a transaction is rolled back with it",
        "sql-reference/transactions",
        (
            TABLE,
            file(b"a,1\n"),
            Run("BEGIN"),
            Run(copy_sql()),
            content_of(("a", 1)),
            Run("ROLLBACK"),
            content_of(),
        ),
    ),
    Case(
        "a COPY that fails leaves the transaction as it was",
        "sql-reference/transactions",
        (
            TABLE,
            file(b"a,1\n", "a.csv"),
            file(b"b,x\n", "b.csv"),
            Run("BEGIN"),
            Run("INSERT INTO T VALUES ('z', 9)"),
            Run(copy_sql(files=("a.csv", "b.csv")), error=Error(100038)),
            Run("COMMIT"),
            content_of(("z", 9)),
        ),
    ),
)

CASES = (*FILES, *PURGING, *TRUNCATING, *TRANSACTIONS)
