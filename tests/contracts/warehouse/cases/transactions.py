"""Transactions: what they keep, what a failed statement undoes, what is seen when."""

from __future__ import annotations

from tests.contracts.warehouse.case import Case, Close, Error, Open, Put, Run

PAGE = "sql-reference/transactions"
TABLE = Run("CREATE TABLE HEAD (M VARCHAR(7), G NUMBER(10,0) NOT NULL)")
FILLED = (TABLE, Run("INSERT INTO HEAD VALUES ('2013-01', 1), ('2013-02', 1)"))
TOO_LONG = Error(100078, ("far too long",))
COPY = (
    "COPY INTO HEAD FROM {stage}/p FILES=('a.tsv', 'b.tsv') FILE_FORMAT=(TYPE=CSV FIELD_DELIMITER='\\t' "
    "FIELD_OPTIONALLY_ENCLOSED_BY=NONE ESCAPE_UNENCLOSED_FIELD=NONE SKIP_BLANK_LINES=TRUE)"
)


def heads(*rows: tuple[str, int], session: str = "first") -> Run:
    """What the table HEAD holds."""
    return Run("SELECT M, G FROM HEAD ORDER BY M, G", rows=list(rows), session=session)


def _kept_after(name: str, statement: str, error: Error) -> Case:
    return Case(
        f"a transaction stays open after {name}",
        PAGE,
        (
            *FILLED,
            Run("BEGIN"),
            Run("UPDATE HEAD SET G = 6 WHERE M = '2013-01'"),
            Run("INSERT INTO HEAD VALUES ('2013-03', ?)", binds=(3,)),
            Run("DELETE FROM HEAD WHERE M = '2013-02'"),
            Run(statement, error=error),
            heads(("2013-01", 6), ("2013-03", 3)),
            heads(("2013-01", 1), ("2013-02", 1), session="second"),
            Run("UPDATE HEAD SET G = G + 1", affected=2),
            Run("COMMIT"),
            heads(("2013-01", 7), ("2013-03", 4), session="second"),
        ),
    )


