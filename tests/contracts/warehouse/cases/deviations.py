"""Where the stand-in differs from Snowflake: each case pins what happens here, so that none goes unnoticed.

docs/local-warehouse-deviations.md says what Snowflake does instead.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from tests.contracts.warehouse.case import Case, Error, Open, Put, Run, Step

CSV = "FILE_FORMAT=(TYPE=CSV)"


def _refused(*statements: str, code: int = 2) -> tuple[Step, ...]:
    return tuple(Run(sql, error=Error(code, is_documented=False)) for sql in statements)


def _case(name: str, page: str, *steps: Step, cleanup: tuple[str, ...] = ()) -> Case:
    return Case(f"deviation: {name}", page, steps, "it pins a deviation of the stand-in", cleanup)


_LOADING = (
    _case(
        "a whole number has 64 bits",
        "sql-reference/data-types-numeric",
        Run("CREATE TABLE T (I INTEGER)"),
        *_refused("INSERT INTO T VALUES (99999999999999999999)", code=100035),
        Put("a", b"99999999999999999999\n"),
        Run(f"COPY INTO T FROM {{stage}}/a {CSV}", error=Error(100132, is_documented=False)),
    ),
    _case(
        "TIMESTAMP_TZ keeps no offset; fractions of a second are cut after microseconds",
        "sql-reference/data-types-datetime",
        Run("CREATE TABLE T (Z TIMESTAMP_TZ, N TIMESTAMP_NTZ)"),
        Put("a", b"2024-01-01 00:00:00 +02:00,2024-01-01 00:00:00.123456789\n"),
        Run(f"COPY INTO T FROM {{stage}}/a {CSV}"),
        Run(
            "SELECT * FROM T",
            [(datetime(2023, 12, 31, 22, tzinfo=UTC), datetime(2024, 1, 1, 0, 0, 0, 123456))],
        ),
        Run("INSERT INTO T (N) VALUES ('2024-01-01 00:00:00.123456789')"),
        Run("SELECT N FROM T WHERE Z IS NULL", [(datetime(2024, 1, 1, 0, 0, 0, 123456),)]),
    ),
    _case(
        "AUTO knows timestamps in the ISO forms only",
        "sql-reference/date-time-input-output",
        Run("CREATE TABLE T (N TIMESTAMP_NTZ)"),
        Put("a", b"02/18/2008 02:36:48\n"),
        Run(f"COPY INTO T FROM {{stage}}/a {CSV}", error=Error(100035, is_documented=False)),
    ),
    _case(
        "a backslash before a letter of an open field means what it means in a string literal",
        "sql-reference/sql/create-file-format",
        Run("CREATE TABLE T (A VARCHAR)"),
        Put("a", b"a\\tb\\q\n"),
        Run(f"COPY INTO T FROM {{stage}}/a {CSV}"),
        Run("SELECT * FROM T", [("a\tbq",)]),
    ),
    _case(
        "a share of errors of exactly n percent does not skip the file",
        "sql-reference/sql/copy-into-table",
        Run("CREATE TABLE T (I INTEGER)"),
        Put("a", b"1\nx\n"),
        Run(
            f"COPY INTO T FROM {{stage}}/a {CSV} ON_ERROR='SKIP_FILE_50%'",
            [("PARTIALLY_LOADED", 1)],
            columns=("status", "rows_loaded"),
        ),
    ),
    _case(
        "skipped blank lines are not counted",
        "sql-reference/sql/create-file-format",
        Run("CREATE TABLE T (I INTEGER, J INTEGER)"),
        Put("a", b"1,1\n\n2,2\n"),
        Run(
            "COPY INTO T FROM {stage}/a FILE_FORMAT=(TYPE=CSV SKIP_BLANK_LINES=TRUE)",
            [(2, 2)],
            columns=("rows_parsed", "rows_loaded"),
        ),
    ),
    _case(
        "PURGE keeps a file that was loaded in part",
        "sql-reference/sql/copy-into-table",
        Run("CREATE TABLE T (I INTEGER)"),
        Put("a", b"1\nx\n"),
        Run(f"COPY INTO T FROM {{stage}}/a {CSV} ON_ERROR=CONTINUE PURGE=TRUE"),
        Run("LIST {stage}", [(4,)], columns=("size",)),
    ),
    _case(
        "COPY matches no columns by name, knows no size limit and no table's stage",
        "sql-reference/sql/copy-into-table",
        Run("CREATE TABLE T (I INTEGER)"),
        *_refused(
            "COPY INTO T FROM {stage}/a MATCH_BY_COLUMN_NAME=CASE_INSENSITIVE",
            "COPY INTO T FROM {stage}/a SIZE_LIMIT=1",
            "COPY INTO T FROM @%T",
        ),
    ),
)

_TABLES = (
    _case(
        "TRUNCATE commits the open transaction",
        "sql-reference/sql/truncate-table",
        Run("CREATE TABLE T (I INTEGER)"),
        Run("CREATE TABLE U (I INTEGER)"),
        Run("BEGIN"),
        Run("INSERT INTO T VALUES (1)"),
        Run("TRUNCATE TABLE U"),
        Run("ROLLBACK"),
        Run("SELECT * FROM T", [(1,)]),
    ),
    _case(
        "a time in the future is the present",
        "sql-reference/constructs/at-before",
        Run("CREATE TABLE T (I INTEGER)"),
        Run("INSERT INTO T VALUES (1)"),
        Run("SELECT * FROM T AT (TIMESTAMP => '2999-01-01'::TIMESTAMP)", [(1,)]),
    ),
    _case(
        "only permanent and transient tables have a past, clones and UNDROP",
        "sql-reference/sql/create-clone",
        Run("CREATE TABLE T (I INTEGER)"),
        Run("CREATE VIEW V AS SELECT * FROM T"),
        *_refused(
            "SELECT * FROM V AT (OFFSET => 0)",
            "CREATE SCHEMA {database}.{unique} CLONE {schema}",
            "CREATE DATABASE {unique} CLONE {database}",
            "CREATE TEMPORARY TABLE U CLONE T",
            "CREATE TABLE U CLONE T COPY GRANTS",
            "CREATE STREAM U ON TABLE T",
            "UNDROP DATABASE {unique}",
        ),
        *_refused("SELECT * FROM T CHANGES (INFORMATION => DEFAULT) AT (OFFSET => 0)", code=1003),
    ),
    _case(
        "UNDROP SCHEMA brings back no views",
        "sql-reference/sql/undrop-schema",
        Run("CREATE TABLE {database}.{unique}.T (I INTEGER)", error=Error(2003)),
        Run("CREATE SCHEMA {database}.{unique}"),
        Run("CREATE TABLE {database}.{unique}.T (I INTEGER)"),
        Run("CREATE VIEW {database}.{unique}.V AS SELECT 1 AS I"),
        Run("DROP SCHEMA {database}.{unique}"),
        Run("UNDROP SCHEMA {database}.{unique}"),
        Run("SELECT * FROM {database}.{unique}.T", []),
        Run("SELECT * FROM {database}.{unique}.V", error=Error(2003)),
        cleanup=("DROP SCHEMA IF EXISTS {database}.{unique}",),
    ),
    _case(
        "a table stays in its schema, and a column's default as it was",
        "sql-reference/sql/alter-table",
        Run("CREATE TABLE T (I INTEGER, J INTEGER)"),
        Run("CREATE SCHEMA {database}.{unique}"),
        Run("CREATE TABLE {database}.{unique}.U (I INTEGER)"),
        *_refused(
            "ALTER TABLE {schema}.T RENAME TO {database}.{unique}.T",
            "ALTER TABLE {schema}.T SWAP WITH {database}.{unique}.U",
            "ALTER TABLE {schema}.T ALTER COLUMN I SET DEFAULT 3",
            "ALTER TABLE {schema}.T ALTER COLUMN I SET NOT NULL, COLUMN J SET NOT NULL",
        ),
        cleanup=("DROP SCHEMA IF EXISTS {database}.{unique}",),
    ),
    _case(
        "DATE_TRUNC of a date column gives a time",
        "sql-reference/functions/date_trunc",
        Run("CREATE TABLE T (D DATE)"),
        Run("INSERT INTO T VALUES ('2024-03-05')"),
        Run(
            "SELECT DATE_TRUNC('MONTH', D), DATE_TRUNC('MONTH', D::DATE) FROM T",
            [(datetime(2024, 3, 1), date(2024, 3, 1))],
        ),
    ),
    _case(
        "databases and schemas were all created in 1970",
        "sql-reference/sql/show-schemas",
        Run("SHOW SCHEMAS LIKE 'PUBLIC'", [(datetime(1970, 1, 1, tzinfo=UTC),)], columns=("created_on",)),
    ),
    _case(
        "equal numbers of two scales have two hashes, and HASH_AGG has no window",
        "sql-reference/functions/hash",
        Run("SELECT HASH(1) = HASH(1.0)", [(False,)]),
        *_refused("SELECT HASH_AGG(A) OVER () FROM (SELECT 1 AS A)", code=2043),
    ),
    _case(
        "RANGE is a table",
        "sql-reference/functions/generator",
        Run("SELECT * FROM RANGE(2)", [(0,), (1,)]),
    ),
)

_ACCOUNT = (
    _case(
        "whoever logs in is made an ACCOUNTADMIN",
        "user-guide/security-access-control-considerations",
        Run("SELECT CURRENT_ROLE(), CURRENT_WAREHOUSE()", [("ACCOUNTADMIN", "LOCAL_WH")]),
    ),
    _case(
        "ACCOUNTADMIN reads what belongs to a role that is not below it",
        "user-guide/security-access-control-considerations",
        Run("CREATE ROLE {unique}"),
        Run("GRANT ROLE {unique} TO USER {user}"),
        Run("GRANT USAGE ON DATABASE {database} TO ROLE {unique}"),
        Run("GRANT USAGE, CREATE TABLE ON SCHEMA {schema} TO ROLE {unique}"),
        Run("USE ROLE {unique}"),
        Run("CREATE TABLE T (I INTEGER)"),
        Run("USE ROLE ACCOUNTADMIN"),
        Run("SELECT * FROM T", []),
        cleanup=("DROP ROLE IF EXISTS {unique}",),
    ),
    _case(
        "the account is called LOCAL",
        "sql-reference/functions/current_account",
        Run(
            "SELECT CURRENT_ACCOUNT(), CURRENT_REGION(), CURRENT_ORGANIZATION_NAME(), CURRENT_IP_ADDRESS()",
            [("LOCAL", "LOCAL", "LOCAL", "127.0.0.1")],
        ),
    ),
    _case(
        "counting all rows needs a warehouse",
        "sql-reference/sql/use-warehouse",
        Run("CREATE TABLE T (I INTEGER)"),
        Open("none", warehouse="{unique}"),
        Run("SELECT COUNT(*) FROM T", error=Error(606), session="none"),
    ),
    _case(
        "a warehouse has one cluster, no monitor and no timeouts",
        "sql-reference/sql/create-warehouse",
        *_refused(
            "CREATE WAREHOUSE {unique} MAX_CLUSTER_COUNT=3",
            "CREATE WAREHOUSE {unique} RESOURCE_MONITOR=M",
            "CREATE WAREHOUSE {unique} STATEMENT_TIMEOUT_IN_SECONDS=3",
        ),
        cleanup=("DROP WAREHOUSE IF EXISTS {unique}",),
    ),
    _case(
        "a parameter of the account reaches sessions opened later",
        "sql-reference/sql/alter-account",
        Run("ALTER ACCOUNT SET STATEMENT_QUEUED_TIMEOUT_IN_SECONDS = 77"),
        Run("SHOW PARAMETERS LIKE 'STATEMENT_QUEUED_TIMEOUT_IN_SECONDS'", [("0",)], columns=("value",)),
        Open("later"),
        Run(
            "SHOW PARAMETERS LIKE 'STATEMENT_QUEUED_TIMEOUT_IN_SECONDS'",
            [("77", "SESSION")],
            columns=("value", "level"),
            session="later",
        ),
        cleanup=("ALTER ACCOUNT UNSET STATEMENT_QUEUED_TIMEOUT_IN_SECONDS",),
    ),
    _case(
        "secondary roles are all or none, and are none unless stated",
        "sql-reference/sql/use-secondary-roles",
        Run("SELECT CURRENT_SECONDARY_ROLES()", [('{"roles": "", "value": ""}',)]),
        *_refused("USE SECONDARY ROLES SYSADMIN", code=1003),
    ),
    _case(
        "there are no database roles, managed schemas and shares",
        "user-guide/security-access-control-overview",
        *_refused(
            "CREATE DATABASE ROLE {database}.{unique}",
            "CREATE SCHEMA {unique} WITH MANAGED ACCESS",
            "CREATE SHARE {unique}",
        ),
    ),
)
_FUNCTIONS = (
    _case(
        "sums of what is no CAST are floating-point numbers",
        "sql-reference/functions/sum",
        Run("CREATE TABLE T (N NUMBER(38,10))"),
        Run("INSERT INTO T VALUES (9007199254740993.0000000001), (1)"),
        Run("SELECT SUM(N), SUM(CAST(N AS NUMBER(38,10))) FROM T",
            [(9007199254740996.0, Decimal("9007199254740994.0000000001"))]),
    ),
)  # fmt: skip

CASES = (*_LOADING, *_TABLES, *_ACCOUNT, *_FUNCTIONS)
