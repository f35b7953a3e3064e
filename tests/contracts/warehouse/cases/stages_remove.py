"""REMOVE: which files go, and which stay."""

from __future__ import annotations

from tests.contracts.warehouse.case import Case, Error, Put, Run

PAGE = "sql-reference/sql/remove"
FILES = tuple(Put(path, b"1\n") for path in ("p/a1.tsv", "p/a2.csv", "p/b.tsv", "pq/c.tsv"))


def _removed(sql: str, *names: str) -> Run:
    rows = [(name, "removed") for name in names]
    return Run(sql, columns=("name", "result"), rows=list(rows), any_order=True)


def _left(*names: str) -> Run:
    return Run("LIST {stage}", columns=("name",), rows=[(name,) for name in names], any_order=True)


CASES = (
    Case(
        "REMOVE of one file says what went and leaves the others",
        PAGE,
        (
            *FILES,
            _removed("REMOVE {stage}/p/b.tsv", "chunks/p/b.tsv"),
            _left("chunks/p/a1.tsv", "chunks/p/a2.csv", "chunks/pq/c.tsv"),
        ),
    ),
    Case(
        "REMOVE of a path takes all whose name begins with it",
        PAGE,
        (
            *FILES,
            _removed("REMOVE {stage}/p/a", "chunks/p/a1.tsv", "chunks/p/a2.csv"),
            _left("chunks/p/b.tsv", "chunks/pq/c.tsv"),
        ),
    ),
    Case(
        "REMOVE of a path that ends with a slash does not touch its neighbour",
        PAGE,
        (
            *FILES,
            _removed("RM {stage}/p/", "chunks/p/a1.tsv", "chunks/p/a2.csv", "chunks/p/b.tsv"),
            _left("chunks/pq/c.tsv"),
        ),
    ),
    Case(
        "REMOVE with PATTERN takes only what matches",
        PAGE,
        (
            *FILES,
            _removed("REMOVE {stage}/p PATTERN='.*[.]csv'", "chunks/p/a2.csv"),
            _left("chunks/p/a1.tsv", "chunks/p/b.tsv", "chunks/pq/c.tsv"),
        ),
    ),
    Case(
        "REMOVE of nothing is no error",
        PAGE,
        (*FILES[:1], Run("REMOVE {stage}/none/"), _left("chunks/p/a1.tsv")),
    ),
    Case(
        "REMOVE of a stage empties it and keeps it",
        PAGE,
        (
            *FILES[:2],
            _removed("REMOVE {stage}", "chunks/p/a1.tsv", "chunks/p/a2.csv"),
            _left(),
            Put("p/a1.tsv", b"1\n", "OVERWRITE=FALSE"),
            _left("chunks/p/a1.tsv"),
        ),
    ),
    Case(
        "REMOVE from a stage that does not exist fails",
        PAGE,
        (Run("REMOVE @NOT_THERE/p", error=Error(2003, ("does not exist or not authorized",))),),
    ),
)
