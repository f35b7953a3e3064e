"""CREATE, ALTER, DESCRIBE and TRUNCATE TABLE."""

from __future__ import annotations

from tests.contracts.warehouse.case import Case, Error, Put, Run

CREATE = "sql-reference/sql/create-table"
ALTER = "sql-reference/sql/alter-table"
TOO_LONG = Error(100078, ("User character length limit (5) exceeded by string 'abcdef'",))
MADE = (Run("CREATE TABLE T (A VARCHAR(5) NOT NULL, N NUMBER(5,2), B VARCHAR)"),)
FILLED = (*MADE, Run("INSERT INTO T (A, N) VALUES ('a', 1)", label="added"))
COPIES = (
    "CREATE TRANSIENT TABLE C AS SELECT A, N, B FROM T WHERE 1=0",
    'CREATE TABLE C AS SELECT "A" AS "A", N, B FROM {schema}.T WHERE 1=0',
    "CREATE TABLE C AS SELECT * FROM T WHERE 1=0",
    "CREATE OR REPLACE TABLE C AS SELECT o.* FROM T o WHERE 1=0",
    "CREATE TABLE C AS SELECT B::VARCHAR(5) AS A, N, B FROM T WHERE 1=0",
)
WRITES = (
    "INSERT INTO T VALUES ('abcdef', 1, 't')",
    "INSERT INTO T (B, A) VALUES ('t', 'abcde'), ('t', 'abcdef')",
    "INSERT INTO T (A) SELECT 'abc' || 'def'",
    "INSERT INTO T SELECT 'abcdef', 1, NULL UNION ALL SELECT 'a', 2, NULL",
    "UPDATE T SET A = A || 'bcdef'",
    "MERGE INTO T USING (SELECT 'abcdef' AS A) S ON T.A = S.A WHEN NOT MATCHED THEN INSERT (A) VALUES (S.A)",
)
COPY = (
    "COPY INTO T FROM {stage} FILES=('one.csv') FILE_FORMAT=(TYPE=CSV COMPRESSION=NONE "
    "ESCAPE_UNENCLOSED_FIELD=NONE)"
)

