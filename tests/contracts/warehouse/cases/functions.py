"""Functions that a loader's reconciliation calls, and those about the session."""

from __future__ import annotations

import datetime
from decimal import Decimal

from tests.contracts.warehouse.case import Case, Error, Run

_ROWS = (
    Run("CREATE TABLE L (A NUMBER(9,0), S VARCHAR)"),
    Run("INSERT INTO L VALUES (1, 'x'), (2, NULL), (2, NULL)"),
    Run("CREATE TABLE R (A NUMBER(9,0), S VARCHAR)"),
)
_SAME = "SELECT (SELECT HASH_AGG(*) FROM L) = (SELECT HASH_AGG(*) FROM R)"
_DAY = datetime.date(2024, 2, 29)
_MOMENT = datetime.datetime(2024, 2, 29, 13, 4, 5)

CASES = (
    Case(
        "HASH_AGG does not depend on the order of rows",
        "sql-reference/functions/hash_agg",
        (*_ROWS, Run("INSERT INTO R VALUES (2, NULL), (1, 'x'), (2, NULL)"), Run(_SAME, rows=[(True,)])),
    ),
    Case(
        "HASH_AGG counts rows that are there twice",
        "sql-reference/functions/hash_agg",
        (
            *_ROWS,
            Run("INSERT INTO R VALUES (2, NULL), (1, 'x')"),
            Run(_SAME, rows=[(False,)]),
            Run(
                "SELECT (SELECT HASH_AGG(DISTINCT A) FROM L) = (SELECT HASH_AGG(DISTINCT A) FROM R)",
                rows=[(True,)],
            ),
        ),
    ),
    Case(
        "HASH_AGG of no rows is 0",
        "sql-reference/functions/hash_agg",
        (*_ROWS, Run("SELECT HASH_AGG(A, S) FROM R", rows=[(0,)])),
    ),
    Case(
        "HASH is stable and tells NULL from a text",
        "sql-reference/functions/hash",
        (
            *_ROWS,
            Run(
                "SELECT HASH(1) = HASH(1), HASH('a') = HASH('b'), HASH(NULL) IS NULL",
                rows=[(True, False, False)],
            ),
            Run("SELECT COUNT(DISTINCT HASH(*)) FROM L", rows=[(2,)]),
            Run("SELECT ABS(HASH(OCTET_LENGTH('ä'))) = ABS(HASH(2))", rows=[(True,)]),
            Run("SELECT COUNT(DISTINCT HASH(L.*)) FROM L", rows=[(2,)]),
        ),
    ),
    Case(
        "digests of texts",
        "sql-reference/functions/md5",
        (
            Run(
                "SELECT MD5('a'), SHA1('a')",
                rows=[("0cc175b9c0f1b6a831c399e269772661", "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8")],
            ),
            Run(
                "SELECT SHA2('a'), SHA2('a', 256) = SHA2('a')",
                rows=[("ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb", True)],
            ),
        ),
    ),
    Case(
        "counting with conditions",
        "sql-reference/functions/count_if",
        (
            *_ROWS,
            Run("SELECT COUNT_IF(A > 1), COUNT(S), COUNT(DISTINCT A) FROM L", rows=[(2, 1, 2)]),
            Run("SELECT APPROX_COUNT_DISTINCT(A) FROM L", rows=[(2,)]),
        ),
    ),
    Case(
        "TRY_TO_DATE gives NULL for what is no date",
        "sql-reference/functions/try_to_date",
        (
            Run("SELECT TRY_TO_DATE('2024-02-29'), TRY_TO_DATE('2023-02-29')", rows=[(_DAY, None)]),
            Run("SELECT TRY_TO_DATE('29/02/2024', 'DD/MM/YYYY')", rows=[(_DAY,)]),
            Run("SELECT TRY_TO_DATE('x', 'DD/MM/YYYY')", rows=[(None,)]),
        ),
    ),
    Case(
        "TRY_TO_NUMBER rounds to its scale and gives NULL for what is no number",
        "sql-reference/functions/try_to_decimal",
        (
            Run("SELECT TRY_TO_NUMBER('12'), TRY_TO_NUMBER('x')", rows=[(12, None)]),
            Run("SELECT TRY_TO_NUMBER('12.345', 10, 2)", rows=[(Decimal("12.35"),)]),
        ),
    ),
    Case(
        "TRY_TO_TIMESTAMP_NTZ gives NULL for what is no time",
        "sql-reference/functions/try_to_timestamp",
        (
            Run(
                "SELECT TRY_TO_TIMESTAMP_NTZ('2024-02-29 13:04:05'), TRY_TO_TIMESTAMP_NTZ('x')",
                rows=[(_MOMENT, None)],
            ),
            Run(
                "SELECT TRY_TO_TIMESTAMP_NTZ('29.02.2024 13:04:05', 'DD.MM.YYYY HH24:MI:SS')",
                rows=[(_MOMENT,)],
            ),
        ),
    ),
    Case(
        "formats with letters in quotes",
        "sql-reference/functions-conversion",
        (
            Run(
                "SELECT TO_TIMESTAMP_NTZ('2024-02-29T13:04:05Z', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')",
                rows=[(_MOMENT,)],
            ),
            Run("SELECT TO_DATE('20240229', 'YYYYMMDD')", rows=[(_DAY,)]),
            Run("SELECT TO_DATE('x', 'YYYYMMDD')", error=Error(100040, is_documented=False)),
        ),
    ),
    Case(
        "arithmetic of dates",
        "sql-reference/functions-date-time",
        (
            Run("SELECT DATEADD(MONTH, 1, '2024-01-31'::DATE)", rows=[(_DAY,)]),
            Run("SELECT DATE_TRUNC('MONTH', '2024-02-29'::DATE)", rows=[(datetime.date(2024, 2, 1),)]),
            Run("SELECT LAST_DAY('2024-02-03'::DATE)", rows=[(_DAY,)]),
            Run("SELECT DATEDIFF(MONTH, '2024-01-31'::DATE, '2024-02-01'::DATE)", rows=[(1,)]),
            Run(
                "SELECT DATE_TRUNC('MONTH', '2024-02-29 13:04:05'::TIMESTAMP_NTZ)",
                rows=[(datetime.datetime(2024, 2, 1),)],
            ),
        ),
    ),
    Case(
        "what own rules are written with: patterns match all of a text, numbers keep their decimals",
        "sql-reference/functions/regexp_like",
        (
            Run(
                "SELECT REGEXP_LIKE('ab', 'a'), REGEXP_LIKE('ab', '(a|b)+'), 'a\\nb' LIKE 'a_b'",
                [(False, True, True)],
            ),
            Run(
                "SELECT REGEXP_LIKE('a\\nb', 'a.b'), MOD(-7, 3), MOD(DAYOFWEEKISO('2024-03-03'::DATE), 7)",
                [(False, -1, 0)],
            ),
            Run("SELECT TO_VARCHAR('2024-02-29'::DATE, 'DD.MM.YYYY')", [("29.02.2024",)]),
            Run("SELECT TO_VARCHAR(1.5::NUMBER(9, 2)), TO_VARCHAR(TRUE)", [("1.50", "true")]),
            Run("SELECT DATEDIFF(DAY, '2024-02-28'::DATE, '2024-03-01'::DATE)", [(2,)]),
            Run(
                "SELECT MEDIAN(CAST(A AS NUMBER(38, 10))), SUM(CAST(A AS NUMBER(38, 10))) "
                "FROM (SELECT 0.1 AS A UNION ALL SELECT 0.2)",
                [(Decimal("0.15"), Decimal("0.3"))],
            ),
            Run(
                "SELECT COUNT(CASE WHEN NULLIF(TRUE, TRUE) THEN 1 END), TRY_CAST('x' AS NUMBER(38, 10))",
                [(0, None)],
            ),
        ),
    ),
    Case(
        "conditions",
        "sql-reference/functions-conditional",
        (
            Run(
                "SELECT IFF(1 > 2, 'a', 'b'), NVL(NULL, 3), NVL2(NULL, 1, 2), ZEROIFNULL(NULL)",
                rows=[("b", 3, 2, 0)],
            ),
            Run(
                "SELECT EQUAL_NULL(NULL, NULL), NULLIF(1, 1), DECODE(2, 1, 'a', 2, 'b')",
                rows=[(True, None, "b")],
            ),
        ),
    ),
    Case(
        "rows from a generator",
        "sql-reference/functions/generator",
        (
            Run("SELECT COUNT(*) FROM TABLE(GENERATOR(ROWCOUNT => 5))", rows=[(5,)]),
            Run("SELECT SEQ4() FROM TABLE(GENERATOR(ROWCOUNT => 3)) ORDER BY 1", rows=[(0,), (1,), (2,)]),
        ),
    ),
    Case(
        "RATIO_TO_REPORT is the share of the total",
        "sql-reference/functions/ratio_to_report",
        (
            Run("CREATE TABLE T (A FLOAT)"),
            Run("INSERT INTO T VALUES (1), (3)"),
            Run("SELECT RATIO_TO_REPORT(A) OVER () FROM T ORDER BY A", rows=[(0.25,), (0.75,)]),
        ),
    ),
    Case(
        "lengths in characters and in bytes",
        "sql-reference/functions/octet_length",
        (Run("SELECT LENGTH('äb'), OCTET_LENGTH('äb')", rows=[(2, 3)]),),
    ),
    Case(
        "an object of names and texts keeps what is NULL",
        "sql-reference/functions/object_construct_keep_null",
        (
            Run(
                "SELECT TO_JSON(OBJECT_CONSTRUCT_KEEP_NULL('A', '1.50', 'B', CAST(NULL AS VARCHAR)))",
                rows=[('{"A":"1.50","B":null}',)],
            ),
        ),
    ),
    Case(
        "times in other zones",
        "sql-reference/functions/convert_timezone",
        (
            Run(
                "SELECT CONVERT_TIMEZONE('UTC', 'Europe/Berlin', '2024-02-29 12:04:05'::TIMESTAMP_NTZ)",
                rows=[(_MOMENT,)],
            ),
        ),
    ),
    Case(
        "functions about the session",
        "sql-reference/functions-context",
        (
            Run("SELECT CURRENT_STATEMENT()", rows=[("SELECT CURRENT_STATEMENT()",)]),
            Run("SELECT CURRENT_CLIENT() LIKE 'PythonConnector%'", rows=[(True,)]),
            Run("SELECT CURRENT_AVAILABLE_ROLES() LIKE '%PUBLIC%'", rows=[(True,)]),
            Run(
                "SELECT CURRENT_ACCOUNT_NAME() IS NULL, CURRENT_ORGANIZATION_NAME() IS NULL",
                rows=[(False, False)],
            ),
            Run(
                "SELECT CURRENT_DATABASE() = '{database}', CURRENT_WAREHOUSE() IS NULL", rows=[(True, False)]
            ),
        ),
    ),
    Case(
        "a function that does not exist",
        "sql-reference/functions",
        (Run("SELECT NO_SUCH_FUNCTION(1)", error=Error(2140, ("Unknown function NO_SUCH_FUNCTION",))),),
    ),
)
