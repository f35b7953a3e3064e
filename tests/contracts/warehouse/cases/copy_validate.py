"""VALIDATE: all errors of a past COPY."""

from __future__ import annotations

from tests.contracts.warehouse.case import Case, Error, Run
from tests.contracts.warehouse.copying import copy_sql, file

PAGE = "sql-reference/functions/validate"
TABLE = Run("CREATE TABLE T (N NUMBER(5,0), B VARCHAR(3))")
PLACES = ("LINE", "CHARACTER", "BYTE_OFFSET", "CATEGORY", "CODE", "SQL_STATE", "ROW_NUMBER", "ROW_START_LINE")
LAST = "TABLE(VALIDATE(T, JOB_ID => '_last'))"
BAD = b"1,a\nx,b\ny,c\n4\n"

CASES = (
    Case(
        "VALIDATE gives every error",
        PAGE,
        (
            TABLE,
            file(BAD),
            Run(copy_sql(options="ON_ERROR=CONTINUE")),
            Run(
                f"SELECT * FROM {LAST}",
                columns=("ERROR", "COLUMN_NAME"),
                rows=[
                    ("Numeric value 'x' is not recognized", '"T"["N":1]'),
                    ("Numeric value 'y' is not recognized", '"T"["N":1]'),
                    ('End of record reached while expected to parse column \'"T"["B":2]\'', '"T"["B":2]'),
                ],
                any_order=True,
            ),
        ),
    ),
    Case(
        "VALIDATE tells the places",
        PAGE,
        (
            TABLE,
            file(BAD),
            Run(copy_sql(options="ON_ERROR=CONTINUE")),
            Run(
                f"SELECT * FROM {LAST} ORDER BY LINE",
                columns=PLACES,
                rows=[
                    (2, 1, 4, "conversion", 100038, "22018", 2, 2),
                    (3, 1, 8, "conversion", 100038, "22018", 3, 3),
                    (4, 2, 13, "parsing", 100068, "22000", 4, 4),
                ],
            ),
        ),
    ),
    Case(
        "VALIDATE quotes the records and names the file",
        PAGE,
        (
            TABLE,
            file(BAD),
            Run(copy_sql(options="ON_ERROR=CONTINUE")),
            Run(
                f"SELECT REPLACE(REJECTED_RECORD, CHR(10), ''), FILE LIKE '%load/f.csv' FROM {LAST} ORDER BY LINE",
                rows=[("x,b", True), ("y,c", True), ("4", True)],
            ),
        ),
    ),
    Case(
        "VALIDATE by query id, from another session",
        PAGE,
        (
            TABLE,
            file(BAD),
            Run(copy_sql(options="ON_ERROR=CONTINUE"), label="job"),
            Run(
                "SELECT COUNT(*) FROM TABLE(VALIDATE(T, JOB_ID => '{job}'))",
                rows=[(3,)],
                session="second",
            ),
        ),
    ),
    Case(
        "VALIDATE with an alias and a condition",
        PAGE,
        (
            TABLE,
            file(BAD),
            Run(copy_sql(options="ON_ERROR=CONTINUE")),
            Run(f"SELECT V.LINE FROM {LAST} V WHERE V.CODE = 100038 ORDER BY V.LINE DESC", rows=[(3,), (2,)]),
        ),
    ),
    Case(
        "VALIDATE after SKIP_FILE gives the errors of the file that was skipped",
        PAGE,
        (
            TABLE,
            file(BAD),
            Run(copy_sql(options="ON_ERROR=SKIP_FILE")),
            Run(f"SELECT COUNT(*) FROM {LAST}", rows=[(3,)]),
        ),
    ),
    Case(
        "VALIDATE of a clean load is empty",
        PAGE,
        (
            TABLE,
            file(b"1,a\n"),
            Run(copy_sql(options="ON_ERROR=CONTINUE")),
            Run(f"SELECT * FROM {LAST}", rows=[]),
        ),
    ),
    Case(
        "VALIDATE gives nothing for ON_ERROR=ABORT_STATEMENT",
        PAGE,
        (TABLE, file(b"1,a\n"), Run(copy_sql()), Run(f"SELECT * FROM {LAST}", rows=[])),
    ),
    Case(
        "VALIDATE reports files that have been removed as missing, and no new ones",
        PAGE,
        (
            TABLE,
            file(BAD),
            Run(copy_sql(options="ON_ERROR=CONTINUE"), label="job"),
            Run("REMOVE {stage}/load"),
            file(b"x,y\n", "new.csv"),
            Run(
                "SELECT ERROR LIKE '%load/f.csv%was not found%' FROM TABLE(VALIDATE(T, JOB_ID => '{job}'))",
                rows=[(True,)],
            ),
        ),
    ),
    Case(
        "VALIDATE does not take a COPY with a SELECT",
        PAGE,
        (
            TABLE,
            file(b"1,a\n"),
            Run(
                "COPY INTO T FROM (SELECT $1, $2 FROM {stage}/load) FILE_FORMAT=(TYPE=CSV) ON_ERROR=CONTINUE",
                label="job",
            ),
            Run(
                "SELECT * FROM TABLE(VALIDATE(T, JOB_ID => '{job}'))",
                error=Error(2, is_documented=False),
            ),
        ),
    ),
    Case(
        "VALIDATE wants the COPY of that table",
        PAGE,
        (
            TABLE,
            Run("CREATE TABLE OTHER (N NUMBER(5,0))"),
            file(BAD),
            Run(copy_sql(options="ON_ERROR=CONTINUE"), label="job"),
            Run(
                "SELECT * FROM TABLE(VALIDATE(OTHER, JOB_ID => '{job}'))",
                error=Error(709, is_documented=False),
            ),
        ),
    ),
    Case(
        "VALIDATE wants a table that exists",
        PAGE,
        (
            Run(
                "SELECT * FROM TABLE(VALIDATE(NO_TABLE, JOB_ID => '01b2c3d4-0000-0000-0000-000000000000'))",
                error=Error(2003, ("does not exist or not authorized",), is_documented=False),
            ),
        ),
    ),
)
