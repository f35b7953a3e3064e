"""How fast QC reads a file, and in what memory, beside what else could check it: all sides in one run.

    python -m benchmarks.qc [--bytes 1GB] [--columns 12,60] [--runs 3] [--sides "SIDE;SIDE"] [--record]

Run from the project's root with the environment of the tests, when nothing else loads the machine. Writes the file
into a temporary folder, reads it once (so that it lies in the page cache if it fits), then runs each side as a
process of its own, in turn, `--runs` times; before, once over a small file, so that its modules are compiled, as
those of installed packages are. A row gives the median of the megabytes a second of the whole process, its CPU
seconds and its highest resident memory. Great Expectations over pandas needs six times the file in memory, so it
gets a file of `--gx-bytes`. `--record` adds the rows to benchmarks/RESULTS.md.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.generate import Shape, bytes_of, write_file
from benchmarks.qc_sides import SIDES
from benchmarks.results import MACHINE_COLUMNS, append_rows, told_rows

MEGABYTE = 1e6
SMALL_BYTES = 1_000_000
GX = "GX over pandas, 10 expectations"
HEADING = f"""| {MACHINE_COLUMNS} | MB | columns | side | MB/s | CPU s | memory MB |
|---|---|---|---|---|---|---|---|---|---|
"""


@dataclass(frozen=True)
class Run:
    """One process: seconds by the clock, CPU seconds, highest resident memory in MB, records that it saw."""

    seconds: float
    cpu_seconds: float
    memory_mb: float
    records: int


def run_side(side: str, path: Path, columns: int) -> Run:
    """Run a side once; raises when it fails."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "benchmarks.qc_sides", side, str(path), str(columns)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=_compiled_environment(path)
    ) as process:
        output = process.stdout.read() if process.stdout else ""
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{side} failed with {process.returncode}")
    seconds = time.perf_counter() - began
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1000, int(output))


def _compiled_environment(path: Path) -> dict[str, str]:
    """Give an environment in which modules are compiled once, as they are where packages were installed."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPYCACHEPREFIX": str(path.parent / "compiled")}


def _compile_modules(path: Path, columns: int, sides: list[str]) -> None:
    small = path.with_name("small.tsv")
    write_file(small, Shape(columns, "2024-01"), SMALL_BYTES)
    for side in sides:
        run_side(side, small, columns)


def measured(path: Path, columns: int, sides: list[str], runs: int) -> Iterator[str]:
    """Run all sides in turn, so often; give their rows as cells."""
    size_mb = path.stat().st_size / MEGABYTE
    path.read_bytes() if size_mb < 100 else subprocess.run(["cat", str(path)], stdout=subprocess.DEVNULL)
    _compile_modules(path, columns, sides)
    found: dict[str, list[Run]] = {side: [] for side in sides}
    for _ in range(runs):
        for side in sides:
            found[side].append(run_side(side, path, columns))
    if len(records := {run.records for side in sides for run in found[side]}) > 1:
        raise SystemExit(f"The sides do not agree about the number of records: {records}")
    for side, done in found.items():
        rate = statistics.median(size_mb / run.seconds for run in done)
        cpu = statistics.median(run.cpu_seconds for run in done)
        yield (
            f"{size_mb:,.0f} | {columns} | {side} | {rate:,.0f} | {cpu:.1f} | "
            f"{max(run.memory_mb for run in done):,.0f}"
        )


def rows(options: argparse.Namespace, folder: Path) -> Iterator[str]:
    """Measure each number of columns."""
    sides = options.sides.split(";") if options.sides else list(SIDES)
    for columns in map(int, options.columns.split(",")):
        for size, chosen in (
            (options.bytes, [side for side in sides if side != GX]),
            (options.gx_bytes, [side for side in sides if side == GX]),
        ):
            if chosen:
                path = folder / "sales.tsv"
                write_file(path, Shape(columns, "2024-01"), size)
                yield from measured(path, columns, chosen, options.runs)
                path.unlink()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.qc", description=__doc__)
    parser.add_argument("--bytes", type=bytes_of, default=bytes_of("1GB"))
    parser.add_argument("--gx-bytes", type=bytes_of, default=bytes_of("256MB"))
    parser.add_argument("--columns", default="12,60")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--sides", help="some of the sides, with ; between them")
    parser.add_argument("--folder", type=Path, help="where the file is written")
    parser.add_argument("--record", action="store_true")
    options = parser.parse_args()
    with TemporaryDirectory(dir=options.folder) as name:
        lines = told_rows(rows(options, Path(name)))
    if options.record:
        append_rows(HEADING, lines)


if __name__ == "__main__":
    main()
