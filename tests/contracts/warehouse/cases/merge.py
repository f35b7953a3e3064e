"""MERGE: what it answers, and which rows find each other."""

from __future__ import annotations

from tests.contracts.warehouse.case import Case, Run

_PAGE = "sql-reference/sql/merge"
_TARGET = Run("CREATE TABLE T (K NUMBER(9,0), D DATE, V VARCHAR)")
_ROWS = Run("INSERT INTO T VALUES (1, '2024-01-01', 'a'), (2, '2024-01-02', 'b'), (3, '2024-02-01', 'c')")
_COUNTS = ("number of rows inserted", "number of rows updated")
_CONTENT = "SELECT K, V FROM T ORDER BY K, V"


def _merge(source: str) -> str:
    return (
        f"MERGE INTO T USING ({source}) S ON T.K = S.K AND T.D >= '2024-01-01' AND T.D < '2024-02-01' "
        "WHEN MATCHED THEN UPDATE SET V = S.V WHEN NOT MATCHED THEN INSERT (K, D, V) VALUES (S.K, S.D, S.V)"
    )


CASES = (
    Case(
        "MERGE answers the rows that it inserted and updated",
        _PAGE,
        (
            _TARGET,
            _ROWS,
            Run(
                _merge(
                    "SELECT COLUMN1 AS K, '2024-01-03'::DATE AS D, COLUMN2 AS V FROM VALUES (2, 'B'), (4, 'd')"
                ),
                columns=_COUNTS,
                rows=[(1, 1)],
                affected=2,
            ),
            Run(_CONTENT, rows=[(1, "a"), (2, "B"), (3, "c"), (4, "d")]),
        ),
    ),
    Case(
        "MERGE counts a row as updated that keeps its values",
        _PAGE,
        (
            _TARGET,
            _ROWS,
            Run(_merge("SELECT 1 AS K, '2024-01-01'::DATE AS D, 'a' AS V"), columns=_COUNTS, rows=[(0, 1)]),
        ),
    ),
    Case(
        "MERGE counts every row of the target that a row of the source updates",
        _PAGE,
        (
            _TARGET,
            _ROWS,
            Run("INSERT INTO T VALUES (1, '2024-01-09', 'again')"),
            Run(_merge("SELECT 1 AS K, '2024-01-01'::DATE AS D, 'A' AS V"), columns=_COUNTS, rows=[(0, 2)]),
        ),
    ),
    Case(
        "MERGE inserts a row whose key is NULL or matches outside the condition",
        _PAGE,
        (
            _TARGET,
            _ROWS,
            Run(
                _merge("SELECT COLUMN1 AS K, '2024-01-05'::DATE AS D, 'new' AS V FROM VALUES (3), (NULL)"),
                columns=_COUNTS,
                rows=[(2, 0)],
            ),
            Run("SELECT COUNT(*) FROM T WHERE V = 'new'", rows=[(2,)]),
        ),
    ),
)