CASES = (
    *(
        Case(
            f"limits are inherited by {statement.split('FROM')[0].strip()}",
            CREATE,
            (
                *MADE,
                Run(statement),
                Run("INSERT INTO C (A) VALUES ('abcdef')", error=TOO_LONG),
                Run("INSERT INTO C (A) VALUES ('abcde')", affected=1),
                Run(
                    "DESCRIBE TABLE C",
                    columns=("type",),
                    rows=[("VARCHAR(5)",), ("NUMBER(5,2)",), ("VARCHAR(16777216)",)],
                ),
            ),
        )
        for statement in COPIES
    ),
    *(
        Case(
            f"a text that is too long is refused by {statement[:34].strip()}",
            "sql-reference/data-types-text",
            (*FILLED, Run(statement, error=TOO_LONG), Run("SELECT A FROM T", rows=[("a",)])),
        )
        for statement in WRITES
    ),
    Case(
        "a default that is too long is refused when it is used",
        "sql-reference/data-types-text",
        (
            Run("CREATE TABLE T (A VARCHAR(5) DEFAULT 'abcdef', N NUMBER(9,0))"),
            Run("INSERT INTO T (N) VALUES (1)", error=TOO_LONG),
            Run("INSERT INTO T VALUES (DEFAULT, 1)", error=TOO_LONG),
            Run("INSERT INTO T VALUES ('abcde', 1)", affected=1),
        ),
        only_here="Snowflake may refuse the definition already; that is not documented",
    ),
    Case(
        "numbers out of range are refused",
        "sql-reference/data-types-numeric",
        (
            *MADE,
            Run("INSERT INTO T (A, N) VALUES ('a', 1000)", error=Error(100132, is_documented=False)),
            Run("INSERT INTO T (A, N) VALUES ('a', 'x')", error=Error(100038, is_documented=False)),
        ),
    ),
    Case(
        "limits go with the table",
        CREATE,
        (
            *MADE,
            Run("DROP TABLE T"),
            Run("CREATE TABLE T AS SELECT 'x' || 'y' AS A"),
            Run("CREATE OR REPLACE TABLE T (A VARCHAR(3))"),
            Run("INSERT INTO T VALUES ('abcd')", error=Error(100078)),
            Run("CREATE OR REPLACE TABLE T (A VARCHAR)"),
            Run("INSERT INTO T VALUES ('abcdef')", affected=1),
        ),
    ),
    Case(
        "IF NOT EXISTS leaves what is there",
        CREATE,
        (
            *FILLED,
            Run("CREATE TABLE IF NOT EXISTS T AS SELECT 'x' AS Z"),
            Run("SELECT A FROM T", rows=[("a",)]),
            Run("CREATE TABLE IF NOT EXISTS C AS SELECT 1 AS Z"),
            Run("SELECT Z FROM C", rows=[(1,)]),
        ),
    ),
    Case(
        "a name that is taken is refused",
        CREATE,
        (
            *FILLED,
            Run(
                "CREATE TABLE T (Z NUMBER(9,0))",
                error=Error(2002, ("Object 'T' already exists.",), is_documented=False),
            ),
            Run("SELECT A FROM T", rows=[("a",)]),
        ),
    ),
    Case(
        "DESCRIBE TABLE tells type, kind, NULL, default and comment",
        "sql-reference/sql/desc-table",
        (
            Run("CREATE TABLE T (A VARCHAR(5) NOT NULL COMMENT 'letters', N NUMBER(5,2) DEFAULT 7, D DATE)"),
            Run(
                "DESCRIBE TABLE T",
                columns=("name", "type", "kind", "null?", "default", "comment"),
                rows=[
                    ("A", "VARCHAR(5)", "COLUMN", "N", None, "letters"),
                    ("N", "NUMBER(5,2)", "COLUMN", "Y", "7", None),
                    ("D", "DATE", "COLUMN", "Y", None, None),
                ],
            ),
        ),
    ),
    Case(
        "columns are added, and old rows have their default",
        ALTER,
        (
            *FILLED,
            Run("ALTER TABLE T ADD COLUMN C VARCHAR(2), M NUMBER(3,0) NOT NULL DEFAULT 7"),
            Run("SELECT C, M FROM T", rows=[(None, 7)]),
            Run("INSERT INTO T (A, C) VALUES ('b', 'abc')", error=Error(100078)),
            Run("INSERT INTO T (A, M) VALUES ('b', NULL)", error=Error(100072)),
            Run("ALTER TABLE T ADD COLUMN IF NOT EXISTS C VARCHAR(9)"),
            Run("INSERT INTO T (A, C) VALUES ('b', 'abc')", error=Error(100078)),
        ),
    ),
    Case(
        "a column that exists is not added again",
        ALTER,
        (
            *MADE,
            Run(
                "ALTER TABLE T ADD COLUMN N NUMBER(9,0)",
                error=Error(1430, ("column 'N' already exists",), is_documented=False),
            ),
        ),
    ),
    Case(
        "a column NOT NULL without a default is not added to rows",
        ALTER,
        (
            *FILLED,
            Run(
                "ALTER TABLE T ADD COLUMN M NUMBER(9,0) NOT NULL",
                error=Error(2246, ("cannot be added to non-empty table 'T'",), is_documented=False),
            ),
            Run("DELETE FROM T"),
            Run("ALTER TABLE T ADD COLUMN M NUMBER(9,0) NOT NULL"),
            Run("INSERT INTO T (A) VALUES ('a')", error=Error(100072)),
        ),
    ),
    Case(
        "a text column can be made longer",
        ALTER,
        (
            *MADE,
            Run("ALTER TABLE T ALTER COLUMN A SET DATA TYPE VARCHAR(6)"),
            Run("INSERT INTO T (A) VALUES ('abcdef')", affected=1),
            Run("INSERT INTO T (A) VALUES ('abcdefg')", error=Error(100078)),
            Run("ALTER TABLE T MODIFY COLUMN A VARCHAR"),
            Run("INSERT INTO T (A) VALUES ('abcdefg')", affected=1),
        ),
    ),
    Case(
        "a text column cannot be made shorter",
        ALTER,
        (
            *MADE,
            Run(
                "ALTER TABLE T ALTER COLUMN A SET DATA TYPE VARCHAR(4)",
                error=Error(
                    40050,
                    ("cannot change column A from type VARCHAR(5) to VARCHAR(4)", "reducing the byte-length"),
                    is_documented=False,
                ),
            ),
            Run(
                "ALTER TABLE T ALTER COLUMN B SET DATA TYPE VARCHAR(1000)",
                error=Error(40050, is_documented=False),
            ),
            Run("INSERT INTO T (A) VALUES ('abcde')", affected=1),
        ),
    ),
    Case(
        "a number can have more digits, not another scale",
        ALTER,
        (
            *MADE,
            Run("ALTER TABLE T ALTER COLUMN N SET DATA TYPE NUMBER(9,2)"),
            Run("INSERT INTO T (A, N) VALUES ('a', 1000)", affected=1),
            Run(
                "ALTER TABLE T ALTER COLUMN N SET DATA TYPE NUMBER(9,3)",
                error=Error(40052, is_documented=False),
            ),
        ),
    ),
    Case(
        "a column keeps its kind of type",
        ALTER,
        (
            *MADE,
            Run(
                "ALTER TABLE T ALTER COLUMN N SET DATA TYPE VARCHAR",
                error=Error(
                    2108,
                    ("cannot change column N from type NUMBER(5,2) to VARCHAR(16777216)",),
                    is_documented=False,
                ),
            ),
        ),
    ),
    Case(
        "NOT NULL is set and dropped",
        ALTER,
        (
            *MADE,
            Run("ALTER TABLE T ALTER COLUMN A DROP NOT NULL"),
            Run("INSERT INTO T (N) VALUES (1)", affected=1),
            Run("ALTER TABLE T ALTER COLUMN N SET NOT NULL"),
            Run("INSERT INTO T (A) VALUES ('a')", error=Error(100072)),
        ),
    ),
    Case(
        "columns are dropped and renamed",
        ALTER,
        (
            *FILLED,
            Run("ALTER TABLE T DROP COLUMN N, B"),
            Run("ALTER TABLE T DROP COLUMN IF EXISTS N"),
            Run("ALTER TABLE T RENAME COLUMN A TO LETTERS"),
            Run("SELECT LETTERS FROM T", rows=[("a",)]),
            Run("INSERT INTO T VALUES ('abcdef')", error=TOO_LONG),
        ),
    ),
    Case(
        "RENAME keeps limits and past",
        ALTER,
        (
            *FILLED,
            Run("DELETE FROM T", label="deleted"),
            Run("ALTER TABLE T RENAME TO C"),
            Run("INSERT INTO C (A) VALUES ('abcdef')", error=TOO_LONG),
            Run("SELECT A FROM C BEFORE (STATEMENT => '{deleted}')", rows=[("a",)]),
            Run("SELECT A FROM T", error=Error(2003)),
        ),
    ),
    Case(
        "RENAME to a name that is taken is refused",
        ALTER,
        (
            *FILLED,
            Run("CREATE TABLE C (Z NUMBER(9,0))"),
            Run("ALTER TABLE T RENAME TO C", error=Error(2002, is_documented=False)),
        ),
    ),
    Case(
        "SWAP exchanges two tables with limits and past",
        ALTER,
        (
            *FILLED,
            Run("DELETE FROM T", label="deleted"),
            Run("CREATE TABLE C (Z VARCHAR(2))"),
            Run("INSERT INTO C VALUES ('zz')"),
            Run("ALTER TABLE T SWAP WITH C"),
            Run("SELECT * FROM T", rows=[("zz",)]),
            Run("INSERT INTO T VALUES ('zzz')", error=Error(100078)),
            Run("INSERT INTO C (A) VALUES ('abcdef')", error=TOO_LONG),
            Run("SELECT A FROM C BEFORE (STATEMENT => '{deleted}')", rows=[("a",)]),
        ),
    ),
    Case(
        "RENAME and SWAP keep the load history",
        ALTER,
        (
            Run("CREATE TABLE T (A VARCHAR)"),
            Put("one.csv", b"x\n"),
            Run(COPY, columns=("status",), rows=[("LOADED",)]),
            Run("ALTER TABLE T RENAME TO C"),
            Run("CREATE TABLE T (A VARCHAR)"),
            Run("ALTER TABLE T SWAP WITH C"),
            Run("SELECT COUNT(*) FROM T", rows=[(1,)]),
            Run(COPY),
            Run("SELECT COUNT(*) FROM T", rows=[(1,)]),
        ),
    ),
    Case(
        "ALTER TABLE IF EXISTS of nothing succeeds",
        ALTER,
        (
            Run("ALTER TABLE IF EXISTS T ADD COLUMN A VARCHAR"),
            Run("ALTER TABLE T ADD COLUMN A VARCHAR", error=Error(2003)),
        ),
    ),
    Case(
        "several statements at once are refused, and none is carried out",
        "sql-reference/parameters",
        (
            *FILLED,
            Run(
                "INSERT INTO T (A) VALUES ('b'); DELETE FROM T",
                error=Error(8, ("did not match the desired statement count 1",), is_documented=False),
            ),
            Run("SELECT A FROM T", rows=[("a",)]),
        ),
    ),
    Case(
        "DROP names columns without the word COLUMN too",
        ALTER,
        (
            *FILLED,
            Run("ALTER TABLE T DROP N, B"),
            Run("SELECT * FROM T", rows=[("a",)]),
        ),
    ),
    Case(
        "TRUNCATE clears the load history",
        "sql-reference/sql/truncate-table",
        (
            Run("CREATE TABLE T (A VARCHAR)"),
            Put("one.csv", b"x\n"),
            Run(COPY, columns=("status",), rows=[("LOADED",)]),
            Run("TRUNCATE TABLE T"),
            Run(COPY, columns=("status",), rows=[("LOADED",)]),
        ),
    ),
    Case(
        "TRUNCATE IF EXISTS of nothing succeeds",
        "sql-reference/sql/truncate-table",
        (
            Run("TRUNCATE TABLE IF EXISTS NOT_THERE"),
            Run("TRUNCATE TABLE NOT_THERE", error=Error(2003, ("NOT_THERE",))),
        ),
    ),
)
