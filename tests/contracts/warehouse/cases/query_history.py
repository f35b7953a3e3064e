"""INFORMATION_SCHEMA.QUERY_HISTORY and its kin."""

from __future__ import annotations

from tests.contracts.warehouse.case import Advance, Case, Error, Run

PAGE = "sql-reference/functions/query_history"
MOVED = "moves the clock"
TAG = Run("ALTER SESSION SET QUERY_TAG = '{schema}'")


def _of_tag(columns: str, arguments: str = "RESULT_LIMIT => 1000") -> str:
    return (
        f"SELECT {columns} FROM TABLE(INFORMATION_SCHEMA.QUERY_HISTORY({arguments})) "
        "WHERE QUERY_TAG = '{schema}' AND QUERY_TEXT NOT LIKE '%QUERY_HISTORY%' ORDER BY START_TIME"
    )


CASES = (
    Case(
        "a query is found by its tag",
        PAGE,
        (
            TAG,
            Run("SELECT 'found'"),
            Run("SELECT * FROM NOT_THERE", error=Error(2003)),
            Run(
                _of_tag("QUERY_TEXT, EXECUTION_STATUS, ERROR_CODE"),
                rows=[
                    ("SELECT 'found'", "SUCCESS", None),
                    ("SELECT * FROM NOT_THERE", "FAILED_WITH_ERROR", "002003"),
                ],
                session="second",
            ),
        ),
    ),
    Case(
        "the history says what kind of statement it was and where it ran",
        PAGE,
        (
            Run("CREATE TABLE T (A NUMBER(3,0))"),
            TAG,
            Run("SELECT 1"),
            Run("INSERT INTO T VALUES (1), (2)"),
            Run("UPDATE T SET A = 3"),
            Run("DELETE FROM T"),
            Run("BEGIN"),
            Run("COMMIT"),
            Run(
                _of_tag("QUERY_TYPE"),
                rows=[
                    ("SELECT",),
                    ("INSERT",),
                    ("UPDATE",),
                    ("DELETE",),
                    ("BEGIN_TRANSACTION",),
                    ("COMMIT",),
                ],
            ),
            Run(
                _of_tag(
                    "DISTINCT DATABASE_NAME || '.' || SCHEMA_NAME = '{schema}', "
                    "SESSION_ID = CURRENT_SESSION()::NUMBER, ROLE_NAME = CURRENT_ROLE(), "
                    "WAREHOUSE_NAME = CURRENT_WAREHOUSE(), USER_NAME = CURRENT_USER()"
                ).partition(" ORDER BY")[0],
                rows=[(True, True, True, True, True)],
            ),
        ),
    ),
    Case(
        "the history counts produced rows and elapsed time",
        PAGE,
        (
            TAG,
            Run("SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3"),
            Run(
                _of_tag("ROWS_PRODUCED, TOTAL_ELAPSED_TIME >= 0, END_TIME >= START_TIME"),
                rows=[(3, True, True)],
            ),
        ),
    ),
    Case(
        "the history says on what size of warehouse a statement ran, and for how long",
        PAGE,
        (
            Run("CREATE TABLE T (A NUMBER(3,0))"),
            TAG,
            Run("INSERT INTO T VALUES (1), (2)"),
            Run(
                _of_tag(
                    "WAREHOUSE_SIZE = 'X-Small', WAREHOUSE_TYPE, EXECUTION_TIME <= TOTAL_ELAPSED_TIME, "
                    "QUEUED_PROVISIONING_TIME + QUEUED_REPAIR_TIME + QUEUED_OVERLOAD_TIME >= 0, "
                    "CREDITS_USED_CLOUD_SERVICES >= 0"
                ),
                rows=[(True, "STANDARD", True, True, True)],
            ),
        ),
    ),
    Case(
        "a running query has no end yet",
        PAGE,
        (
            TAG,
            Run(
                "SELECT EXECUTION_STATUS FROM TABLE(INFORMATION_SCHEMA.QUERY_HISTORY_BY_SESSION()) "
                "WHERE QUERY_TAG = '{schema}' AND EXECUTION_STATUS <> 'SUCCESS'",
                rows=[("RUNNING",)],
            ),
        ),
    ),
    Case(
        "RESULT_LIMIT keeps the newest",
        PAGE,
        (
            TAG,
            Run("SELECT 'older'"),
            Run("SELECT 'newer'"),
            Run(
                "SELECT QUERY_TEXT FROM TABLE(INFORMATION_SCHEMA.QUERY_HISTORY_BY_SESSION(RESULT_LIMIT => 2)) "
                "WHERE QUERY_TEXT NOT LIKE '%QUERY_HISTORY%'",
                rows=[("SELECT 'newer'",)],
            ),
        ),
    ),
    Case(
        "RESULT_LIMIT goes up to 10,000",
        PAGE,
        (
            Run(
                "SELECT * FROM TABLE(INFORMATION_SCHEMA.QUERY_HISTORY(RESULT_LIMIT => 10001))",
                error=Error(1015, is_documented=False),
            ),
        ),
    ),
    Case(
        "BY_SESSION and BY_USER narrow the history",
        PAGE,
        (
            Run("SELECT 'not this one'", session="other"),
            Run("SELECT 'this one'"),
            Run(
                "SELECT COUNT_IF(QUERY_TEXT = 'SELECT ''this one'''), "
                "COUNT_IF(QUERY_TEXT = 'SELECT ''not this one''') "
                "FROM TABLE(INFORMATION_SCHEMA.QUERY_HISTORY_BY_SESSION())",
                rows=[(1, 0)],
            ),
            Run(
                "SELECT COUNT(*) FROM TABLE(INFORMATION_SCHEMA.QUERY_HISTORY_BY_USER("
                "USER_NAME => 'NOBODY_OF_THIS_NAME'))",
                rows=[(0,)],
            ),
        ),
    ),
    Case(
        "a time range leaves out what ended before it",
        PAGE,
        (
            TAG,
            Run("SELECT 'early'"),
            Advance(7_200),
            Run("SELECT 'late'"),
            Run(
                _of_tag(
                    "QUERY_TEXT",
                    "END_TIME_RANGE_START => DATEADD('hour', -1, CURRENT_TIMESTAMP()), RESULT_LIMIT => 1000",
                ),
                rows=[("SELECT 'late'",)],
            ),
            Run(
                _of_tag(
                    "QUERY_TEXT",
                    "END_TIME_RANGE_END => DATEADD('hour', -1, CURRENT_TIMESTAMP()), RESULT_LIMIT => 1000",
                ),
                rows=[("SELECT 'early'",)],
            ),
        ),
        only_here=MOVED,
    ),
    Case(
        "END_TIME_RANGE_END leaves out what still runs",
        PAGE,
        (
            TAG,
            Run(
                "SELECT COUNT_IF(EXECUTION_STATUS = 'RUNNING') FROM "
                "TABLE(INFORMATION_SCHEMA.QUERY_HISTORY_BY_SESSION(END_TIME_RANGE_END => CURRENT_TIMESTAMP()))",
                rows=[(0,)],
            ),
        ),
    ),
    Case(
        "a time range before the last seven days is refused",
        PAGE,
        (
            Run(
                "SELECT * FROM TABLE(INFORMATION_SCHEMA.QUERY_HISTORY(END_TIME_RANGE_START => "
                "DATEADD('day', -8, CURRENT_TIMESTAMP())))",
                error=Error(1015, is_documented=False),
            ),
        ),
    ),
    Case(
        "the history goes back seven days",
        PAGE,
        (
            TAG,
            Run("SELECT 'old'"),
            Advance(600_000),
            Run(_of_tag("QUERY_TEXT"), rows=[("SELECT 'old'",)]),
            Advance(10_000),
            Run(_of_tag("QUERY_TEXT"), rows=[]),
        ),
        only_here=MOVED,
    ),
)
