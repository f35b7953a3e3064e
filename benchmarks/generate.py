"""Write a big, realistic, repeatable TSV file, to measure loads with and to kill them.

    python benchmarks/generate.py --bytes 1GiB --columns 12 --month 2024-01 --seed 7 sales.tsv

The first column is `sale_date`, every day of the month in order. The others are the kinds of `KINDS` in turn,
numbered from the second turn on (`sale_id`, …, `currency`, `sale_id2`, …); `sold_at` is a time of the same day.
No header, a tab between fields, a newline after each record, an empty field for NULL. With `--quoted-newlines`
one note in ten holds a newline and a quote, so that it is quoted and the file has more lines than records.

The same arguments give the same bytes with the same DuckDB. `--print-ddl` and `--print-config` describe the
file for Snowflake and for a feed's config instead of writing it.
"""

import argparse
import calendar
import json
import os
import re
import shutil
import sys
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

import duckdb

SAMPLE_ROWS = 100_000
SLICE_ROWS = 400_000
MOST_PER_MILLE = 990
"""What is written in slices side by side; the last per cent then makes the size exact."""

_UNITS = {"": 1, "KIB": 1 << 10, "MIB": 1 << 20, "GIB": 1 << 30, "KB": 10**3, "MB": 10**6, "GB": 10**9}


@dataclass(frozen=True)
class Kind:
    """A kind of column.

    In `expression`, `i` is the row's number, `d` its date, `h` a random 64-bit number of the cell.
    """

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
    Kind("sold_at", "TIMESTAMP_NTZ", "(d)::TIMESTAMP + to_seconds((h % 86400)::BIGINT)"),
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
    """Write a file of `target_bytes`, give or take a few records; return its rows.

    Never fewer than a record a day. Takes every core and some 100 MB of memory, whatever the size. Slices of the
    file lie in a folder beside it while they are made; a killed call leaves that folder behind. `path` appears
    complete or stays as it was.
    """
    with (
        TemporaryDirectory(prefix=f"{path.name}.", dir=path.parent) as folder,
        duckdb.connect() as connection,
    ):
        source = _Source(connection, shape, Path(folder))
        planned = source.plan(target_bytes)
        whole = Path(folder) / "whole"
        with whole.open("wb") as output:
            rows = _write_most(source, output, planned * MOST_PER_MILLE // 1000)
            rows = _fill_up(source, output, rows, target_bytes)
        whole.replace(path)
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


@dataclass
class _Source:
    """Writes any range of the file's records, in any order; all calls may run at the same time."""

    connection: duckdb.DuckDBPyConnection
    shape: Shape
    folder: Path
    planned_rows: int = 1

    def plan(self, target_bytes: int) -> int:
        """Estimate the rows of a file of this size, over which the month's days are spread, from two samples.

        The second is spread over what the first suggests: numbers grow longer with the row.
        """
        first_guess = round(target_bytes / self._mean_record_bytes(SAMPLE_ROWS))
        estimate = round(target_bytes / self._mean_record_bytes(max(first_guess, SAMPLE_ROWS)))
        self.planned_rows = max(_days(self.shape), estimate)
        return self.planned_rows

    def write(self, first: int, end: int, step: int = 1) -> Path:
        """Write every record, or every `step`-th, from `first` to before `end` into a file of its own."""
        path = self.folder / f"{first}-{end}"
        target = str(path).replace("'", "''")
        records = f"{_select(self.shape, self.planned_rows)} FROM range({first}, {end}, {step}) AS rows(i)"
        self.connection.cursor().execute(
            f"COPY ({records}) TO '{target}' (FORMAT csv, DELIMITER '\t', HEADER false, NULLSTR '')"
        )
        return path

    def _mean_record_bytes(self, rows: int) -> float:
        step = rows // SAMPLE_ROWS
        sample = self.write(0, rows, step)
        sample_bytes = sample.stat().st_size
        sample.unlink()
        return sample_bytes / len(range(0, rows, step))


def _write_most(source: _Source, output: BinaryIO, rows: int) -> int:
    """Write this many records in slices, one per core at a time; return their number."""
    cores = os.cpu_count() or 1
    with ThreadPoolExecutor(cores) as pool:
        slices: deque[Future[Path]] = deque()
        for first in range(0, rows, SLICE_ROWS):
            slices.append(pool.submit(source.write, first, min(first + SLICE_ROWS, rows)))
            if len(slices) > cores:
                _append(output, slices.popleft().result())
        while slices:
            _append(output, slices.popleft().result())
    return rows


def _fill_up(source: _Source, output: BinaryIO, rows: int, target_bytes: int) -> int:
    """Add what is missing, by the mean size of the records so far, until it is less than one; return all rows."""
    rows_at_least = _days(source.shape)
    while (end := max(rows_at_least, target_bytes * rows // max(output.tell(), 1))) > rows:
        _append(output, source.write(rows, end))
        rows = end
    return rows


def _append(output: BinaryIO, part: Path) -> None:
    with part.open("rb") as file:
        shutil.copyfileobj(file, output, 1 << 20)
    part.unlink()


def _days(shape: Shape) -> int:
    year, month = map(int, shape.month.split("-"))
    return calendar.monthrange(year, month)[1]


def _select(shape: Shape, planned_rows: int) -> str:
    days = _days(shape)
    date = f"DATE '{shape.month}-01' + least(i * {days} // {planned_rows}, {days - 1})::INTEGER"
    cells = [date]
    for number, kind in enumerate(columns_of(shape)[1:], start=1):
        expression = kind.expression
        if shape.has_quoted_newlines and kind.name.startswith("note"):
            expression = _QUOTED_NOTE.format(expression)
        cell_hash = f"hash(i * 1000 + {number + shape.seed * 1_000_000_007}::BIGINT)"
        cells.append(re.sub(r"\bd\b", date, re.sub(r"\bh\b", cell_hash, expression)))
    return f"SELECT {', '.join(cells)}"


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
