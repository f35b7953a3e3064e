"""PUT: what is uploaded, under which name, and what is left alone."""

from __future__ import annotations

import gzip
import hashlib

import zstandard

from tests.contracts.warehouse.case import Case, Error, Put, PutMany, Run

PAGE = "sql-reference/sql/put"
ONE, OTHER = b"1\n", b"three\n"
AWKWARD_NAMES = {
    "spaces": "monthly report 2024.tsv",
    "an apostrophe": "o'brien.tsv",
    "a percent sign": "100%41.tsv",
    "other letters": "größe_表.tsv",
    "brackets": "part[1].tsv",
    "a plus and an ampersand": "a+b&c=d.tsv",
    "a hash and a question mark": "no#1?.tsv",
}


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def _sizes(*rows: tuple[str, int]) -> Run:
    return Run("LIST {stage}", columns=("name", "size"), rows=list(rows), any_order=True)


def _kept_name(name: str, content: bytes, options: str) -> tuple[Put, Run]:
    return Put(name, content, options), _sizes((f"chunks/{name}", len(content)))


CASES = (
    Case(
        "PUT stores the bytes as they are in a stage without client-side encryption",
        "sql-reference/sql/list",
        (
            Put("p/f.tsv", OTHER),
            Run("LIST {stage}", columns=("name", "size", "md5"), rows=[("chunks/p/f.tsv", 6, _md5(OTHER))]),
        ),
    ),
    Case(
        "OVERWRITE=TRUE replaces a file of the same name",
        PAGE,
        (Put("p/f.tsv", ONE), Put("p/f.tsv", OTHER), _sizes(("chunks/p/f.tsv", 6))),
    ),
    Case(
        "OVERWRITE=FALSE skips a file of the same name whatever it holds",
        PAGE,
        (
            Put("p/f.tsv", ONE),
            Put("p/f.tsv", OTHER, "OVERWRITE=FALSE", status="SKIPPED"),
            _sizes(("chunks/p/f.tsv", 2)),
        ),
    ),
    Case(
        "PUT does not overwrite unless it is told to",
        PAGE,
        (Put("f.tsv", ONE), Put("f.tsv", OTHER, "", status="SKIPPED"), _sizes(("chunks/f.tsv", 2))),
    ),
    Case(
        "PUT of the same file to another path uploads it",
        PAGE,
        (
            Put("a/f.tsv", ONE, "OVERWRITE=FALSE"),
            Put("b/f.tsv", ONE, "OVERWRITE=FALSE"),
            _sizes(("chunks/a/f.tsv", 2), ("chunks/b/f.tsv", 2)),
        ),
    ),
    Case(
        "A file that was removed can be put again without OVERWRITE",
        PAGE,
        (
            Put("f.tsv", ONE, "OVERWRITE=FALSE"),
            Run("REMOVE {stage}/f.tsv"),
            Put("f.tsv", OTHER, "OVERWRITE=FALSE"),
            _sizes(("chunks/f.tsv", 6)),
        ),
    ),
    Case(
        "AUTO_COMPRESS=TRUE packs by gzip and says so in the name",
        PAGE,
        (
            Put("f.tsv", ONE, "AUTO_COMPRESS=TRUE"),
            Run("LIST {stage}", columns=("name",), rows=[("chunks/f.tsv.gz",)]),
        ),
    ),
    Case(
        "AUTO_COMPRESS=TRUE leaves a packed file as it is",
        PAGE,
        _kept_name("f.tsv.gz", gzip.compress(ONE), "AUTO_COMPRESS=TRUE"),
    ),
    Case(
        "AUTO_COMPRESS=TRUE leaves a file of a stated compression as it is",
        PAGE,
        _kept_name(
            "f.packed", zstandard.compress(ONE), "AUTO_COMPRESS=TRUE SOURCE_COMPRESSION=ZSTD OVERWRITE=TRUE"
        ),
    ),
    Case("PARALLEL goes up to 99", PAGE, _kept_name("f.tsv", ONE, "PARALLEL=99")),
    Case(
        "PARALLEL beyond 99 is refused",
        PAGE,
        (
            Run("PUT file:///tmp/none {stage} PARALLEL=100", error=Error(1481, is_documented=False)),
            Run("PUT file:///tmp/none {stage} PARALLEL=0", error=Error(1481, is_documented=False)),
        ),
    ),
    Case(
        "A star uploads all files that it matches",
        PAGE,
        (
            PutMany(
                "month_*.tsv",
                {"month_1.tsv": ONE, "month_22.tsv": ONE, "day.tsv": ONE},
                sent=("month_1.tsv", "month_22.tsv"),
                folder="many",
            ),
            _sizes(("chunks/many/month_1.tsv", 2), ("chunks/many/month_22.tsv", 2)),
        ),
    ),
    Case(
        "A question mark stands for one character",
        PAGE,
        (
            PutMany("m?.tsv", {"m1.tsv": ONE, "m22.tsv": ONE}, sent=("m1.tsv",)),
            _sizes(("chunks/m1.tsv", 2)),
        ),
    ),
    *(
        Case(f"A file name may hold {what}", PAGE, (Put(name, ONE), _sizes((f"chunks/{name}", 2))))
        for what, name in AWKWARD_NAMES.items()
    ),
    Case(
        "A path in the stage may hold spaces, other letters and an apostrophe",
        PAGE,
        (Put("der März '24/a b/f.tsv", ONE), _sizes(("chunks/der März '24/a b/f.tsv", 2))),
    ),
    Case(
        "A file can have the name of another one's folder",
        PAGE,
        (Put("a", ONE), Put("a/b", OTHER), _sizes(("chunks/a", 2), ("chunks/a/b", 6))),
    ),
    Case(
        "Clients encrypt for a stage that does not say otherwise, and COPY reads it",
        "user-guide/security-encryption-end-to-end",
        (
            Run("CREATE STAGE SECRETS"),
            Run("CREATE TABLE T (A NUMBER(9,0), B VARCHAR)"),
            Put("p/f.csv", b"1,a\n2,b\n", stage="@SECRETS"),
            Run("LIST @SECRETS", columns=("name", "size"), rows=[("secrets/p/f.csv", 16)]),
            Run(
                "COPY INTO T FROM @SECRETS/p/ FILES=('f.csv') "
                "FILE_FORMAT=(TYPE=CSV ESCAPE_UNENCLOSED_FIELD=NONE)",
                columns=("file", "status", "rows_loaded"),
                rows=[("secrets/p/f.csv", "LOADED", 2)],
            ),
            Run("SELECT * FROM T ORDER BY A", rows=[(1, "a"), (2, "b")]),
        ),
    ),
    Case(
        "Each user has a stage without making it, whose files are listed without its name",
        "user-guide/data-load-local-file-system-create-stage",
        (
            Put("f.tsv", ONE, stage="@~/{schema}"),
            Run("LIST @~/{schema}/", columns=("name",), rows=[("{schema}/f.tsv",)]),
            Run("REMOVE @~/{schema}/", columns=("result",), rows=[("removed",)]),
            Run("LIST @~/{schema}/", rows=[]),
        ),
    ),
    Case(
        "PUT to a stage that does not exist fails",
        PAGE,
        (Run("PUT file:///tmp/none @NOT_THERE", error=Error(2003, ("does not exist or not authorized",))),),
    ),
    Case(
        "PUT with an option that does not exist fails",
        PAGE,
        (Run("PUT file:///tmp/none {stage} FOO=1", error=Error(1003, is_documented=False)),),
    ),
)
