"""What a table remembers of the files that it has loaded, and COPY_HISTORY."""

from __future__ import annotations

from tests.contracts.warehouse.case import Advance, Case, Error, Put, Run
from tests.contracts.warehouse.copying import CONSIDERATIONS, COPY, content_of, copy_sql, file

HISTORY = "sql-reference/functions/copy_history"
TABLE = Run("CREATE TABLE T (A VARCHAR(3), N NUMBER(5,0))")
STATUS = ("status",)
DAY = 86_400.0
CLOCK = "the clock of an account cannot be moved"


def _copy(status: str, options: str = "", target: str = "T", file_name: str = "f.csv") -> Run:
    return Run(copy_sql(options=options, target=target, files=(file_name,)), columns=STATUS, rows=[(status,)])


def _after(name: str, statement: str, status: str, page: str = CONSIDERATIONS, target: str = "T") -> Case:
    """What a second COPY of the same file does after a statement."""
    return Case(
        f"load history: {name}",
        page,
        (
            TABLE,
            file(b"a,1\n"),
            _copy("LOADED"),
            Run(statement),
            Run("CREATE TABLE IF NOT EXISTS T (A VARCHAR(3), N NUMBER(5,0))"),
            _copy(status, target=target),
        ),
    )


MEMORY = (
    Case(
        "load history: a loaded file is skipped",
        CONSIDERATIONS,
        (
            TABLE,
            file(b"a,1\n"),
            _copy("LOADED"),
            Run(
                copy_sql(),
                columns=("file", "status", "rows_parsed", "rows_loaded"),
                rows=[("chunks/load/f.csv", "LOAD_SKIPPED", 0, 0)],
            ),
            content_of(("a", 1)),
        ),
    ),
    Case(
        "load history: a loaded file that is not named is passed over",
        CONSIDERATIONS,
        (
            TABLE,
            file(b"a,1\n"),
            _copy("LOADED"),
            Run("COPY INTO T FROM {stage}/load", rows=[("Copy executed with 0 files processed.",)]),
        ),
    ),
    Case(
        "load history: other content under the same path is loaded",
        CONSIDERATIONS,
        (
            TABLE,
            file(b"a,1\n"),
            _copy("LOADED"),
            file(b"b,2\n"),
            _copy("LOADED"),
            content_of(("a", 1), ("b", 2)),
        ),
    ),
    Case(
        "load history: the same content under another path is loaded",
        CONSIDERATIONS,
        (TABLE, file(b"a,1\n"), file(b"a,1\n", "g.csv"), _copy("LOADED"), _copy("LOADED", file_name="g.csv")),
    ),
    Case(
        "load history: FORCE=TRUE loads again",
        COPY,
        (
            TABLE,
            file(b"a,1\n"),
            _copy("LOADED"),
            _copy("LOADED", "FORCE=TRUE"),
            content_of(("a", 1), ("a", 1)),
        ),
    ),
    _after("kept by DELETE", "DELETE FROM T", "LOAD_SKIPPED"),
    _after("kept by a change of the table's name", "ALTER TABLE T RENAME TO R", "LOAD_SKIPPED", target="R"),
    _after("cleared by TRUNCATE", "TRUNCATE TABLE T", "LOADED", "sql-reference/sql/truncate-table"),
    _after("cleared by replacement", "CREATE OR REPLACE TABLE T (A VARCHAR(3), N NUMBER(5,0))", "LOADED"),
    _after("gone with the table", "DROP TABLE T", "LOADED"),
    _after(
        "not taken over by a clone", "CREATE TABLE C CLONE T", "LOADED", "sql-reference/sql/create-clone", "C"
    ),
    _after("each table has its own", "CREATE TABLE C (A VARCHAR(3), N NUMBER(5,0))", "LOADED", target="C"),
    Case(
        "load history: a file loaded in part is skipped",
        COPY,
        (TABLE, file(b"a,1\nb,x\n"), _copy("PARTIALLY_LOADED", "ON_ERROR=CONTINUE"), _copy("LOAD_SKIPPED")),
    ),
    Case(
        "load history: a file that failed is tried again",
        COPY,
        (
            TABLE,
            file(b"a,1\nb,x\n"),
            _copy("LOAD_FAILED", "ON_ERROR=SKIP_FILE"),
            _copy("PARTIALLY_LOADED", "ON_ERROR=CONTINUE"),
        ),
    ),
    Case(
        "load history: an aborted COPY is not remembered",
        COPY,
        (
            TABLE,
            file(b"a,1\n"),
            file(b"b,x\n", "g.csv"),
            Run(copy_sql(files=("f.csv", "g.csv")), error=Error(100038)),
            _copy("LOADED"),
        ),
    ),
    Case(
        "load history: rolled back with the transaction",
        CONSIDERATIONS,
        (
            TABLE,
            file(b"a,1\n"),
            Run("BEGIN"),
            _copy("LOADED"),
            Run("ROLLBACK"),
            _copy("LOADED"),
            content_of(("a", 1)),
        ),
        only_here="what ROLLBACK does to the load history is not documented",
    ),
)

