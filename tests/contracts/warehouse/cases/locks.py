"""Whole-table locks of UPDATE, DELETE and MERGE, and what becomes of those of a lost session."""

from __future__ import annotations

from tests.contracts.warehouse.case import Advance, Case, Close, Error, Lose, Open, Put, Run

PAGE = "sql-reference/transactions"
MOVED = "moves the clock"
FILLED = (
    Run("CREATE TABLE HEAD (M VARCHAR(7), G NUMBER(10,0))"),
    Run("INSERT INTO HEAD VALUES ('2013-01', 1), ('2013-02', 1)"),
    Open("impatient", {"LOCK_TIMEOUT": 0}),
)
WRITERS = {
    "UPDATE": "UPDATE HEAD SET G = 5 WHERE M = '2013-02'",
    "DELETE": "DELETE FROM HEAD WHERE M = '2013-02'",
    "MERGE": "MERGE INTO HEAD t USING (SELECT '2013-02' AS M) s ON t.M = s.M WHEN MATCHED THEN UPDATE SET G = 6",
}
LOCKED = Error(625, ("has locked table 'HEAD' in transaction",), is_documented=False)
HOLDING = (*FILLED, Run("BEGIN"), Run("UPDATE HEAD SET G = 2 WHERE M = '2013-01'"))
REFUSED = Run(WRITERS["UPDATE"], session="impatient", error=LOCKED)
LET_THROUGH = Run(WRITERS["UPDATE"], session="impatient", affected=1)


def _blocks(holder: str, waiter: str) -> Case:
    return Case(
        f"{waiter} waits for the {holder} of another transaction, even of another row",
        PAGE,
        (
            *FILLED,
            Run("BEGIN"),
            Run(WRITERS[holder].replace("2013-02", "2013-01")),
            Run(WRITERS[waiter], session="impatient", error=LOCKED),
            Run("COMMIT"),
            Run(WRITERS[waiter], session="impatient", affected=1),
        ),
    )


