"""DATA_RETENTION_TIME_IN_DAYS: who sets it, who inherits it, and its end.

More than one day needs the Enterprise Edition.
"""

from __future__ import annotations

from tests.contracts.warehouse.case import Advance, Case, Error, Run

PAGE = "user-guide/data-time-travel"
DAY = 86_400
GONE = Error(707, ("Time travel data is not available for table T.",))
MOVED = "moves the clock"
SHOW_T = "SHOW PARAMETERS LIKE 'DATA_RETENTION_TIME_IN_DAYS' IN TABLE T"

CASES = (
    Case(
        "a retention is one day unless set",
        PAGE,
        (
            Run("CREATE TABLE T (N NUMBER(9,0))"),
            Run(SHOW_T, columns=("key", "value"), rows=[("DATA_RETENTION_TIME_IN_DAYS", "1")]),
            Run("SHOW TABLES LIKE 'T' IN SCHEMA {schema}", columns=("retention_time",), rows=[("1",)]),
        ),
        only_here="a real account, database or schema may have another one",
    ),
    Case(
        "a table's own retention counts",
        PAGE,
        (
            Run("CREATE TABLE T (N NUMBER(9,0)) DATA_RETENTION_TIME_IN_DAYS = 30"),
            Run(SHOW_T, columns=("value", "level"), rows=[("30", "TABLE")]),
            Run("ALTER TABLE T SET DATA_RETENTION_TIME_IN_DAYS = 5"),
            Run(SHOW_T, columns=("value", "level"), rows=[("5", "TABLE")]),
            Run("SHOW TABLES LIKE 'T' IN SCHEMA {schema}", columns=("retention_time",), rows=[("5",)]),
        ),
    ),
    Case(
        "a schema's retention is inherited by its tables",
        PAGE,
        (
            Run("CREATE TABLE T (N NUMBER(9,0))"),
            Run("ALTER SCHEMA {schema} SET DATA_RETENTION_TIME_IN_DAYS = 7"),
            Run(SHOW_T, columns=("value", "level"), rows=[("7", "SCHEMA")]),
            Run("ALTER TABLE T SET DATA_RETENTION_TIME_IN_DAYS = 2"),
            Run(SHOW_T, columns=("value", "level"), rows=[("2", "TABLE")]),
            Run("ALTER TABLE T UNSET DATA_RETENTION_TIME_IN_DAYS"),
            Run(SHOW_T, columns=("value", "level"), rows=[("7", "SCHEMA")]),
        ),
    ),
    Case(
        "a database's retention is inherited by its tables",
        PAGE,
        (
            Run("CREATE TABLE T (N NUMBER(9,0))"),
            Run("ALTER DATABASE {database} SET DATA_RETENTION_TIME_IN_DAYS = 4"),
            Run(SHOW_T, columns=("value", "level"), rows=[("4", "DATABASE")]),
            Run("ALTER DATABASE {database} UNSET DATA_RETENTION_TIME_IN_DAYS"),
        ),
        only_here="changes a database that other tests use",
    ),
    Case(
        "the account's retention is inherited by all tables",
        PAGE,
        (
            Run("CREATE TABLE T (N NUMBER(9,0))"),
            Run("ALTER ACCOUNT SET DATA_RETENTION_TIME_IN_DAYS = 6"),
            Run(SHOW_T, columns=("value", "level"), rows=[("6", "ACCOUNT")]),
            Run("ALTER ACCOUNT UNSET DATA_RETENTION_TIME_IN_DAYS"),
        ),
        only_here="changes the account",
    ),
    Case(
        "INFORMATION_SCHEMA.TABLES knows kind and retention",
        "sql-reference/info-schema/tables",
        (
            Run("CREATE TABLE T (N NUMBER(9,0)) DATA_RETENTION_TIME_IN_DAYS = 1"),
            Run("CREATE TRANSIENT TABLE LOAD (N NUMBER(9,0)) DATA_RETENTION_TIME_IN_DAYS = 0"),
            Run(
                "SELECT TABLE_NAME, IS_TRANSIENT, RETENTION_TIME FROM INFORMATION_SCHEMA.TABLES "
                "WHERE TABLE_SCHEMA = CURRENT_SCHEMA() ORDER BY TABLE_NAME",
                rows=[("LOAD", "YES", 0), ("T", "NO", 1)],
            ),
        ),
    ),
    Case(
        "SHOW TABLES tells permanent and transient tables",
        "sql-reference/sql/show-tables",
        (
            Run("CREATE TABLE T (N NUMBER(9,0))"),
            Run("CREATE TRANSIENT TABLE LOAD (N NUMBER(9,0)) DATA_RETENTION_TIME_IN_DAYS = 0"),
            Run(
                "SHOW TABLES IN SCHEMA {schema}",
                columns=("name", "kind"),
                rows=[("LOAD", "TRANSIENT"), ("T", "TABLE")],
            ),
            Run(
                "SHOW TABLES LIKE 'load' IN SCHEMA {schema}",
                columns=("retention_time", "rows"),
                rows=[("0", 0)],
            ),
        ),
    ),
    Case(
        "more than 90 days are refused",
        PAGE,
        (
            Run(
                "CREATE TABLE T (N NUMBER(9,0)) DATA_RETENTION_TIME_IN_DAYS = 91",
                error=Error(1008, ("Exceeds maximum allowable retention time",), is_documented=False),
            ),
            Run("CREATE TABLE T (N NUMBER(9,0)) DATA_RETENTION_TIME_IN_DAYS = 90"),
        ),
        only_here="a Standard Edition allows one day",
    ),
    Case(
        "a transient table keeps one day at most",
        "user-guide/tables-temp-transient",
        (
            Run(
                "CREATE TRANSIENT TABLE T (N NUMBER(9,0)) DATA_RETENTION_TIME_IN_DAYS = 2",
                error=Error(
                    1008,
                    ("invalid value [2] for parameter 'DATA_RETENTION_TIME_IN_DAYS'",),
                    is_documented=False,
                ),
            ),
            Run("CREATE TRANSIENT TABLE T (N NUMBER(9,0)) DATA_RETENTION_TIME_IN_DAYS = 1"),
            Run("ALTER TABLE T SET DATA_RETENTION_TIME_IN_DAYS = 2", error=Error(1008, is_documented=False)),
        ),
    ),
    Case(
        "a transient table has a day of time travel",
        "user-guide/tables-temp-transient",
        (
            Run("CREATE TRANSIENT TABLE T (N NUMBER(9,0)) DATA_RETENTION_TIME_IN_DAYS = 1"),
            Run("INSERT INTO T VALUES (1)"),
            Run("DELETE FROM T", label="deleted"),
            Run("SELECT * FROM T BEFORE (STATEMENT => '{deleted}')", rows=[(1,)]),
        ),
    ),
    Case(
        "without retention there is no past",
        PAGE,
        (
            Run("CREATE TABLE T (N NUMBER(9,0)) DATA_RETENTION_TIME_IN_DAYS = 0"),
            Run("INSERT INTO T VALUES (1)"),
            Run("DELETE FROM T", label="deleted"),
            Run("SELECT * FROM T BEFORE (STATEMENT => '{deleted}')", error=GONE),
        ),
    ),
    Case(
        "the past ends with the retention",
        PAGE,
        (
            Run("CREATE TABLE T (N NUMBER(9,0)) DATA_RETENTION_TIME_IN_DAYS = 2"),
            Run("INSERT INTO T VALUES (1)"),
            Run("DELETE FROM T", label="deleted"),
            Advance(2 * DAY - 600),
            Run("SELECT * FROM T BEFORE (STATEMENT => '{deleted}')", rows=[(1,)]),
            Advance(1200),
            Run("SELECT * FROM T BEFORE (STATEMENT => '{deleted}')", error=GONE),
            Run("SELECT COUNT(*) FROM T AT (OFFSET => -60)", rows=[(0,)]),
        ),
        only_here=MOVED,
    ),
    Case(
        "a retention extended too late brings nothing back",
        PAGE,
        (
            Run("CREATE TABLE T (N NUMBER(9,0)) DATA_RETENTION_TIME_IN_DAYS = 1"),
            Run("INSERT INTO T VALUES (1)"),
            Run("UPDATE T SET N = 2", label="changed"),
            Advance(1.5 * DAY),
            Run("UPDATE T SET N = 3"),
            Run("ALTER TABLE T SET DATA_RETENTION_TIME_IN_DAYS = 10"),
            Run("SELECT * FROM T BEFORE (STATEMENT => '{changed}')", error=GONE),
            Run("SELECT * FROM T AT (OFFSET => -600)", rows=[(2,)]),
        ),
        only_here=MOVED,
    ),
    Case(
        "a retention set after the fact does not know what went before",
        PAGE,
        (
            Run("CREATE TABLE T (N NUMBER(9,0)) DATA_RETENTION_TIME_IN_DAYS = 0"),
            Run("INSERT INTO T VALUES (1)", label="added"),
            Run("UPDATE T SET N = 2", label="changed"),
            Run("ALTER TABLE T SET DATA_RETENTION_TIME_IN_DAYS = 1"),
            Run("SELECT * FROM T BEFORE (STATEMENT => '{changed}')", error=GONE),
            Run("DELETE FROM T", label="deleted"),
            Run("SELECT * FROM T BEFORE (STATEMENT => '{deleted}')", rows=[(2,)]),
        ),
    ),
)
