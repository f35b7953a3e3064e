"""AT and BEFORE: the state of a table by statement, by time and by offset."""

from __future__ import annotations

from tests.contracts.warehouse.case import Advance, Case, Close, Error, Open, Put, Run

PAGE = "sql-reference/constructs/at-before"
NOT_AVAILABLE = Error(
    707,
    (
        "Time travel data is not available for table T.",
        "The requested time is either beyond the allowed time travel period or before the object creation time.",
    ),
)
MOVED = "moves the clock"
JANUARY, FEBRUARY = ("2026-01", 1), ("2026-02", 2)
MONTHS = (
    Run("CREATE TABLE T (MONTH VARCHAR(7), N NUMBER(9,0))"),
    Run("CREATE TABLE HEADS (MONTH VARCHAR(7), STATE VARCHAR)"),
    Run("INSERT INTO HEADS VALUES ('2026-01', 'loaded')"),
    Run("INSERT INTO T VALUES ('2026-01', 1), ('2026-02', 2)", label="loaded"),
)

CASES = (
    Case(
        "BEFORE a DELETE shows the rows that it deleted",
        PAGE,
        (
            *MONTHS,
            Run("DELETE FROM T WHERE MONTH = '2026-01'", affected=1, label="deleted"),
            Run("SELECT * FROM T", rows=[FEBRUARY]),
            Run(
                "SELECT * FROM T BEFORE (STATEMENT => '{deleted}')", rows=[JANUARY, FEBRUARY], any_order=True
            ),
            Run("SELECT * FROM T AT (STATEMENT => '{deleted}')", rows=[FEBRUARY]),
        ),
    ),
    Case(
        "BEFORE a DELETE inside a transaction shows the month that the transaction dropped",
        PAGE,
        (
            *MONTHS,
            Run("BEGIN"),
            Run("UPDATE HEADS SET STATE = 'dropping' WHERE MONTH = '2026-01'", affected=1),
            Run("DELETE FROM T WHERE MONTH = '2026-01'", affected=1, label="deleted"),
            Run("INSERT INTO HEADS VALUES ('2026-01', 'dropped')"),
            Run("COMMIT"),
            Run("INSERT INTO T VALUES ('2026-03', 3)"),
            Run("SELECT * FROM T BEFORE (STATEMENT => '{deleted}') ORDER BY MONTH", rows=[JANUARY, FEBRUARY]),
        ),
    ),
    Case(
        "a month dropped in a transaction comes back by INSERT from BEFORE its DELETE",
        PAGE,
        (
            *MONTHS,
            Run("BEGIN"),
            Run("DELETE FROM T WHERE MONTH = '2026-01'", label="deleted"),
            Run("COMMIT"),
            Run(
                "INSERT INTO T SELECT * FROM T BEFORE (STATEMENT => '{deleted}') WHERE MONTH = '2026-01'",
                affected=1,
            ),
            Run("SELECT * FROM T", rows=[JANUARY, FEBRUARY], any_order=True),
        ),
    ),
    Case(
        "the state before the first statement of a publish undoes the publish",
        PAGE,
        (
            *MONTHS,
            Run("BEGIN"),
            Run("DELETE FROM T WHERE MONTH = '2026-01'", label="first"),
            Run("INSERT INTO T VALUES ('2026-01', 11), ('2026-01', 12)"),
            Run("COMMIT"),
            Run(
                "SELECT * FROM T ORDER BY N",
                rows=[FEBRUARY, ("2026-01", 11), ("2026-01", 12)],
            ),
            Run("SELECT * FROM T BEFORE (STATEMENT => '{first}') ORDER BY N", rows=[JANUARY, FEBRUARY]),
        ),
    ),
    Case(
        "BEFORE and AT an INSERT differ by its rows",
        PAGE,
        (
            *MONTHS,
            Run("INSERT INTO T SELECT '2026-03', 3", label="third"),
            Run("INSERT INTO T VALUES ('2026-04', 4)"),
            Run("SELECT COUNT(*) FROM T BEFORE (STATEMENT => '{loaded}')", rows=[(0,)]),
            Run("SELECT COUNT(*) FROM T BEFORE (STATEMENT => '{third}')", rows=[(2,)]),
            Run("SELECT MAX(N), COUNT(*) FROM T AT (STATEMENT => '{third}')", rows=[(3, 3)]),
        ),
    ),
    Case(
        "BEFORE an UPDATE shows the values that it changed",
        PAGE,
        (
            *MONTHS,
            Run("UPDATE T SET N = N + 100", affected=2, label="changed"),
            Run("INSERT INTO T VALUES ('2026-03', 3)"),
            Run("SELECT N FROM T BEFORE (STATEMENT => '{changed}') ORDER BY N", rows=[(1,), (2,)]),
            Run("SELECT N FROM T AT (STATEMENT => '{changed}') ORDER BY N", rows=[(101,), (102,)]),
        ),
    ),
    Case(
        "BEFORE a MERGE shows what it updated, deleted and inserted upon",
        PAGE,
        (
            *MONTHS,
            Run(
                "MERGE INTO T USING (SELECT COLUMN1 AS MONTH, COLUMN2 AS N FROM VALUES ('2026-01', 9), "
                "('2026-09', 9)) S ON T.MONTH = S.MONTH WHEN MATCHED THEN UPDATE SET N = S.N "
                "WHEN NOT MATCHED THEN INSERT (MONTH, N) VALUES (S.MONTH, S.N)",
                label="merged",
            ),
            Run("SELECT N FROM T ORDER BY N", rows=[(2,), (9,), (9,)]),
            Run("SELECT N FROM T BEFORE (STATEMENT => '{merged}') ORDER BY N", rows=[(1,), (2,)]),
        ),
    ),
    Case(
        "BEFORE a TRUNCATE shows all rows",
        "sql-reference/sql/truncate-table",
        (
            *MONTHS,
            Run("SELECT COUNT(*) FROM T", rows=[(2,)], label="counted"),
            Run("TRUNCATE TABLE T"),
            Run("SELECT COUNT(*) FROM T", rows=[(0,)]),
            Run("SELECT * FROM T AT (STATEMENT => '{counted}') ORDER BY N", rows=[JANUARY, FEBRUARY]),
        ),
    ),
    Case(
        "a statement that only read names its time",
        PAGE,
        (
            *MONTHS,
            Run("SELECT 1", rows=[(1,)], label="read"),
            Run("DELETE FROM T", affected=2),
            Run("SELECT COUNT(*) FROM T AT (STATEMENT => '{read}')", rows=[(2,)]),
        ),
    ),
    Case(
        "a COPY can be the point in time",
        PAGE,
        (
            *MONTHS,
            Put("april.csv", b"2026-04,4\n2026-04,5\n"),
            Run(
                "COPY INTO T FROM {stage} FILES=('april.csv') FILE_FORMAT=(TYPE=CSV COMPRESSION=NONE "
                "ESCAPE_UNENCLOSED_FIELD=NONE)",
                label="copied",
            ),
            Run("DELETE FROM T WHERE MONTH = '2026-04'", affected=2),
            Run("SELECT COUNT(*) FROM T BEFORE (STATEMENT => '{copied}')", rows=[(2,)]),
            Run("SELECT COUNT(*) FROM T AT (STATEMENT => '{copied}')", rows=[(4,)]),
        ),
    ),
    Case(
        "two points in time can be joined",
        PAGE,
        (
            *MONTHS,
            Run("UPDATE T SET N = 7 WHERE MONTH = '2026-02'", label="changed"),
            Run(
                "SELECT NEW.MONTH, OLD.N, NEW.N FROM T BEFORE (STATEMENT => '{changed}') AS OLD "
                "JOIN T AT (STATEMENT => '{changed}') NEW ON OLD.MONTH = NEW.MONTH WHERE OLD.N <> NEW.N",
                rows=[("2026-02", 2, 7)],
            ),
        ),
    ),
    Case(
        "the columns can be named by the table",
        PAGE,
        (
            *MONTHS,
            Run("DELETE FROM T", label="deleted"),
            Run("SELECT T.N FROM {schema}.T BEFORE (STATEMENT => '{deleted}') WHERE T.N = 2", rows=[(2,)]),
        ),
    ),
    Case(
        "the past can be read inside a WITH",
        PAGE,
        (
            *MONTHS,
            Run("DELETE FROM T", label="deleted"),
            Run(
                "WITH OLD AS (SELECT * FROM T BEFORE (STATEMENT => '{deleted}')) SELECT COUNT(*) FROM OLD",
                rows=[(2,)],
            ),
        ),
    ),
    Case(
        "a table can be made of the past",
        PAGE,
        (
            *MONTHS,
            Run("DELETE FROM T", label="deleted"),
            Run("CREATE TABLE OLD AS SELECT * FROM T BEFORE (STATEMENT => '{deleted}')"),
            Run("SELECT * FROM OLD ORDER BY N", rows=[JANUARY, FEBRUARY]),
        ),
    ),
    Case(
        "the past has the columns of today",
        PAGE,
        (
            *MONTHS,
            Run("DELETE FROM T WHERE N = 1", label="deleted"),
            Run("ALTER TABLE T ADD COLUMN NOTE VARCHAR(10)"),
            Run(
                "SELECT * FROM T BEFORE (STATEMENT => '{deleted}') ORDER BY N",
                rows=[(*JANUARY, None), (*FEBRUARY, None)],
            ),
        ),
    ),
    Case(
        "a dropped column is not in the past either",
        PAGE,
        (
            *MONTHS,
            Run("DELETE FROM T WHERE N = 1", label="deleted"),
            Run("ALTER TABLE T DROP COLUMN MONTH"),
            Run("SELECT * FROM T BEFORE (STATEMENT => '{deleted}') ORDER BY N", rows=[(1,), (2,)]),
        ),
    ),
    Case(
        "the point can be a bound value",
        PAGE,
        (
            *MONTHS,
            Run("SELECT COUNT(*) FROM T BEFORE (STATEMENT => ?)", error=Error(709), binds=("none",)),
        ),
        only_here="the documentation names no bound values here; the stand-in takes them",
    ),
    Case(
        "a statement that nobody ran is not found",
        PAGE,
        (
            *MONTHS,
            Run(
                "SELECT * FROM T BEFORE (STATEMENT => '8e5d0ca9-005e-44e6-b858-a8f5b37c5726')",
                error=Error(709, ("8e5d0ca9-005e-44e6-b858-a8f5b37c5726 not found",), is_documented=False),
            ),
        ),
    ),
    Case(
        "a statement older than 14 days is not found",
        PAGE,
        (
            Run("CREATE TABLE T (N NUMBER(9,0)) DATA_RETENTION_TIME_IN_DAYS = 30"),
            Run("INSERT INTO T VALUES (1)", label="loaded"),
            Run("SELECT * FROM T AT (STATEMENT => '{loaded}')", rows=[(1,)]),
            Advance(15 * 86_400),
            Run("SELECT * FROM T AT (STATEMENT => '{loaded}')", error=Error(709, ("not found",))),
            Run("SELECT * FROM T AT (OFFSET => -14*24*3600)", rows=[(1,)]),
        ),
        only_here=MOVED,
    ),
    Case(
        "a time before the table was made is refused",
        PAGE,
        (
            *MONTHS,
            Run("SELECT * FROM T AT (OFFSET => -3600)", error=NOT_AVAILABLE),
            Run("SELECT * FROM T AT (TIMESTAMP => '2015-05-01 16:20:00'::TIMESTAMP)", error=NOT_AVAILABLE),
        ),
    ),
    Case(
        "a statement before the table was made is refused",
        PAGE,
        (
            Run("SELECT 1", label="earlier"),
            *MONTHS,
            Run("SELECT * FROM T AT (STATEMENT => '{earlier}')", error=NOT_AVAILABLE),
        ),
    ),
    Case(
        "a new table under an old name has no past",
        PAGE,
        (
            *MONTHS,
            Run("CREATE OR REPLACE TABLE T (N NUMBER(9,0))"),
            Run("SELECT * FROM T AT (STATEMENT => '{loaded}')", error=NOT_AVAILABLE),
        ),
    ),
    Case(
        "a table that does not exist has no past",
        PAGE,
        (Run("SELECT * FROM NOT_THERE AT (OFFSET => -60)", error=Error(2003, ("NOT_THERE",))),),
    ),
    Case(
        "OFFSET counts seconds back",
        PAGE,
        (
            *MONTHS,
            Advance(600),
            Run("DELETE FROM T WHERE N = 1"),
            Advance(600),
            Run("SELECT COUNT(*) FROM T AT (OFFSET => -60*5)", rows=[(1,)]),
            Run("SELECT COUNT(*) FROM T AT (OFFSET => -60*15)", rows=[(2,)]),
            Run("SELECT COUNT(*) FROM T AT (OFFSET => -60*30)", error=NOT_AVAILABLE),
        ),
        only_here=MOVED,
    ),
    Case(
        "TIMESTAMP is a constant expression",
        PAGE,
        (
            *MONTHS,
            Advance(600),
            Run("UPDATE T SET N = 0"),
            Advance(600),
            Run(
                "SELECT N FROM T AT (TIMESTAMP => DATEADD(minute, -15, CURRENT_TIMESTAMP())) ORDER BY N",
                rows=[(1,), (2,)],
            ),
            Run("SELECT N FROM T BEFORE (TIMESTAMP => CURRENT_TIMESTAMP())", rows=[(0,), (0,)]),
        ),
        only_here=MOVED,
    ),
    Case(
        "what a transaction changes counts from its COMMIT on",
        "user-guide/data-time-travel",
        (
            *MONTHS,
            Run("BEGIN"),
            Run("DELETE FROM T WHERE N = 1", affected=1),
            Advance(600),
            Run("COMMIT"),
            Run("SELECT COUNT(*) FROM T AT (OFFSET => -300)", rows=[(2,)]),
            Advance(600),
            Run("SELECT COUNT(*) FROM T AT (OFFSET => -300)", rows=[(1,)]),
        ),
        only_here=MOVED,
    ),
    Case(
        "what was rolled back is not in the past",
        "user-guide/data-time-travel",
        (
            *MONTHS,
            Run("BEGIN"),
            Run("DELETE FROM T", affected=2),
            Run("INSERT INTO T VALUES ('2026-09', 9)"),
            Run("ROLLBACK"),
            Run("UPDATE T SET N = N + 1", label="changed"),
            Run("SELECT * FROM T BEFORE (STATEMENT => '{changed}') ORDER BY N", rows=[JANUARY, FEBRUARY]),
        ),
    ),
    Case(
        "a statement that was rolled back names its time",
        PAGE,
        (
            *MONTHS,
            Run("BEGIN"),
            Run("DELETE FROM T", affected=2, label="undone"),
            Run("ROLLBACK"),
            Run("UPDATE T SET N = N + 1"),
            Run("SELECT * FROM T AT (STATEMENT => '{undone}') ORDER BY N", rows=[JANUARY, FEBRUARY]),
        ),
        only_here="the documentation does not say what such a statement names",
    ),
    Case(
        "a statement that fails in between does not change what was before the DELETE",
        "sql-reference/transactions",
        (
            *MONTHS,
            Run("BEGIN"),
            Run("DELETE FROM T WHERE MONTH = '2026-01'", affected=1, label="deleted"),
            Run("INSERT INTO T VALUES ('too-long', 9)", error=Error(100078)),
            Run("INSERT INTO T VALUES ('2026-01', 11)"),
            Run("COMMIT"),
            Run("SELECT * FROM T BEFORE (STATEMENT => '{deleted}') ORDER BY N", rows=[JANUARY, FEBRUARY]),
            Run("SELECT * FROM T ORDER BY N", rows=[FEBRUARY, ("2026-01", 11)]),
        ),
    ),
    Case(
        "LAST_QUERY_ID can be the point in time",
        PAGE,
        (
            *MONTHS,
            Run("DELETE FROM T", affected=2),
            Run("SELECT * FROM T BEFORE (STATEMENT => LAST_QUERY_ID()) ORDER BY N", rows=[JANUARY, FEBRUARY]),
        ),
    ),
    Case(
        "what others committed while a DELETE was under way is in the state before it",
        PAGE,
        (
            *MONTHS,
            Open("other"),
            Run("BEGIN"),
            Run("DELETE FROM T WHERE N = 1", affected=1, label="deleted"),
            Run("INSERT INTO T VALUES ('2026-03', 3)", session="other", label="added"),
            Run("INSERT INTO T VALUES ('2026-01', 11)"),
            Run("COMMIT"),
            Run("DELETE FROM T WHERE N = 3"),
            Run("SELECT N FROM T BEFORE (STATEMENT => '{added}') ORDER BY N", rows=[(1,), (2,)]),
            Run("SELECT N FROM T AT (STATEMENT => '{added}') ORDER BY N", rows=[(1,), (2,), (3,)]),
            Run("SELECT N FROM T BEFORE (STATEMENT => '{deleted}') ORDER BY N", rows=[(1,), (2,), (3,)]),
            Close("other"),
        ),
        only_here="the documentation does not say this of a transaction",
    ),
    Case(
        "the point must be a constant",
        PAGE,
        (
            *MONTHS,
            Run("SELECT * FROM T AT (OFFSET => N)", error=Error(2287, ("constant",), is_documented=False)),
        ),
    ),
)