CASES = (
    _kept_after("a text too long", "INSERT INTO HEAD VALUES ('ok', 1), ('far too long', 2)", TOO_LONG),
    _kept_after("a NULL where none may be", "INSERT INTO HEAD VALUES ('x', NULL)", Error(100072)),
    _kept_after(
        "a value that is no number",
        "INSERT INTO HEAD SELECT 'x', TO_NUMBER(M) FROM HEAD",
        Error(100038, is_documented=False),
    ),
    _kept_after("an update that fails", "UPDATE HEAD SET M = 'far too long'", TOO_LONG),
    _kept_after(
        "a merge that fails",
        "MERGE INTO HEAD t USING (SELECT 'far too long' AS M) s ON t.M = s.M "
        "WHEN NOT MATCHED THEN INSERT (M, G) VALUES (s.M, 1)",
        TOO_LONG,
    ),
    _kept_after(
        "a query that fails while it runs",
        "SELECT TO_NUMBER(M) FROM HEAD",
        Error(100038, is_documented=False),
    ),
    _kept_after("a table that does not exist", "SELECT * FROM NOT_THERE", Error(2003)),
    _kept_after(
        "an insert into a table that does not exist", "INSERT INTO NOT_THERE VALUES (1)", Error(2003)
    ),
    _kept_after("a syntax error", "SELECT FROM WHERE", Error(1003)),
    Case(
        "two failed statements in a transaction are undone one by one",
        PAGE,
        (
            *FILLED,
            Run("BEGIN"),
            Run("INSERT INTO HEAD VALUES ('far too long', 1)", error=TOO_LONG),
            Run("INSERT INTO HEAD VALUES ('2013-03', 1)"),
            Run("INSERT INTO HEAD VALUES ('far too long', 1)", error=TOO_LONG),
            Run("INSERT INTO HEAD VALUES ('2013-04', 1)"),
            Run("COMMIT"),
            heads(("2013-01", 1), ("2013-02", 1), ("2013-03", 1), ("2013-04", 1)),
        ),
    ),
    Case(
        "ROLLBACK after a failed statement undoes the whole transaction",
        PAGE,
        (
            *FILLED,
            Run("BEGIN"),
            Run("DELETE FROM HEAD"),
            Run("INSERT INTO HEAD VALUES ('far too long', 1)", error=TOO_LONG),
            Run("ROLLBACK"),
            heads(("2013-01", 1), ("2013-02", 1)),
        ),
    ),
    Case(
        "a failed statement outside a transaction leaves no row",
        PAGE,
        (
            *FILLED,
            Run("INSERT INTO HEAD SELECT 'ok', 1 UNION ALL SELECT 'far too long', 2", error=TOO_LONG),
            heads(("2013-01", 1), ("2013-02", 1)),
        ),
    ),
    Case(
        "a failed COPY in a transaction leaves none of its rows and what was done before",
        PAGE,
        (
            *FILLED,
            Put("p/a.tsv", b"2013-03\t3\n"),
            Put("p/b.tsv", b"2013-04\tx\n"),
            Run("BEGIN"),
            Run("UPDATE HEAD SET G = 2"),
            Run(COPY, error=Error(100038, is_documented=False)),
            Run("COMMIT"),
            heads(("2013-01", 2), ("2013-02", 2)),
        ),
    ),
    Case(
        "a COPY whose second file has too few columns leaves no row of the first in the transaction",
        PAGE,
        (
            *FILLED,
            Put("p/a.tsv", b"2013-03\t3\n"),
            Put("p/b.tsv", b"2013-04\n"),
            Run("BEGIN"),
            Run("UPDATE HEAD SET G = 2"),
            Run(COPY, error=Error(100080, is_documented=False)),
            heads(("2013-01", 2), ("2013-02", 2)),
            Run("COMMIT"),
            heads(("2013-01", 2), ("2013-02", 2), session="second"),
        ),
    ),
    Case(
        "a COPY stays in its transaction when a later statement fails",
        PAGE,
        (
            *FILLED,
            Put("p/a.tsv", b"2013-03\t3\n"),
            Put("p/b.tsv", b"2013-04\t4\n"),
            Run("BEGIN"),
            Run(COPY, columns=("status", "rows_loaded"), rows=[("LOADED", 1), ("LOADED", 1)]),
            Run("INSERT INTO HEAD VALUES ('far too long', 1)", error=TOO_LONG),
            Run("COMMIT"),
            heads(("2013-01", 1), ("2013-02", 1), ("2013-03", 3), ("2013-04", 4)),
            Run("SELECT COUNT(*) FROM HEAD", rows=[(4,)], session="second"),
        ),
    ),
    Case(
        "a failed statement does not change the times that earlier ones have written",
        PAGE,
        (
            TABLE,
            Run("CREATE TABLE MOMENTS (WRITTEN_AT TIMESTAMP_LTZ)"),
            Run("BEGIN"),
            Run("INSERT INTO MOMENTS SELECT CURRENT_TIMESTAMP()"),
            Run("SELECT WRITTEN_AT FROM MOMENTS", label="before"),
            Run("INSERT INTO HEAD VALUES ('far too long', 1)", error=TOO_LONG),
            Run(
                "SELECT COUNT(*) FROM MOMENTS JOIN TABLE(RESULT_SCAN('{before}')) EARLIER "
                "ON MOMENTS.WRITTEN_AT = EARLIER.WRITTEN_AT",
                rows=[(1,)],
            ),
            Run("ROLLBACK"),
        ),
    ),
    Case(
        "nothing of a transaction is seen before its COMMIT",
        PAGE,
        (
            *FILLED,
            Run("BEGIN TRANSACTION"),
            Run("UPDATE HEAD SET G = 9"),
            heads(("2013-01", 9), ("2013-02", 9)),
            heads(("2013-01", 1), ("2013-02", 1), session="second"),
            Run("COMMIT"),
            heads(("2013-01", 9), ("2013-02", 9), session="second"),
        ),
    ),
    Case(
        "a transaction that has not written yet sees what others have committed",
        PAGE,
        (
            *FILLED,
            Run("BEGIN"),
            heads(("2013-01", 1), ("2013-02", 1)),
            Run("UPDATE HEAD SET G = 2", session="second"),
            heads(("2013-01", 2), ("2013-02", 2)),
            Run("UPDATE HEAD SET G = G + 1"),
            Run("COMMIT"),
            heads(("2013-01", 3), ("2013-02", 3), session="second"),
        ),
    ),
    Case(
        "a statement sees what was committed before it began, also after the transaction has written elsewhere",
        PAGE,
        (
            *FILLED,
            Run("CREATE TABLE LEDGER (E NUMBER(10,0))"),
            Run("BEGIN"),
            Run("UPDATE HEAD SET G = 2 WHERE M = '2013-01'"),
            Run("INSERT INTO LEDGER VALUES (1)", session="second"),
            Run("SELECT COUNT(*) FROM LEDGER", rows=[(1,)]),
            Run("UPDATE LEDGER SET E = 2", affected=1),
            Run("INSERT INTO LEDGER VALUES (3)", session="second"),
            Run("COMMIT"),
            Run("SELECT E FROM LEDGER ORDER BY E", rows=[(2,), (3,)], session="second"),
            heads(("2013-01", 2), ("2013-02", 1), session="second"),
        ),
    ),
    Case(
        "a transaction that has inserted sees rows that others have inserted since",
        PAGE,
        (
            *FILLED,
            Run("BEGIN"),
            Run("INSERT INTO HEAD VALUES ('2013-03', 1)"),
            Run("INSERT INTO HEAD VALUES ('2013-04', 1)", session="second"),
            Run("SELECT COUNT(*) FROM HEAD", rows=[(4,)]),
            Run("ROLLBACK"),
            Run("SELECT COUNT(*) FROM HEAD", rows=[(3,)]),
        ),
    ),
    Case(
        "a transaction that has updated a table does not see rows that others insert into it afterwards",
        PAGE,
        (
            *FILLED,
            Run("BEGIN"),
            Run("UPDATE HEAD SET G = 2"),
            Run("INSERT INTO HEAD VALUES ('2013-03', 1)", session="second"),
            heads(("2013-01", 2), ("2013-02", 2)),
            Run("COMMIT"),
            heads(("2013-01", 2), ("2013-02", 2), ("2013-03", 1)),
        ),
        only_here="Snowflake shows the inserted row to the next statement, the stand-in after the COMMIT",
    ),
    Case(
        "a failure after others have changed what the transaction has read ends it",
        PAGE,
        (
            *FILLED,
            Run("CREATE TABLE LEDGER (E NUMBER(10,0))"),
            Run("BEGIN"),
            Run("INSERT INTO LEDGER SELECT SUM(G) FROM HEAD"),
            Run("UPDATE HEAD SET G = 7", session="second"),
            Run("INSERT INTO HEAD VALUES ('far too long', 1)", error=TOO_LONG),
            Run("SELECT 1", error=Error(90236, is_documented=False)),
            Run("COMMIT", error=Error(90236, is_documented=False)),
            Run("SELECT COUNT(*) FROM LEDGER", rows=[(0,)]),
        ),
        only_here="Snowflake keeps the transaction open; the stand-in cannot do the INSERT again as it was",
    ),
    Case(
        "a failure after random values were written ends the transaction",
        PAGE,
        (
            *FILLED,
            Run("BEGIN"),
            Run("INSERT INTO HEAD SELECT LEFT(UUID_STRING(), 7), 1"),
            Run("INSERT INTO HEAD VALUES ('far too long', 1)", error=TOO_LONG),
            Run("INSERT INTO HEAD VALUES ('ok', 1)", error=Error(90236, is_documented=False)),
            Run("ROLLBACK"),
            heads(("2013-01", 1), ("2013-02", 1)),
        ),
        only_here="Snowflake keeps the transaction open; the stand-in cannot write the same random values again",
    ),
    Case(
        "a definition commits the open transaction",
        "sql-reference/transactions",
        (
            *FILLED,
            Run("BEGIN"),
            Run("UPDATE HEAD SET G = 4"),
            Run("CREATE TABLE UNRELATED (A VARCHAR)"),
            Run("ROLLBACK"),
            heads(("2013-01", 4), ("2013-02", 4), session="second"),
        ),
    ),
    Case(
        "BEGIN inside a transaction is ignored",
        PAGE,
        (
            *FILLED,
            Run("BEGIN"),
            Run("UPDATE HEAD SET G = 4"),
            Run("BEGIN"),
            Run("ROLLBACK"),
            heads(("2013-01", 1), ("2013-02", 1)),
        ),
    ),
    Case(
        "COMMIT and ROLLBACK without a transaction succeed",
        "sql-reference/sql/commit",
        (Run("COMMIT"), Run("ROLLBACK")),
    ),
    Case(
        "the long forms of BEGIN, COMMIT and ROLLBACK",
        "sql-reference/sql/begin",
        (
            *FILLED,
            Run("BEGIN WORK"),
            Run("UPDATE HEAD SET G = 2"),
            Run("COMMIT WORK"),
            Run("START TRANSACTION"),
            Run("UPDATE HEAD SET G = 3"),
            Run("ROLLBACK WORK"),
            heads(("2013-01", 2), ("2013-02", 2)),
        ),
    ),
    Case(
        "CURRENT_TRANSACTION is NULL outside a transaction",
        "sql-reference/functions/current_transaction",
        (
            Run("SELECT CURRENT_TRANSACTION() IS NULL", rows=[(True,)]),
            Run("BEGIN"),
            Run("SELECT CURRENT_TRANSACTION() IS NULL", rows=[(False,)]),
            Run("COMMIT"),
            Run("SELECT CURRENT_TRANSACTION() IS NULL", rows=[(True,)]),
        ),
    ),
    Case(
        "SHOW TRANSACTIONS names an open transaction until it ends",
        "sql-reference/sql/show-transactions",
        (
            Run("BEGIN NAME PUBLISHING_2013"),
            Run("SHOW TRANSACTIONS", label="open"),
            Run(
                'SELECT "state", "scope" FROM TABLE(RESULT_SCAN(\'{open}\')) WHERE "name" = \'PUBLISHING_2013\'',
                rows=[("running", 0)],
            ),
            Run("ROLLBACK"),
            Run("SHOW TRANSACTIONS", label="over"),
            Run(
                "SELECT COUNT(*) FROM TABLE(RESULT_SCAN('{over}')) WHERE \"name\" = 'PUBLISHING_2013'",
                rows=[(0,)],
            ),
        ),
    ),
    Case(
        "without AUTOCOMMIT the first write opens a transaction",
        "sql-reference/transactions",
        (
            *FILLED,
            Open("manual", {"AUTOCOMMIT": False}),
            Run("DELETE FROM HEAD", session="manual"),
            heads(("2013-01", 1), ("2013-02", 1)),
            Run("ROLLBACK", session="manual"),
            Run("UPDATE HEAD SET G = 5", session="manual"),
            Run("COMMIT", session="manual"),
            heads(("2013-01", 5), ("2013-02", 5)),
        ),
    ),
    Case(
        "without AUTOCOMMIT a failed write leaves those before it",
        "sql-reference/transactions",
        (
            *FILLED,
            Open("manual", {"AUTOCOMMIT": False}),
            Run("UPDATE HEAD SET G = 5", session="manual"),
            Run("INSERT INTO HEAD VALUES ('far too long', 1)", session="manual", error=TOO_LONG),
            Run("COMMIT", session="manual"),
            heads(("2013-01", 5), ("2013-02", 5)),
        ),
    ),
    Case(
        "a change of AUTOCOMMIT commits the open transaction, either way",
        PAGE,
        (
            *FILLED,
            Run("BEGIN"),
            Run("UPDATE HEAD SET G = 5"),
            Run("ALTER SESSION SET AUTOCOMMIT = FALSE"),
            Run("ROLLBACK"),
            Run("UPDATE HEAD SET G = G + 1"),
            Run("ALTER SESSION SET AUTOCOMMIT = TRUE"),
            Run("ROLLBACK"),
            heads(("2013-01", 6), ("2013-02", 6)),
        ),
    ),
    Case(
        "logging out rolls back",
        PAGE,
        (
            *FILLED,
            Run("BEGIN", session="leaving"),
            Run("UPDATE HEAD SET G = 8", session="leaving"),
            Close("leaving"),
            Run("UPDATE HEAD SET G = G + 1", affected=2),
            heads(("2013-01", 2), ("2013-02", 2)),
        ),
    ),
    Case(
        "TRANSACTION_ABORT_ON_ERROR ends a transaction with the first failure",
        "sql-reference/parameters",
        (
            *FILLED,
            Open("strict", {"TRANSACTION_ABORT_ON_ERROR": True}),
            Run("BEGIN", session="strict"),
            Run("UPDATE HEAD SET G = 8", session="strict"),
            Run("SELECT * FROM NOT_THERE", session="strict", error=Error(2003)),
            Run(
                "INSERT INTO HEAD VALUES ('ok', 1)", session="strict", error=Error(90236, is_documented=False)
            ),
            Run("ROLLBACK", session="strict"),
            heads(("2013-01", 1), ("2013-02", 1), session="strict"),
        ),
    ),
)