EXPIRY = (
    Case(
        "load history: remembered for 64 days",
        CONSIDERATIONS,
        (TABLE, file(b"a,1\n"), _copy("LOADED"), Advance(63 * DAY), _copy("LOAD_SKIPPED")),
        only_here=CLOCK,
    ),
    Case(
        "load history: after 64 days an old file is skipped because its status is not known",
        CONSIDERATIONS,
        (
            TABLE,
            file(b"a,1\n"),
            _copy("LOADED"),
            Advance(65 * DAY),
            _copy("LOAD_SKIPPED"),
            content_of(("a", 1)),
        ),
        only_here=CLOCK,
    ),
    Case(
        "load history: LOAD_UNCERTAIN_FILES=TRUE loads a file whose status is not known",
        CONSIDERATIONS,
        (
            TABLE,
            file(b"a,1\n"),
            _copy("LOADED"),
            _copy("LOAD_SKIPPED", "LOAD_UNCERTAIN_FILES=TRUE"),
            Advance(65 * DAY),
            _copy("LOADED", "LOAD_UNCERTAIN_FILES=TRUE"),
            content_of(("a", 1), ("a", 1)),
        ),
        only_here=CLOCK,
    ),
    Case(
        "load history: an old file is loaded into a table whose first load is younger than 64 days",
        CONSIDERATIONS,
        (TABLE, file(b"a,1\n"), Advance(65 * DAY), _copy("LOADED")),
        only_here=CLOCK,
    ),
)

SINCE = "START_TIME => DATEADD(HOUR, -1, CURRENT_TIMESTAMP())"
OF_T = f"TABLE(INFORMATION_SCHEMA.COPY_HISTORY(TABLE_NAME => 'T', {SINCE}))"

