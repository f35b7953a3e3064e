"""CREATE, ALTER, DROP, DESCRIBE and SHOW STAGES."""

from __future__ import annotations

from tests.contracts.warehouse.case import Case, Error, Put, Run

CREATE = "sql-reference/sql/create-stage"
GONE = Error(2003, ("does not exist or not authorized",))


def _shown(stage: str, column: str, value: str) -> Run:
    return Run(
        f"SHOW STAGES LIKE '{stage}' IN SCHEMA {{schema}}", columns=("name", column), rows=[(stage, value)]
    )


CASES = (
    Case(
        "CREATE STAGE IF NOT EXISTS leaves a stage that is there, with its files",
        CREATE,
        (
            Put("f.tsv", b"1\n"),
            Run("CREATE STAGE IF NOT EXISTS CHUNKS"),
            Run("LIST {stage}", columns=("name",), rows=[("chunks/f.tsv",)]),
        ),
    ),
    Case(
        "CREATE OR REPLACE STAGE drops the files of the one before",
        CREATE,
        (
            Put("f.tsv", b"1\n"),
            Run("CREATE OR REPLACE STAGE CHUNKS ENCRYPTION=(TYPE='SNOWFLAKE_SSE')"),
            Run("LIST {stage}", rows=[]),
            Put("f.tsv", b"1\n", "OVERWRITE=FALSE"),
        ),
    ),
    Case(
        "CREATE STAGE of a name that is taken fails",
        CREATE,
        (Run("CREATE STAGE CHUNKS", error=Error(2002, ("already exists",))),),
    ),
    Case(
        "CREATE STAGE in a schema that does not exist fails",
        CREATE,
        (Run("CREATE STAGE {database}.NOT_THERE.S", error=GONE),),
    ),
    Case(
        "CREATE STAGE with an encryption that does not exist fails",
        CREATE,
        (Run("CREATE STAGE S ENCRYPTION=(TYPE='NONSENSE')", error=Error(1003, is_documented=False)),),
    ),
    Case(
        "A stage is encrypted by clients unless it says SNOWFLAKE_SSE, and SHOW STAGES tells which",
        "sql-reference/sql/show-stages",
        (
            Run("CREATE STAGE BY_CLIENT"),
            _shown("BY_CLIENT", "type", "INTERNAL"),
            _shown("CHUNKS", "type", "INTERNAL NO CSE"),
        ),
    ),
    Case(
        "Replacing a stage replaces its encryption",
        CREATE,
        (Run("CREATE OR REPLACE STAGE CHUNKS"), _shown("CHUNKS", "type", "INTERNAL")),
    ),
    Case(
        "SHOW STAGES filters by name without case",
        "sql-reference/sql/show-stages",
        (
            Run("CREATE STAGE OTHER"),
            Run("SHOW STAGES LIKE 'chu%' IN SCHEMA {schema}", columns=("name",), rows=[("CHUNKS",)]),
            Run("SHOW STAGES IN SCHEMA {schema}", columns=("name",), rows=[("CHUNKS",), ("OTHER",)]),
        ),
    ),
    Case(
        "A stage keeps its comment, and ALTER STAGE changes it",
        "sql-reference/sql/alter-stage",
        (
            Run("CREATE STAGE S COMMENT='for a test'"),
            _shown("S", "comment", "for a test"),
            Run("ALTER STAGE S SET COMMENT = 'it''s other'"),
            _shown("S", "comment", "it's other"),
        ),
    ),
    Case(
        "ALTER STAGE of one that does not exist fails unless IF EXISTS",
        "sql-reference/sql/alter-stage",
        (
            Run("ALTER STAGE NOT_THERE SET COMMENT = 'x'", error=GONE),
            Run("ALTER STAGE IF EXISTS NOT_THERE SET COMMENT = 'x'"),
        ),
    ),
    Case(
        "DROP STAGE takes the files with it",
        "sql-reference/sql/drop-stage",
        (
            Put("f.tsv", b"1\n"),
            Run("DROP STAGE CHUNKS"),
            Run("LIST {stage}", error=GONE),
            Run("CREATE STAGE CHUNKS"),
            Run("LIST {stage}", rows=[]),
        ),
    ),
    Case(
        "DROP STAGE of one that does not exist fails unless IF EXISTS",
        "sql-reference/sql/drop-stage",
        (Run("DROP STAGE NOT_THERE", error=GONE), Run("DROP STAGE IF EXISTS NOT_THERE")),
    ),
    Case(
        "DROP SCHEMA takes its stages with it",
        "sql-reference/sql/drop-schema",
        (
            Run("CREATE SCHEMA {schema}_TWO"),
            Run("CREATE STAGE {schema}_TWO.S"),
            Put("f.tsv", b"1\n", stage="@{schema}_TWO.S"),
            Run("DROP SCHEMA {schema}_TWO"),
            Run("CREATE SCHEMA {schema}_TWO"),
            Run("LIST @{schema}_TWO.S", error=GONE),
            Run("CREATE STAGE {schema}_TWO.S"),
            Run("LIST @{schema}_TWO.S", rows=[]),
            Run("DROP SCHEMA {schema}_TWO"),
        ),
    ),
    Case(
        "Replacing a schema drops its stages",
        "sql-reference/sql/create-schema",
        (
            Run("CREATE SCHEMA {schema}_TWO"),
            Run("CREATE STAGE {schema}_TWO.S"),
            Put("f.tsv", b"1\n", stage="@{schema}_TWO.S"),
            Run("CREATE OR REPLACE SCHEMA {schema}_TWO"),
            Run("LIST @{schema}_TWO.S", error=GONE),
            Run("DROP SCHEMA {schema}_TWO"),
        ),
    ),
    Case(
        "DESCRIBE STAGE names the properties of one that exists",
        "sql-reference/sql/desc-stage",
        (
            Run("CREATE STAGE S DIRECTORY=(ENABLE=TRUE)"),
            Run("DESCRIBE STAGE S"),
            Run("DESC STAGE NOT_THERE", error=GONE),
        ),
    ),
    Case(
        "A stage with a name in quotes heeds case",
        "sql-reference/identifiers-syntax",
        (Run('CREATE STAGE "s"'), Run('LIST @"s"', rows=[]), Run("LIST @S", error=GONE)),
    ),
)
