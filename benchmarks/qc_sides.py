"""The sides of benchmarks/qc.py, each a process of its own: `python -m benchmarks.qc_sides SIDE FILE COLUMNS`.

Each reads the whole file and prints the number of records that it saw.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, TypeAlias

from benchmarks.generate import Shape, columns_of

if TYPE_CHECKING:
    from sfetl_provider.core.config.model import FeedConfig
    from sfetl_provider.core.plan.month_plan import SourceFile

Side: TypeAlias = Callable[[Path, list[str]], int]

RULES = (
    "amount >= -500",
    "amount < 100000",
    "quantity >= 1",
    "quantity < 1000",
    "discount >= 0",
    "discount < 100",
    "customer_id >= 0",
    "sale_id > 0",
    "currency IN ('EUR', 'USD', 'CHF', 'GBP')",
    "channel IN ('web', 'store', 'phone', 'partner', 'Büro')",
    "length(store) = 6",
    "length(sku) > 5",
    "sku LIKE 'SKU-%'",
    "store LIKE 'ST%'",
    "sale_date >= '2024-01-01'",
    "sale_date <= '2024-01-31'",
    "sold_at IS NOT NULL",
    "length(note) < 200",
    "regexp_like(currency, '[A-Z]{3}')",
    "regexp_like(sku, 'SKU-[0-9]+-[A-Z]')",
)
"""Twenty that hold for every record, over all kinds of columns."""
SUITE: tuple[dict[str, Any], ...] = (
    *(
        {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": name}}
        for name in ("sale_date", "sale_id", "store", "amount")
    ),
    *(
        {
            "type": "expect_column_values_to_be_between",
            "kwargs": {"column": name, "min_value": least, "max_value": most},
        }
        for name, least, most in (("amount", -500, 100_000), ("quantity", 1, 1000), ("discount", 0, 100))
    ),
    *(
        {"type": "expect_column_values_to_be_in_set", "kwargs": {"column": name, "value_set": values}}
        for name, values in (
            ("currency", ["EUR", "USD", "CHF", "GBP"]),
            ("channel", ["web", "store", "phone", "partner", "Büro"]),
        )
    ),
    {"type": "expect_column_value_lengths_to_equal", "kwargs": {"column": "store", "value": 6}},
    *(
        {
            "type": "expect_column_value_lengths_to_be_between",
            "kwargs": {"column": name, "min_value": 1, "max_value": most},
        }
        for name, most in (("note", 200), ("sku", 24))
    ),
    *(
        {"type": "expect_column_values_to_match_regex", "kwargs": {"column": name, "regex": regex}}
        for name, regex in (("sku", "^SKU-[0-9]+-[A-Z]$"), ("currency", "^[A-Z]{3}$"))
    ),
    {
        "type": "expect_column_values_to_match_strftime_format",
        "kwargs": {"column": "sale_date", "strftime_format": "%Y-%m-%d"},
    },
    {"type": "expect_column_values_to_be_of_type", "kwargs": {"column": "customer_id", "type_": "int64"}},
    {
        "type": "expect_column_mean_to_be_between",
        "kwargs": {"column": "amount", "min_value": 0, "max_value": 100_000},
    },
    {"type": "expect_column_max_to_be_between", "kwargs": {"column": "quantity", "max_value": 1000}},
    {"type": "expect_table_row_count_to_be_between", "kwargs": {"min_value": 1}},
    {
        "type": "expect_select_column_values_to_be_unique_within_record",
        "kwargs": {"column_list": ["sku", "store"]},
    },
)
"""Twenty that hold, as Great Expectations writes them."""
PANDAS_ROWS = 200_000


def scan(path: Path, columns: list[str]) -> int:
    """A bare count(*) in DuckDB: the limit of what any reader of it can do."""
    import duckdb

    names = ", ".join(f"'{name}': 'VARCHAR'" for name in columns)
    found = duckdb.execute(
        f"SELECT count(*) FROM read_csv($path, auto_detect = false, header = false, columns = {{{names}}},"
        " delim = '\t', quote = '', escape = '')",
        {"path": str(path)},
    ).fetchone()
    return int(found[0]) if found else 0


def feed(
    path: Path, columns: list[str], qc: dict[str, Any], suite: Sequence[dict[str, Any]] = ()
) -> FeedConfig:
    """A feed for the file."""
    from sfetl_provider.core.config.model import FeedConfig

    config = FeedConfig.model_validate(
        {
            "feed": "sales",
            "table": {"database": "DEMO", "schema": "PUBLIC", "name": "SALES"},
            "files": {"base_path": str(path.parent), "patterns": [path.name]},
            "format": {"date_format": "YYYY-MM-DD", "timestamp_format": "YYYY-MM-DD HH24:MI:SS"},
            "date": {"column": "sale_date"},
            "columns": [
                {"name": column.name, "nullable": column.is_nullable}
                for column in columns_of(Shape(len(columns)))
            ],
            "start_month": "2024-01",
            "qc": qc,
        }
    )
    content = {"name": "sales", "expectations": list(suite)}
    return config.model_copy(update={"suite": content}) if suite else config


def source_of(path: Path) -> SourceFile:
    """The file as a month's plan names it."""
    from sfetl_provider.core.plan.month_plan import SourceFile

    found = path.stat()
    return SourceFile(
        key=path.name,
        name=path.name,
        path=str(path),
        size_bytes=found.st_size,
        modified_ns=found.st_mtime_ns,
    )


