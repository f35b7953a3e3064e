"""Results of earlier queries: RESULT_SCAN and LAST_QUERY_ID."""

from __future__ import annotations

from tests.contracts.warehouse.case import Advance, Case, Close, Error, Run

SCAN = "sql-reference/functions/result_scan"
LAST = "sql-reference/functions/last_query_id"
NUMBERS = Run("SELECT 1 AS N, 'one' AS T UNION ALL SELECT 2, 'two' ORDER BY N", label="numbers")

CASES = (
    Case(
        "RESULT_SCAN gives a result again",
        SCAN,
        (NUMBERS, Run("SELECT * FROM TABLE(RESULT_SCAN('{numbers}'))", rows=[(1, "one"), (2, "two")])),
    ),
    Case(
        "RESULT_SCAN is a table like any other",
        SCAN,
        (
            NUMBERS,
            Run("SELECT R.T FROM TABLE(RESULT_SCAN('{numbers}')) R WHERE R.N > 1", rows=[("two",)]),
            Run("SELECT COUNT(*), MAX(N) FROM TABLE(RESULT_SCAN('{numbers}')) AS R", rows=[(2, 2)]),
            Run(
                "SELECT A.T FROM TABLE(RESULT_SCAN('{numbers}')) A JOIN (SELECT 1 AS N) B ON A.N = B.N",
                rows=[("one",)],
            ),
            Run("SELECT N FROM TABLE(RESULT_SCAN('{numbers}')) WHERE T = ?", binds=("two",), rows=[(2,)]),
        ),
    ),
    Case(
        "RESULT_SCAN of the query before",
        SCAN,
        (
            NUMBERS,
            Run("SELECT N FROM TABLE(RESULT_SCAN(LAST_QUERY_ID())) ORDER BY N", rows=[(1,), (2,)]),
            NUMBERS,
            Run("SELECT COUNT(*) FROM TABLE(RESULT_SCAN())", rows=[(2,)]),
            NUMBERS,
            Run("SELECT COUNT(*) FROM TABLE(RESULT_SCAN(-1))", rows=[(2,)]),
        ),
    ),
    Case(
        "RESULT_SCAN of SHOW has its column names in lower case",
        SCAN,
        (
            Run("ALTER SESSION SET LOCK_TIMEOUT = 5"),
            Run("SHOW PARAMETERS LIKE 'LOCK_TIMEOUT'"),
            Run('SELECT "value" FROM TABLE(RESULT_SCAN(LAST_QUERY_ID()))', rows=[("5",)]),
        ),
    ),
    Case(
        "RESULT_SCAN can fill a table",
        SCAN,
        (
            Run("CREATE TABLE KEPT (N NUMBER(3,0), T VARCHAR(3))"),
            NUMBERS,
            Run("INSERT INTO KEPT SELECT * FROM TABLE(RESULT_SCAN('{numbers}'))", affected=2),
            Run("SELECT N, T FROM KEPT ORDER BY N", rows=[(1, "one"), (2, "two")]),
        ),
    ),
    Case(
        "RESULT_SCAN works from another session, also when the first is gone",
        SCAN,
        (
            Run("SELECT 7 AS N", session="leaving", label="seven"),
            Close("leaving"),
            Run("SELECT N FROM TABLE(RESULT_SCAN('{seven}'))", rows=[(7,)]),
        ),
    ),
    Case(
        "RESULT_SCAN of an unknown query is refused",
        SCAN,
        (
            Run(
                "SELECT N FROM TABLE(RESULT_SCAN('01b71944-0001-b181-0000-0129032279f6'))",
                error=Error(709, ("not found",), is_documented=False),
            ),
        ),
    ),
    Case(
        "RESULT_SCAN of a failed query fails",
        SCAN,
        (
            Run("SELECT * FROM NOT_THERE", error=Error(2003), label="failed"),
            Run("SELECT * FROM TABLE(RESULT_SCAN('{failed}'))", error=Error(2003, is_documented=False)),
        ),
    ),
    Case(
        "a result is kept for 24 hours",
        "user-guide/querying-persisted-results",
        (
            NUMBERS,
            Advance(86_000),
            Run("SELECT COUNT(*) FROM TABLE(RESULT_SCAN('{numbers}'))", rows=[(2,)]),
            Advance(1_000),
            Run(
                "SELECT COUNT(*) FROM TABLE(RESULT_SCAN('{numbers}'))", error=Error(709, is_documented=False)
            ),
        ),
        only_here="moves the clock",
    ),
    Case(
        "LAST_QUERY_ID counts from either end of the session",
        LAST,
        (
            Run("SELECT 'one'", label="one"),
            Run("SELECT 'two'", label="two"),
            Run("SELECT LAST_QUERY_ID() = '{two}'", rows=[(True,)]),
            Run("SELECT LAST_QUERY_ID(-3) = '{one}'", rows=[(True,)]),
            Run("SELECT 'alone'", session="fresh", label="alone"),
            Run("SELECT 'later'", session="fresh"),
            Run(
                "SELECT LAST_QUERY_ID(1) = '{alone}', LAST_QUERY_ID(99) IS NULL",
                session="fresh",
                rows=[(True, True)],
            ),
        ),
    ),
    Case(
        "cancelling what does not run changes nothing",
        "sql-reference/functions/system_cancel_query",
        (
            NUMBERS,
            Run("SELECT SYSTEM$CANCEL_QUERY('{numbers}')"),
            Run("SELECT * FROM TABLE(RESULT_SCAN('{numbers}'))", rows=[(1, "one"), (2, "two")]),
        ),
    ),
)
