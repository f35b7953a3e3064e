"""Write a big, realistic, repeatable TSV file, to measure loads with and to kill them.

    python benchmarks/generate.py --bytes 1GiB --columns 12 --month 2024-01 --seed 7 sales.tsv

The first column is `sale_date`, every day of the month in order. The others are the kinds of `KINDS` in turn,
numbered from the second turn on (`sale_id`, …, `is_return`, `sale_id2`, …). No header, a tab between fields,
a newline after each record, an empty field for NULL. With `--quoted-newlines` one note in ten holds a newline
and a quote, so that it is quoted and the file has more lines than records.

The same arguments give the same bytes with the same DuckDB. `--print-ddl` and `--print-config` describe the
file for Snowflake and for a feed's config instead of writing it.
"""

import argparse
import calendar
import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import duckdb

SAMPLE_ROWS = 50_000
_UNITS = {"": 1, "KIB": 1 << 10, "MIB": 1 << 20, "GIB": 1 << 30, "KB": 10**3, "MB": 10**6, "GB": 10**9}


@dataclass(frozen=True)
class Kind:
    """A kind of column. In `expression`, `i` is the row's number and `h` a random 64-bit number of the cell."""

    name: str
    sql_type: str
    expression: str
    is_nullable: bool = False


@dataclass(frozen=True)
class Shape:
    """What to write; equal shapes and sizes give equal bytes."""

    columns: int = 12
    month: str = "2024-01"
    seed: int = 7
    has_quoted_newlines: bool = False


DATE = Kind("sale_date", "DATE", "")
KINDS = (
    Kind("sale_id", "NUMBER(12, 0)", "i + 1"),
    Kind("customer_id", "NUMBER(9, 0)", "h % 100000000"),
    Kind("store", "VARCHAR(8)", "'ST' || (1000 + h % 900)"),
    Kind("amount", "NUMBER(12, 2)", "(h % 10000000)::DECIMAL(12, 2) / 100 - 500"),
    Kind("quantity", "NUMBER(4, 0)", "CASE WHEN h % 50 > 0 THEN 1 + h % 997 END", is_nullable=True),
    Kind("sku", "VARCHAR(24)", "'SKU-' || (h % 1000000) || '-' || chr((65 + h % 26)::INTEGER)"),
    Kind("channel", "VARCHAR(12)", "['web', 'store', 'phone', 'partner', 'Büro'][(1 + h % 5)::INTEGER]"),
    Kind("discount", "NUMBER(5, 2)", "CASE WHEN h % 3 > 0 THEN (h % 10000)::DECIMAL(9, 2) / 100 END", True),
    Kind(
        "sold_at",
        "TIMESTAMP_NTZ",
        "TIMESTAMP '2024-01-01' + to_seconds((h % 31536000)::BIGINT)",
    ),
    Kind(
        "note",
        "VARCHAR(200)",
        "CASE WHEN h % 8 > 0 THEN ['gift wrapped', 'left at the corner shop', 'fragile – with care',"
        " 'returned once, sent again', 'naïve customer'][(1 + h % 5)::INTEGER] || ' ' || (h % 100000) END",
        True,
    ),
    Kind("currency", "VARCHAR(3)", "['EUR', 'USD', 'GBP', 'CHF'][(1 + h % 4)::INTEGER]"),
)
_QUOTED_NOTE = "CASE WHEN h % 10 = 9 THEN 'first line' || chr(10) || 'a \"second\" line' ELSE ({}) END"


def columns_of(shape: Shape) -> list[Kind]:
    """The columns of the file in their order, each with its final name."""
    turns = [divmod(index, len(KINDS)) for index in range(shape.columns - 1)]
    return [DATE, *(_renamed(KINDS[place], turn) for turn, place in turns)]


def write_file(path: Path, shape: Shape, target_bytes: int) -> int:
    """Write a file within about 3 % of `target_bytes`, a row a day at the least; return its rows.

    The bytes of a record are estimated from a sample. Memory: DuckDB's, some 300 MB, whatever the size. An
    interrupted call leaves a file with a name ending in .part; `path` appears complete.
    """
    part = path.with_name(f"{path.name}.part")
    days = calendar.monthrange(*map(int, shape.month.split("-")))[1]
    with duckdb.connect() as connection:
        _write(connection, part, shape, SAMPLE_ROWS)
        rows = max(days, round(target_bytes / part.stat().st_size * SAMPLE_ROWS))
        _write(connection, part, shape, rows)
    part.replace(path)
    return rows


