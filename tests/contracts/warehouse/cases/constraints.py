"""NOT NULL is enforced; UNIQUE, PRIMARY KEY and FOREIGN KEY are declared only."""

from __future__ import annotations

from tests.contracts.warehouse.case import Case, Error, Run

PAGE = "sql-reference/constraints-overview"
NULLED = Error(100072, ("NULL result in a non-nullable column",), is_documented=False)

CASES = (
    Case(
        "NOT NULL is enforced",
        PAGE,
        (
            Run("CREATE TABLE T (A VARCHAR(5) NOT NULL, N NUMBER(9,0))"),
            Run("INSERT INTO T (N) VALUES (1)", error=NULLED),
            Run("INSERT INTO T SELECT NULL, 1", error=NULLED),
            Run("INSERT INTO T VALUES ('a', 1)"),
            Run("UPDATE T SET A = NULL", error=NULLED),
            Run("SELECT * FROM T", rows=[("a", 1)]),
        ),
    ),
    *(
        Case(
            f"not enforced: {definition}",
            PAGE,
            (
                Run(f"CREATE TABLE T {definition}"),
                Run("INSERT INTO T VALUES ('a', 'b'), ('a', 'b')", affected=2),
                Run("SELECT COUNT(*) FROM T", rows=[(2,)]),
                Run("INSERT INTO T VALUES ('abcdef', 'b')", error=Error(100078)),
            ),
        )
        for definition in (
            "(A VARCHAR(5) UNIQUE, B VARCHAR(5))",
            "(A VARCHAR(5) PRIMARY KEY, B VARCHAR(5))",
            "(A VARCHAR(5), B VARCHAR(5), UNIQUE (A, B))",
            '("A" VARCHAR(5), B VARCHAR(5), CONSTRAINT KEY_OF PRIMARY KEY ("A"))',
        )
    ),
    Case(
        "a primary key is NOT NULL",
        PAGE,
        (
            Run("CREATE TABLE T (A VARCHAR(5), B VARCHAR(5), PRIMARY KEY (A))"),
            Run("INSERT INTO T VALUES (NULL, 'b')", error=NULLED),
            Run("DESCRIBE TABLE T", columns=("null?", "primary key"), rows=[("N", "Y"), ("Y", "N")]),
        ),
    ),
    Case(
        "SHOW PRIMARY KEYS shows the declared key",
        "sql-reference/sql/show-primary-keys",
        (
            Run(
                "CREATE TABLE T (A VARCHAR(5), B VARCHAR(5), N NUMBER(9,0), CONSTRAINT K PRIMARY KEY (N, A))"
            ),
            Run(
                "SHOW PRIMARY KEYS IN TABLE T",
                columns=("table_name", "column_name", "key_sequence", "constraint_name"),
                rows=[("T", "N", 1, "K"), ("T", "A", 2, "K")],
                any_order=True,
            ),
            Run("SHOW UNIQUE KEYS IN TABLE T", rows=[]),
        ),
    ),
    Case(
        "SHOW UNIQUE KEYS shows declared keys",
        "sql-reference/sql/show-unique-keys",
        (
            Run("CREATE TABLE T (A VARCHAR(5) UNIQUE, B VARCHAR(5))"),
            Run("ALTER TABLE T ADD CONSTRAINT K UNIQUE (A, B)"),
            Run(
                "SHOW UNIQUE KEYS IN TABLE T",
                columns=("column_name", "key_sequence"),
                rows=[("A", 1), ("A", 1), ("B", 2)],
                any_order=True,
            ),
            Run("ALTER TABLE T DROP CONSTRAINT K"),
            Run("SHOW UNIQUE KEYS IN TABLE T", columns=("column_name",), rows=[("A",)]),
        ),
    ),
    Case(
        "a primary key is added and dropped",
        "sql-reference/sql/alter-table",
        (
            Run("CREATE TABLE T (A VARCHAR(5), B VARCHAR(5))"),
            Run("ALTER TABLE T ADD PRIMARY KEY (A)"),
            Run("SHOW PRIMARY KEYS IN TABLE T", columns=("column_name",), rows=[("A",)]),
            Run("ALTER TABLE T DROP PRIMARY KEY"),
            Run("SHOW PRIMARY KEYS IN TABLE T", rows=[]),
        ),
    ),
    Case(
        "a foreign key is not enforced",
        PAGE,
        (
            Run("CREATE TABLE HEADS (MONTH VARCHAR(7) PRIMARY KEY)"),
            Run("CREATE TABLE T (MONTH VARCHAR(7) REFERENCES HEADS (MONTH))"),
            Run("INSERT INTO T VALUES ('2026-01')", affected=1),
        ),
    ),
)