def checked(path: Path, config: FeedConfig) -> int:
    """This project's QC of one file, as task `file_qc` runs it."""
    from sfetl_provider.core.plan.month import Month
    from sfetl_provider.core.qc.check import CheckPaths, check_month

    with TemporaryDirectory(dir=path.parent) as scratch:
        check = check_month([source_of(path)], config, Month(2024, 1), CheckPaths(Path(scratch)))
    if not check.verdict.is_passed:
        raise SystemExit(f"The file is sound, and QC refused it: {check.verdict.findings}")
    return check.reports[0].good_records


def profiled(profile: str) -> Side:
    """Structure, required values and rows per day, with a profile."""

    def side(path: Path, columns: list[str]) -> int:
        return checked(path, feed(path, columns, {"profile": profile}))

    return side


def rules(path: Path, columns: list[str]) -> int:
    """Structure, required values, rows per day and twenty own rules."""
    listed = [{"name": f"rule_{at}", "condition": text} for at, text in enumerate(RULES)]
    return checked(path, feed(path, columns, {"profile": "off", "rules": listed}))


def expectations(path: Path, columns: list[str]) -> int:
    """Structure, required values, rows per day and a suite of twenty expectations."""
    return checked(path, feed(path, columns, {"profile": "off", "expectations": "sales"}, SUITE))


def keys(*key: str) -> Side:
    """The exact search for duplicate keys over one file, as task `qc_keys` runs it."""

    def side(path: Path, columns: list[str]) -> int:
        from sfetl_provider.core.qc.keys import check_keys

        with TemporaryDirectory(dir=path.parent) as scratch:
            report = check_keys([source_of(path)], feed(path, columns, {"key": list(key)}), Path(scratch))
        return sum(file.records for file in report.files)

    return side


def pandas_chunks(path: Path, columns: list[str]) -> int:
    """A loop over chunks of a pandas frame that only parses."""
    import pandas

    chunks = pandas.read_csv(
        path, sep="\t", names=columns, dtype=str, quoting=3, keep_default_na=False, chunksize=PANDAS_ROWS
    )
    return sum(len(chunk) for chunk in chunks)


def polars_stream(path: Path, columns: list[str]) -> int:
    """Rows per day, missing values and the twenty conditions in Polars, streaming."""
    import polars

    c = polars.col
    number = {name: c(name).cast(polars.Decimal(38, 10), strict=False) for name in columns}
    date = c("sale_date").str.to_date("%Y-%m-%d", strict=False)
    conditions = (
        number["amount"] >= -500,
        number["amount"] < 100_000,
        number["quantity"] >= 1,
        number["quantity"] < 1000,
        number["discount"] >= 0,
        number["discount"] < 100,
        number["customer_id"] >= 0,
        number["sale_id"] > 0,
        c("currency").is_in(["EUR", "USD", "CHF", "GBP"]),
        c("channel").is_in(["web", "store", "phone", "partner", "Büro"]),
        c("store").str.len_chars() == 6,
        c("sku").str.len_chars() > 5,
        c("sku").str.starts_with("SKU-"),
        c("store").str.starts_with("ST"),
        date >= polars.date(2024, 1, 1),
        date <= polars.date(2024, 1, 31),
        c("sold_at").is_not_null(),
        c("note").str.len_chars() < 200,
        c("currency").str.contains("^[A-Z]{3}$"),
        c("sku").str.contains("^SKU-[0-9]+-[A-Z]$"),
    )
    found = (
        polars.scan_csv(
            path, separator="\t", has_header=False, new_columns=columns, infer_schema=False, quote_char=None
        )
        .group_by(date.alias("day"))
        .agg(
            polars.len().alias("rows"),
            *((~condition).sum().alias(f"rule_{at}") for at, condition in enumerate(conditions)),
            *(c(name).is_null().sum().alias(f"nulls_{name}") for name in columns if name != "sale_date"),
        )
        .collect(engine="streaming")
    )
    return int(found["rows"].sum())


def polars_same(path: Path, columns: list[str]) -> int:
    """What QC checks with the suite, in Polars, streaming: a pass over the lines, and one over the columns.

    Polars fills lines that are too short with missing values and drops empty ones, so the structure of a record
    must be looked for in its line. It is not asked where the faults are.
    """
    import polars

    c = polars.col
    lines, line = polars.scan_lines(path, name="line"), c("line")
    structure = lines.select(
        polars.len().alias("lines"),
        (line.str.count_matches("\t", literal=True) != len(columns) - 1).sum().alias("ragged"),
        *(line.str.contains(text, literal=True).sum().alias(f"holds_{at}") for at, text in enumerate("\r\0")),
        line.str.starts_with("\ufeff").sum().alias("marks"),
        *(
            (line.str.len_bytes() == 0).sum().alias("empty"),
            (line.str.len_bytes() > 2**24).sum().alias("long"),
        ),
    )
    records = polars.scan_csv(
        path, separator="\t", has_header=False, new_columns=columns, infer_schema=False, quote_char=None
    )
    judged = records.group_by(c("sale_date").str.to_date("%Y-%m-%d", strict=False).alias("day")).agg(
        polars.len().alias("rows"),
        *(test.sum().alias(f"expectation_{at}") for at, test in enumerate(_polars_suite(polars))),
        *(c(name).is_null().sum().alias(f"nulls_{name}") for name in columns),
    )
    found, days = polars.collect_all([structure, judged], engine="streaming")
    if int(found.drop("lines").sum_horizontal()[0]):
        raise SystemExit(f"Polars finds faults in a sound file: {found}")
    return int(days["rows"].sum())