def ddl_of(shape: Shape, table: str) -> str:
    """A Snowflake CREATE TABLE that fits the file, identifiers in upper case."""
    lines = [
        f"    {column.name.upper()} {column.sql_type}{'' if column.is_nullable else ' NOT NULL'}"
        for column in columns_of(shape)
    ]
    return f"CREATE TABLE {table} (\n" + ",\n".join(lines) + "\n);"


def config_of(shape: Shape) -> list[dict[str, str | bool]]:
    """The columns as a feed's config wants them."""
    return [{"name": column.name, "nullable": column.is_nullable} for column in columns_of(shape)]


def bytes_of(text: str) -> int:
    """The number of bytes that a size such as 300MB, 1GiB or 4096 means.

    Raises:
        argparse.ArgumentTypeError: It is none.
    """
    match = re.fullmatch(r"(\d+) ?([A-Za-z]*)", text)
    if not match or match[2].upper() not in _UNITS:
        raise argparse.ArgumentTypeError(f"{text!r} is no size; write 4096, 300MB or 1GiB")
    return int(match[1]) * _UNITS[match[2].upper()]


def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit code."""
    options = _parser().parse_args(arguments)
    shape = Shape(options.columns, options.month, options.seed, options.quoted_newlines)
    if options.print_ddl:
        print(ddl_of(shape, options.print_ddl))
    elif options.print_config:
        print(json.dumps(config_of(shape), indent=2))
    elif options.file is None:
        print("Name the file to write, or ask for --print-ddl or --print-config.", file=sys.stderr)
        return 2
    else:
        rows = write_file(options.file, shape, options.bytes)
        print(f"{options.file}: {rows:,} records, {options.file.stat().st_size:,} bytes")
    return 0


def _renamed(kind: Kind, turn: int) -> Kind:
    name = kind.name if turn == 0 else f"{kind.name}{turn + 1}"
    return Kind(name, kind.sql_type, kind.expression, kind.is_nullable)


def _write(connection: duckdb.DuckDBPyConnection, path: Path, shape: Shape, rows: int) -> None:
    target = str(path).replace("'", "''")
    connection.execute(
        f"COPY ({_select(shape, rows)}) TO '{target}' (FORMAT csv, DELIMITER '\t', HEADER false, NULLSTR '')"
    )


def _select(shape: Shape, rows: int) -> str:
    days = calendar.monthrange(*map(int, shape.month.split("-")))[1]
    cells = [f"DATE '{shape.month}-01' + (i * {days} // {rows})::INTEGER"]
    for number, kind in enumerate(columns_of(shape)[1:], start=1):
        expression = kind.expression
        if shape.has_quoted_newlines and kind.name.startswith("note"):
            expression = _QUOTED_NOTE.format(expression)
        cells.append(
            re.sub(r"\bh\b", f"hash(i * 1000 + {number + shape.seed * 1_000_000_007}::BIGINT)", expression)
        )
    return f"SELECT {', '.join(cells)} FROM range({rows}) AS rows(i)"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python benchmarks/generate.py", description="Write a big, repeatable TSV file."
    )
    parser.add_argument("file", type=Path, nargs="?", help="the file to write; an existing one is replaced")
    parser.add_argument("--bytes", type=bytes_of, default=bytes_of("300MB"), help="300MB, 1GiB, …")
    parser.add_argument("--columns", type=int, default=12, help="at least 2")
    parser.add_argument("--month", default="2024-01", help="YYYY-MM, the month of sale_date")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--quoted-newlines", action="store_true", help="some notes hold newlines and quotes")
    parser.add_argument("--print-ddl", metavar="TABLE", help="print a CREATE TABLE for Snowflake instead")
    parser.add_argument("--print-config", action="store_true", help="print the feed's columns instead")
    return parser


if __name__ == "__main__":
    sys.exit(main())
