"""PUT, LIST and REMOVE."""

from __future__ import annotations

from tests.contracts.warehouse.case import Case, Put, Run

CASES = (
    Case(
        "LIST names stage and path",
        "sql-reference/sql/list",
        (
            Put("a/one.txt", b"1\n"),
            Put("b/two.txt", b"22\n"),
            Run("LIST {stage}/a", columns=("name", "size"), rows=[("chunks/a/one.txt", 2)]),
        ),
    ),
)
