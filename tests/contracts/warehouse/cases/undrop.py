"""DROP TABLE and UNDROP TABLE."""

from __future__ import annotations

from tests.contracts.warehouse.case import Advance, Case, Error, Run

PAGE = "sql-reference/sql/undrop-table"
TAKEN = Error(2002, ("Object 'T' already exists.",), is_documented=False)
NOTHING = Error(90025, ("Table T did not exist or was purged.",), is_documented=False)
MADE = (
    Run(
        "CREATE TABLE T (A VARCHAR(3) NOT NULL DEFAULT 'abc' COMMENT 'letters', N NUMBER(9,0), UNIQUE (A, N))"
    ),
    Run("INSERT INTO T VALUES ('a', 1), ('b', 2)", label="added"),
)

CASES = (
    Case(
        "UNDROP brings a dropped table back",
        PAGE,
        (
            *MADE,
            Run("DROP TABLE T", rows=[("T successfully dropped.",)]),
            Run("SELECT * FROM T", error=Error(2003)),
            Run("UNDROP TABLE T", rows=[("Table T successfully restored.",)]),
            Run("SELECT * FROM T ORDER BY N", rows=[("a", 1), ("b", 2)]),
        ),
    ),
    Case(
        "a restored table has its columns as they were",
        PAGE,
        (
            *MADE,
            Run("DROP TABLE T"),
            Run("UNDROP TABLE T"),
            Run(
                "DESCRIBE TABLE T",
                columns=("name", "type", "null?", "default", "unique key", "comment"),
                rows=[
                    ("A", "VARCHAR(3)", "N", "'abc'", "Y", "letters"),
                    ("N", "NUMBER(9,0)", "Y", None, "Y", None),
                ],
            ),
            Run("INSERT INTO T VALUES ('long', 3)", error=Error(100078)),
            Run("INSERT INTO T VALUES (NULL, 3)", error=Error(100072)),
        ),
    ),
    Case(
        "a restored table has its past",
        PAGE,
        (
            *MADE,
            Run("DELETE FROM T WHERE N = 1", label="deleted"),
            Run("DROP TABLE T"),
            Run("UNDROP TABLE T"),
            Run("SELECT N FROM T BEFORE (STATEMENT => '{deleted}') ORDER BY N", rows=[(1,), (2,)]),
        ),
    ),
    Case(
        "a name that is taken is not restored",
        PAGE,
        (
            *MADE,
            Run("DROP TABLE T"),
            Run("CREATE TABLE T (Z NUMBER(9,0))"),
            Run("UNDROP TABLE T", error=TAKEN),
            Run("ALTER TABLE T RENAME TO T_NEW"),
            Run("UNDROP TABLE T"),
            Run("SELECT COUNT(*) FROM T", rows=[(2,)]),
        ),
    ),
    Case(
        "of several dropped tables of a name the newest comes first",
        "user-guide/data-time-travel",
        (
            *MADE,
            Run("DROP TABLE T"),
            Run("CREATE TABLE T AS SELECT 2 AS N"),
            Run("DROP TABLE T"),
            Run("UNDROP TABLE T"),
            Run("SELECT * FROM T", rows=[(2,)]),
            Run("ALTER TABLE T RENAME TO T_SECOND"),
            Run("UNDROP TABLE T"),
            Run("SELECT COUNT(*) FROM T", rows=[(2,)]),
            Run("DROP TABLE T"),
            Run("UNDROP TABLE T"),
            Run("SELECT A FROM T ORDER BY N", rows=[("a",), ("b",)]),
        ),
    ),
    Case(
        "a replaced table can be restored",
        "sql-reference/sql/create-table",
        (
            *MADE,
            Run("CREATE OR REPLACE TABLE T AS SELECT COUNT(*) AS ROW_COUNT FROM T"),
            Run("SELECT * FROM T", rows=[(2,)]),
            Run("ALTER TABLE T RENAME TO T_NEW"),
            Run("UNDROP TABLE T"),
            Run("SELECT A FROM T AT (STATEMENT => '{added}') ORDER BY N", rows=[("a",), ("b",)]),
        ),
    ),
    Case(
        "a replacement that fails leaves the table with its past",
        "sql-reference/sql/create-table",
        (
            *MADE,
            Run("CREATE OR REPLACE TABLE T AS SELECT * FROM NOT_THERE", error=Error(2003)),
            Run("SELECT COUNT(*) FROM T AT (STATEMENT => '{added}')", rows=[(2,)]),
            Run("INSERT INTO T VALUES ('long', 3)", error=Error(100078)),
        ),
    ),
    Case(
        "what was never there cannot be restored",
        PAGE,
        (Run("UNDROP TABLE T", error=NOTHING),),
    ),
    Case(
        "without retention a dropped table is gone",
        PAGE,
        (
            Run("CREATE TRANSIENT TABLE T (N NUMBER(9,0)) DATA_RETENTION_TIME_IN_DAYS = 0"),
            Run("DROP TABLE T"),
            Run("UNDROP TABLE T", error=NOTHING),
        ),
    ),
    Case(
        "after the retention a dropped table is gone",
        PAGE,
        (
            *MADE,
            Run("DROP TABLE T"),
            Advance(23 * 3600),
            Run("UNDROP TABLE T"),
            Run("DROP TABLE T"),
            Advance(25 * 3600),
            Run("UNDROP TABLE T", error=NOTHING),
        ),
        only_here="moves the clock",
    ),
    Case(
        "SHOW TABLES HISTORY lists dropped tables too",
        "sql-reference/sql/show-tables",
        (
            *MADE,
            Run("DROP TABLE T"),
            Run("CREATE TABLE U (N NUMBER(9,0))"),
            Run("SHOW TABLES IN SCHEMA {schema}", columns=("name",), rows=[("U",)]),
            Run(
                "SHOW TABLES HISTORY IN SCHEMA {schema}",
                columns=("name",),
                rows=[("T",), ("U",)],
                any_order=True,
            ),
            Run("SHOW TABLES HISTORY LIKE 'U' IN SCHEMA {schema}", columns=("dropped_on",), rows=[(None,)]),
        ),
    ),
    Case(
        "DROP TABLE IF EXISTS of nothing succeeds",
        "sql-reference/sql/drop-table",
        (
            Run("DROP TABLE IF EXISTS T"),
            Run("DROP TABLE T", error=Error(2003, ("does not exist or not authorized",))),
        ),
    ),
    Case(
        "UNDROP SCHEMA brings its tables back",
        "sql-reference/sql/undrop-schema",
        (
            *MADE,
            Run("DROP SCHEMA {schema}"),
            Run("SELECT * FROM {schema}.T", error=Error(2003)),
            Run("UNDROP SCHEMA {schema}"),
            Run("SELECT COUNT(*) FROM {schema}.T AT (STATEMENT => '{added}')", rows=[(2,)]),
        ),
    ),
    Case(
        "DROP commits the transaction that is open",
        "sql-reference/transactions",
        (
            *MADE,
            Run("CREATE TABLE U (N NUMBER(9,0))"),
            Run("BEGIN"),
            Run("DELETE FROM T WHERE N = 1"),
            Run("DROP TABLE U"),
            Run("ROLLBACK"),
            Run("SELECT COUNT(*) FROM T", rows=[(1,)]),
        ),
    ),
)
