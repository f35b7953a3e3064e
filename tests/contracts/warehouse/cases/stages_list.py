"""LIST: which files of a stage, under which names."""

from __future__ import annotations

from tests.contracts.warehouse.case import Case, Error, Put, Run

PAGE = "sql-reference/sql/list"
FILES = tuple(Put(path, b"1\n") for path in ("p/a1.tsv", "p/a2.csv", "p/b.tsv", "pq/c.tsv"))


def _names(sql: str, *names: str) -> Run:
    return Run(sql, columns=("name",), rows=[(name,) for name in names], any_order=True)


CASES = (
    Case(
        "LIST names stage and path",
        PAGE,
        (
            Put("a/one.txt", b"1\n"),
            Put("b/two.txt", b"22\n"),
            Run("LIST {stage}/a", columns=("name", "size"), rows=[("chunks/a/one.txt", 2)]),
        ),
    ),
    Case("LIST of a stage without files has no rows", PAGE, (Run("LIST {stage}", rows=[]),)),
    Case(
        "The path of LIST is the beginning of names and not a folder",
        PAGE,
        (
            *FILES,
            _names("LIST {stage}/p/a", "chunks/p/a1.tsv", "chunks/p/a2.csv"),
            _names("LIST {stage}/p/b.tsv", "chunks/p/b.tsv"),
            _names("LIST {stage}/p/", "chunks/p/a1.tsv", "chunks/p/a2.csv", "chunks/p/b.tsv"),
        ),
    ),
    Case(
        "The path of LIST heeds case",
        PAGE,
        (*FILES, _names("LIST {stage}/P/"), _names("LIST {stage}/pq/", "chunks/pq/c.tsv")),
    ),
    Case("LS is LIST", PAGE, (*FILES, _names("LS {stage}/pq/", "chunks/pq/c.tsv"))),
    Case(
        "PATTERN filters what is below the path by a regular expression",
        PAGE,
        (
            *FILES,
            _names("LIST {stage}/p/ PATTERN='.*[.]tsv'", "chunks/p/a1.tsv", "chunks/p/b.tsv"),
            _names("LIST {stage} PATTERN = '.*c[.]tsv'", "chunks/pq/c.tsv"),
            _names("LIST {stage} PATTERN='.*[.]gz'"),
        ),
    ),
    Case(
        "LIST takes a stage whose name needs quotes",
        PAGE,
        (
            Run("CREATE STAGE \"my stage\" ENCRYPTION=(TYPE='SNOWFLAKE_SSE')"),
            Put("some path/f.tsv", b"1\n", stage='@"my stage"'),
            _names("LIST '@\"my stage\"/some path/'", "my stage/some path/f.tsv"),
        ),
    ),
    Case(
        "LIST takes a stage by its full name",
        PAGE,
        (*FILES, Run("USE SCHEMA PUBLIC"), _names("LIST @{schema}.CHUNKS/pq", "chunks/pq/c.tsv")),
    ),
    Case(
        "LIST of a stage that does not exist fails",
        PAGE,
        (Run("LIST @NOT_THERE", error=Error(2003, ("does not exist or not authorized",))),),
    ),
)