CASES = (
    *(_blocks(holder, waiter) for holder in WRITERS for waiter in WRITERS),
    Case(
        "ROLLBACK gives the lock back",
        PAGE,
        (*HOLDING, REFUSED, Run("ROLLBACK"), LET_THROUGH),
    ),
    Case(
        "a statement that changes no row locks too",
        PAGE,
        (*FILLED, Run("BEGIN"), Run("DELETE FROM HEAD WHERE M = 'x'", affected=0), REFUSED),
    ),
    Case(
        "INSERT does not wait for an UPDATE",
        PAGE,
        (
            *HOLDING,
            Run("INSERT INTO HEAD VALUES ('2013-03', 1)", session="impatient", affected=1),
            Run("COMMIT"),
            Run("SELECT COUNT(*) FROM HEAD", rows=[(3,)]),
        ),
    ),
    Case(
        "COPY does not wait for an UPDATE",
        PAGE,
        (
            *HOLDING,
            Put("p/a.tsv", b"2013-03\t3\n"),
            Run(
                "COPY INTO HEAD FROM {stage}/p FILES=('a.tsv') FILE_FORMAT=(TYPE=CSV FIELD_DELIMITER='\\t' "
                "FIELD_OPTIONALLY_ENCLOSED_BY=NONE ESCAPE_UNENCLOSED_FIELD=NONE SKIP_BLANK_LINES=TRUE)",
                session="impatient",
                columns=("status",),
                rows=[("LOADED",)],
            ),
            Run("ROLLBACK"),
            Run("SELECT COUNT(*) FROM HEAD", rows=[(3,)]),
        ),
    ),
    Case(
        "INSERTs of two transactions do not wait for each other",
        PAGE,
        (
            *FILLED,
            Run("BEGIN"),
            Run("BEGIN", session="impatient"),
            Run("INSERT INTO HEAD VALUES ('a', 1)"),
            Run("INSERT INTO HEAD VALUES ('b', 1)", session="impatient"),
            Run("COMMIT"),
            Run("COMMIT", session="impatient"),
            Run("SELECT COUNT(*) FROM HEAD", rows=[(4,)]),
        ),
    ),
    Case(
        "UPDATEs of two tables do not wait for each other",
        PAGE,
        (
            *HOLDING,
            Run("CREATE TABLE OTHER (A NUMBER(3,0))", session="impatient"),
            Run("UPDATE OTHER SET A = 1", session="impatient", affected=0),
        ),
    ),
    Case(
        "a query does not wait for an UPDATE",
        PAGE,
        (*HOLDING, Run("SELECT COUNT(*) FROM HEAD WHERE G = 1", session="impatient", rows=[(2,)])),
    ),
    Case(
        "a failed statement keeps the locks of its transaction",
        PAGE,
        (*HOLDING, Run("INSERT INTO HEAD VALUES ('far too long', 1)", error=Error(100078)), REFUSED),
    ),
    Case(
        "logging out gives the lock back",
        PAGE,
        (
            *FILLED,
            Run("BEGIN", session="leaving"),
            Run("UPDATE HEAD SET G = 2", session="leaving"),
            REFUSED,
            Close("leaving"),
            LET_THROUGH,
        ),
    ),
    Case(
        "a lost session leaves its transaction and its lock",
        PAGE,
        (
            *FILLED,
            Run("BEGIN", session="lost"),
            Run("UPDATE HEAD SET G = 2", session="lost"),
            Lose("lost"),
            REFUSED,
            Run("SELECT COUNT(*) FROM HEAD WHERE G = 1", rows=[(2,)]),
        ),
    ),
    Case(
        "a lost transaction that blocks is rolled back after five idle minutes",
        PAGE,
        (
            *FILLED,
            Run("BEGIN", session="lost"),
            Run("DELETE FROM HEAD", session="lost"),
            Lose("lost"),
            Advance(290),
            REFUSED,
            Advance(20),
            LET_THROUGH,
            Run("SELECT COUNT(*) FROM HEAD", rows=[(2,)]),
        ),
        only_here=MOVED,
    ),
    Case(
        "a lost transaction that blocks nobody stays open for four hours",
        PAGE,
        (
            Run("BEGIN NAME LOST_ONE", session="lost"),
            Lose("lost"),
            Advance(14_300),
            Run("SHOW TRANSACTIONS", label="before"),
            Run(
                "SELECT COUNT(*) FROM TABLE(RESULT_SCAN('{before}')) WHERE \"name\" = 'LOST_ONE'", rows=[(1,)]
            ),
            Advance(200),
            Run("SHOW TRANSACTIONS", label="after"),
            Run(
                "SELECT COUNT(*) FROM TABLE(RESULT_SCAN('{after}')) WHERE \"name\" = 'LOST_ONE'", rows=[(0,)]
            ),
        ),
        only_here=MOVED,
    ),
    Case(
        "a session whose blocking transaction was ended for being idle goes on without it",
        PAGE,
        (
            *HOLDING,
            Advance(310),
            LET_THROUGH,
            Run("SELECT CURRENT_TRANSACTION() IS NULL", rows=[(True,)]),
            Run("INSERT INTO HEAD VALUES ('2013-03', 1)"),
            Run("COMMIT"),
            Run("SELECT M, G FROM HEAD ORDER BY M", rows=[("2013-01", 1), ("2013-02", 5), ("2013-03", 1)]),
        ),
        only_here="moves the clock; that COMMIT says nothing of it is the worse of two undocumented ways",
    ),
    Case(
        "a transaction in use is not idle",
        PAGE,
        (
            *HOLDING,
            Advance(200),
            Run("SELECT 1"),
            Advance(200),
            REFUSED,
            Run("COMMIT"),
            LET_THROUGH,
        ),
        only_here=MOVED,
    ),
    Case(
        "SHOW LOCKS names the table, the transaction and the statement",
        "sql-reference/sql/show-locks",
        (
            *FILLED,
            Run("BEGIN"),
            Run("UPDATE HEAD SET G = 2", label="update"),
            Run("SHOW LOCKS", label="locks"),
            Run(
                'SELECT "resource" = \'{schema}.HEAD\', "type", "status", "acquired_on" IS NULL '
                "FROM TABLE(RESULT_SCAN('{locks}')) WHERE \"query_id\" = '{update}'",
                rows=[(True, "PARTITIONS", "HOLDING", False)],
            ),
        ),
    ),
)
