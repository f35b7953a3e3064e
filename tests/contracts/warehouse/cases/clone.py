"""CREATE TABLE … CLONE and … LIKE."""

from __future__ import annotations

from tests.contracts.warehouse.case import Case, Error, Put, Run

PAGE = "sql-reference/sql/create-clone"
SOURCE = (
    Run(
        "CREATE TABLE T (A VARCHAR(3) NOT NULL DEFAULT 'abc' COMMENT 'letters', N NUMBER(9,0), "
        "CONSTRAINT T_KEY PRIMARY KEY (A))"
    ),
    Run("INSERT INTO T VALUES ('a', 1), ('b', 2)", label="added"),
)
COLUMNS = [("A", "VARCHAR(3)", "N", "'abc'", "Y"), ("N", "NUMBER(9,0)", "Y", None, "N")]
COPY = (
    "COPY INTO {table} FROM {stage} FILES=('one.csv') FILE_FORMAT=(TYPE=CSV COMPRESSION=NONE "
    "ESCAPE_UNENCLOSED_FIELD=NONE)"
)

CASES = (
    Case(
        "a clone has rows, columns, defaults and keys of its source",
        PAGE,
        (
            *SOURCE,
            Run("CREATE TABLE C CLONE T", rows=[("Table C successfully created.",)]),
            Run("SELECT * FROM C ORDER BY N", rows=[("a", 1), ("b", 2)]),
            Run(
                "DESCRIBE TABLE C",
                columns=("name", "type", "null?", "default", "primary key"),
                rows=COLUMNS,
            ),
            Run("INSERT INTO C (N) VALUES (3)"),
            Run("SELECT A FROM C WHERE N = 3", rows=[("abc",)]),
            Run("INSERT INTO C VALUES ('long', 4)", error=Error(100078)),
            Run("INSERT INTO C VALUES (NULL, 4)", error=Error(100072)),
        ),
    ),
    Case(
        "clone and source live on apart",
        PAGE,
        (
            *SOURCE,
            Run("CREATE TABLE C CLONE T"),
            Run("DELETE FROM T WHERE N = 1"),
            Run("INSERT INTO C VALUES ('c', 3)"),
            Run("SELECT N FROM T", rows=[(2,)]),
            Run("SELECT N FROM C ORDER BY N", rows=[(1,), (2,), (3,)]),
        ),
    ),
    Case(
        "a clone of the past has the rows of that time",
        PAGE,
        (
            *SOURCE,
            Run("DELETE FROM T WHERE N = 1", label="deleted"),
            Run("INSERT INTO T VALUES ('c', 3)"),
            Run("CREATE TABLE C CLONE T BEFORE (STATEMENT => '{deleted}')"),
            Run("SELECT * FROM C ORDER BY N", rows=[("a", 1), ("b", 2)]),
            Run("CREATE TABLE D CLONE T AT (STATEMENT => '{deleted}')"),
            Run("SELECT * FROM D", rows=[("b", 2)]),
            Run("INSERT INTO C VALUES ('long', 4)", error=Error(100078)),
        ),
    ),
    Case(
        "a table can be replaced by a clone of its own past",
        PAGE,
        (
            *SOURCE,
            Run("DELETE FROM T", label="deleted"),
            Run("CREATE OR REPLACE TABLE T CLONE T BEFORE (STATEMENT => '{deleted}')"),
            Run("SELECT * FROM T ORDER BY N", rows=[("a", 1), ("b", 2)]),
        ),
    ),
    Case(
        "a clone has no past of its own",
        PAGE,
        (
            *SOURCE,
            Run("CREATE TABLE C CLONE T"),
            Run("SELECT * FROM C AT (STATEMENT => '{added}')", error=Error(707)),
        ),
    ),
    Case(
        "a time that the source does not have cannot be cloned",
        PAGE,
        (
            *SOURCE,
            Run(
                "CREATE TABLE C CLONE T AT (OFFSET => -7200)",
                error=Error(707, ("table T",), is_documented=False),
            ),
            Run("SELECT * FROM C", error=Error(2003)),
        ),
    ),
    Case(
        "a clone has no load history",
        "sql-reference/sql/create-table",
        (
            *SOURCE,
            Put("one.csv", b"x,9\n"),
            Run(COPY.replace("{table}", "T")),
            Run("CREATE TABLE C CLONE T"),
            Run(COPY.replace("{table}", "C"), columns=("status",), rows=[("LOADED",)]),
            Run("SELECT COUNT(*) FROM C WHERE N = 9", rows=[(2,)]),
        ),
    ),
    Case(
        "a permanent clone of a transient table is refused",
        "user-guide/tables-temp-transient",
        (
            Run("CREATE TRANSIENT TABLE T (N NUMBER(9,0))"),
            Run(
                "CREATE TABLE C CLONE T",
                error=Error(
                    2120, ("Transient object cannot be cloned to a permanent object.",), is_documented=False
                ),
            ),
            Run("CREATE TRANSIENT TABLE C CLONE T"),
            Run("SHOW TABLES LIKE 'C' IN SCHEMA {schema}", columns=("kind",), rows=[("TRANSIENT",)]),
        ),
    ),
    Case(
        "a transient clone of a permanent table is allowed",
        "user-guide/tables-temp-transient",
        (
            *SOURCE,
            Run("CREATE TRANSIENT TABLE C CLONE T"),
            Run("SELECT COUNT(*) FROM C", rows=[(2,)]),
            Run("SHOW TABLES LIKE 'C' IN SCHEMA {schema}", columns=("kind",), rows=[("TRANSIENT",)]),
        ),
    ),
    Case(
        "a clone inherits the retention set on its source",
        "user-guide/object-clone",
        (
            Run("CREATE TABLE T (N NUMBER(9,0)) DATA_RETENTION_TIME_IN_DAYS = 0"),
            Run("CREATE TABLE C CLONE T"),
            Run("SHOW TABLES LIKE 'C' IN SCHEMA {schema}", columns=("retention_time",), rows=[("0",)]),
        ),
    ),
    Case(
        "what does not exist cannot be cloned",
        PAGE,
        (Run("CREATE TABLE C CLONE NOT_THERE", error=Error(2003, ("NOT_THERE",))),),
    ),
    Case(
        "LIKE copies columns, defaults and NOT NULL, and no rows",
        "sql-reference/sql/create-table",
        (
            *SOURCE,
            Run("CREATE TABLE C LIKE T"),
            Run("SELECT COUNT(*) FROM C", rows=[(0,)]),
            Run(
                "DESCRIBE TABLE C",
                columns=("name", "type", "null?", "default"),
                rows=[column[:4] for column in COLUMNS],
            ),
            Run("INSERT INTO C (N) VALUES (3)"),
            Run("SELECT * FROM C", rows=[("abc", 3)]),
            Run("INSERT INTO C VALUES ('long', 4)", error=Error(100078)),
            Run("INSERT INTO C VALUES (NULL, 4)", error=Error(100072)),
        ),
    ),
)