SHOWN = (
    Case(
        "COPY_HISTORY shows what was loaded",
        HISTORY,
        (
            TABLE,
            file(b"a,1\nb,2\n"),
            Run(copy_sql()),
            Run(
                f"SELECT * FROM {OF_T}",
                columns=(
                    "ROW_COUNT",
                    "ROW_PARSED",
                    "FILE_SIZE",
                    "ERROR_COUNT",
                    "STATUS",
                    "TABLE_NAME",
                    "PIPE_NAME",
                ),
                rows=[(2, 2, 8, 0, "Loaded", "T", None)],
            ),
        ),
    ),
    Case(
        "COPY_HISTORY shows first errors",
        HISTORY,
        (
            TABLE,
            file(b"a,1\nb,x\n"),
            Run(copy_sql(options="ON_ERROR=CONTINUE")),
            Run(
                f"SELECT STATUS, ROW_COUNT, ERROR_COUNT, FIRST_ERROR_MESSAGE, FIRST_ERROR_LINE_NUMBER, "
                f"FIRST_ERROR_CHARACTER_POS, FIRST_ERROR_COLUMN_NAME FROM {OF_T}",
                rows=[("Partially loaded", 1, 1, "Numeric value 'x' is not recognized", 2, 3, '"T"["N":2]')],
            ),
        ),
    ),
    Case(
        "COPY_HISTORY shows files that failed",
        HISTORY,
        (
            TABLE,
            file(b"a,1\nb,x\n"),
            Run(copy_sql(options="ON_ERROR=SKIP_FILE")),
            Run(f"SELECT STATUS, ROW_COUNT FROM {OF_T}", rows=[("Load failed", 0)]),
        ),
    ),
    Case(
        "COPY_HISTORY does not show an aborted COPY",
        HISTORY,
        (
            TABLE,
            file(b"a,1\nb,x\n"),
            Run(copy_sql(), error=Error(100038)),
            Run(f"SELECT COUNT(*) FROM {OF_T}", rows=[(0,)]),
        ),
    ),
    Case(
        "COPY_HISTORY names file and stage",
        HISTORY,
        (
            TABLE,
            file(b"a,1\n"),
            Run(copy_sql()),
            Run(
                f"SELECT H.FILE_NAME LIKE '%f.csv', UPPER(H.STAGE_LOCATION) LIKE '%CHUNKS%' FROM {OF_T} H",
                rows=[(True, True)],
            ),
        ),
    ),
    Case(
        "COPY_HISTORY keeps to its time range",
        HISTORY,
        (
            TABLE,
            file(b"a,1\n"),
            Run(copy_sql()),
            Run(
                "SELECT COUNT(*) FROM TABLE(INFORMATION_SCHEMA.COPY_HISTORY(TABLE_NAME => 'T', "
                "START_TIME => DATEADD(HOUR, -2, CURRENT_TIMESTAMP()), "
                "END_TIME => DATEADD(HOUR, -1, CURRENT_TIMESTAMP())))",
                rows=[(0,)],
            ),
        ),
    ),
    Case(
        "COPY_HISTORY is erased with a table that is created anew",
        HISTORY,
        (
            TABLE,
            file(b"a,1\n"),
            Run(copy_sql()),
            Run("CREATE OR REPLACE TABLE T (A VARCHAR(3), N NUMBER(5,0))"),
            Run(f"SELECT COUNT(*) FROM {OF_T}", rows=[(0,)]),
        ),
    ),
    Case(
        "COPY_HISTORY wants a start",
        HISTORY,
        (
            TABLE,
            Run(
                "SELECT * FROM TABLE(INFORMATION_SCHEMA.COPY_HISTORY(TABLE_NAME => 'T'))",
                error=Error(939, ("START_TIME",), is_documented=False),
            ),
        ),
    ),
    Case(
        "COPY_HISTORY reaches back 14 days",
        HISTORY,
        (
            TABLE,
            file(b"a,1\n"),
            Run(copy_sql()),
            Advance(13 * DAY),
            Put("load/g.csv", b"b,2\n"),
            Run(copy_sql(files=("g.csv",))),
            Run(
                "SELECT COUNT(*) FROM TABLE(INFORMATION_SCHEMA.COPY_HISTORY(TABLE_NAME => 'T', "
                "START_TIME => DATEADD(DAY, -30, CURRENT_TIMESTAMP())))",
                rows=[(2,)],
            ),
            Advance(2 * DAY),
            Run(
                "SELECT COUNT(*) FROM TABLE(INFORMATION_SCHEMA.COPY_HISTORY(TABLE_NAME => 'T', "
                "START_TIME => DATEADD(DAY, -30, CURRENT_TIMESTAMP())))",
                rows=[(1,)],
            ),
        ),
        only_here=CLOCK,
    ),
)

CASES = (*MEMORY, *EXPIRY, *SHOWN)