def _polars_suite(polars: Any) -> Iterator[Any]:
    """Give what SUITE asks of each record; missing values are counted beside it, the table's records as well."""
    c = polars.col
    number = {name: c(name).cast(polars.Float64, strict=False) for name in ("amount", "quantity", "discount")}
    for name, least, most in (("amount", -500, 100_000), ("quantity", 1, 1000), ("discount", 0, 100)):
        yield number[name].is_between(least, most)
    yield c("currency").is_in(["EUR", "USD", "CHF", "GBP"])
    yield c("channel").is_in(["web", "store", "phone", "partner", "Büro"])
    yield c("store").str.len_chars() == 6
    yield c("note").str.len_chars().is_between(1, 200)
    yield c("sku").str.len_chars().is_between(1, 24)
    yield c("sku").str.contains("^SKU-[0-9]+-[A-Z]$")
    yield c("currency").str.contains("^[A-Z]{3}$")
    yield c("sale_date").str.to_date("%Y-%m-%d", strict=False).is_not_null()
    yield c("customer_id").str.contains("^[+-]?[0-9]+$")
    yield number["amount"]
    yield number["quantity"] == number["quantity"].max()
    yield c("sku") != c("store")


def gx_pandas(path: Path, columns: list[str]) -> int:
    """Great Expectations itself: ten expectations over a pandas frame of the whole file."""
    import great_expectations as gx
    import great_expectations.expectations as gxe
    import pandas

    numbers = ["amount", "quantity", "discount"]
    frame = pandas.read_csv(
        path,
        sep="\t",
        names=columns,
        dtype={name: str for name in columns if name not in numbers},
        quoting=3,
        keep_default_na=False,
        na_values={name: [""] for name in columns},
    )
    context = gx.get_context(mode="ephemeral")
    batch = context.data_sources.add_pandas("file").add_dataframe_asset("frame")
    suite = gx.ExpectationSuite(name="sales", expectations=list(_expectations(gxe)))
    definition = batch.add_batch_definition_whole_dataframe("whole")
    result = definition.get_batch({"dataframe": frame}).validate(suite)
    if not result.success:
        raise SystemExit("GX refused a sound file")
    return len(frame)


def _expectations(gxe: Any) -> Iterator[Any]:
    for name in ("sale_date", "sale_id", "store", "amount"):
        yield gxe.ExpectColumnValuesToNotBeNull(column=name)
    yield gxe.ExpectColumnValuesToBeBetween(column="amount", min_value=-500, max_value=100_000)
    yield gxe.ExpectColumnValuesToBeBetween(column="quantity", min_value=1, max_value=1000)
    yield gxe.ExpectColumnValuesToBeInSet(column="currency", value_set=["EUR", "USD", "CHF", "GBP"])
    yield gxe.ExpectColumnValueLengthsToEqual(column="store", value=6)
    yield gxe.ExpectColumnValuesToMatchRegex(column="sku", regex="^SKU-[0-9]+-[A-Z]$")
    yield gxe.ExpectColumnValueLengthsToBeBetween(column="note", min_value=1, max_value=200)


SIDES: dict[str, Side] = {
    "DuckDB, count(*) alone": scan,
    "QC: structure, dates": profiled("off"),
    "QC: structure, dates, 20 rules": rules,
    "QC: structure, dates, 20 expectations": expectations,
    "QC: structure, dates, basic profile": profiled("basic"),
    "QC: structure, dates, complete profile": profiled("full"),
    "QC: keys of 16 bytes, none twice": keys("sale_id", "customer_id"),
    "QC: keys of 14 bytes, few twice": keys("customer_id", "store"),
    "pandas, chunks, parsing alone": pandas_chunks,
    "Polars streaming, dates, 20 rules": polars_stream,
    "Polars streaming, structure, dates, 20 expectations": polars_same,
    "GX over pandas, 10 expectations": gx_pandas,
}


def main() -> None:
    """Run one side."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.qc_sides", description=__doc__)
    parser.add_argument("side", choices=SIDES)
    parser.add_argument("file", type=Path)
    parser.add_argument("columns", type=int)
    options = parser.parse_args()
    columns = [column.name for column in columns_of(Shape(options.columns))]
    sys.stdout.write(f"{SIDES[options.side](options.file, columns)}\n")


if __name__ == "__main__":
    main()
