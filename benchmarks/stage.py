"""Staging beside what else could bring a file to a stage, and its levels over links of several speeds.

    python -m benchmarks.stage [--bytes 1GB] [--runs 3] [--sides "staging;zstd -T2 -1"] [--record]
    python -m benchmarks.stage --links 5,20,100 [--bytes 500MB] [--chunk-mib 8] [--levels auto,1,3,6] [--record]

Run from the project's root with the environment of the tests, when nothing else loads the machine. Writes the file
into a temporary folder and reads it once; each side is a process of its own, in turn, `--runs` times. The local
warehouse is a process of its own on the same cores, the link a throttling proxy on loopback, the uploads are the
real ones. A row gives the median of the text's megabytes a second, processor seconds of the side and of the
warehouse, and the highest memory of the side's processes together: resident in each, and with shared pages counted
once (PSS). `--record` adds the rows to benchmarks/RESULTS.md.
"""

import argparse
import json
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from benchmarks.generate import Shape, bytes_of, write_file
from benchmarks.process_tree import Usage, run_tree
from benchmarks.results import MACHINE_COLUMNS, append_rows, told_rows
from benchmarks.stage_sides import SIDES, STAGING, Outcome
from local.stack.waiting import wait_until
from local.warehouse.serving.server import connection_parameters
from sfetl_provider.adapters.snowflake_session import SnowflakeSession, open_connection
from tests.adapters.throttling_proxy import throttling_proxy

MEGABYTE = 1e6
COLUMNS = 12
SIDE_COLUMNS = "side | MB/s | ratio | CPU s | warehouse's CPU s | memory MB | PSS MB"
SIDES_HEADING = f"""
## Staging a file

`python -m benchmarks.stage`: each side a process of its own, in turn, over one file in the page cache; the local
warehouse on the same cores. The median of the rates, and the highest memory of all processes of a side together:
resident in each, and with shared pages counted once (PSS).

| {MACHINE_COLUMNS} | MB of text | chunk MiB | {SIDE_COLUMNS} |
|---|---|---|---|---|---|---|---|---|---|---|---|---|
"""
LINK_COLUMNS = "link MB/s | level | text MB/s | ratio | chunks per level | progress %"
LINKS_HEADING = f"""
## Levels of compression over a link

`python -m benchmarks.stage --links …`: staging through a proxy that passes so many megabytes a second.

| {MACHINE_COLUMNS} | MB of text | chunk MiB | {LINK_COLUMNS} |
|---|---|---|---|---|---|---|---|---|---|---|---|
"""


COMMANDS = {
    "zstd -T2 -1": "zstd -T2 -1 -q -f {file} -o {folder}/packed.zst",
    "split --filter 'pigz -6'": "split -C 400M --filter='pigz -6 > $FILE.gz' {file} {folder}/packed-",
}
"""Sides that are a shell's command."""


@dataclass(frozen=True)
class Warehouse:
    """The local warehouse that runs."""

    port: int
    process: psutil.Process

    @property
    def cpu_seconds(self) -> float:
        """What it used so far."""
        times = self.process.cpu_times()
        return float(times.user + times.system)


@dataclass(frozen=True)
class Run:
    """One side, once."""

    usage: Usage
    outcome: Outcome
    warehouse_seconds: float


@contextmanager
def served(folder: Path) -> Iterator[Warehouse]:
    """A local warehouse in a process of its own, with the stage."""
    port_file = folder / "port"
    command = [sys.executable, "-m", "local.warehouse", "serve", "--folder", str(folder / "kept")]
    with subprocess.Popen(
        [*command, "--port-file", str(port_file)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            wait_until(port_file.exists, "the local warehouse", 60, poll_seconds=0.1)
            port = int(port_file.read_text())
            with SnowflakeSession(open_connection(connection_parameters("127.0.0.1", port, {}))) as session:
                session.query('CREATE DATABASE "DEMO"')
                session.query('CREATE SCHEMA "DEMO"."SFETL"')
                session.query('CREATE STAGE "DEMO"."SFETL"."CHUNKS" ENCRYPTION=(TYPE=\'SNOWFLAKE_SSE\')')
            yield Warehouse(port, psutil.Process(process.pid))
        finally:
            process.terminate()


def run_side(side: str, path: Path, warehouse: Warehouse, *options: str) -> Run:
    """Run a side once, with an empty stage and folder; raises SystemExit when it fails."""
    if side in COMMANDS:
        return run_command(side, path)
    with TemporaryDirectory(dir=path.parent) as folder:
        command = [sys.executable, "-m", "benchmarks.stage_sides", side, str(path), folder]
        before = warehouse.cpu_seconds
        usage = run_tree([*command, "--port", str(warehouse.port), *options])
        after = warehouse.cpu_seconds
    with SnowflakeSession(open_connection(connection_parameters("127.0.0.1", warehouse.port, {}))) as session:
        session.query('REMOVE \'@"DEMO"."SFETL"."CHUNKS"\'')
    return Run(usage, Outcome(**json.loads(usage.output)), after - before)


def run_command(side: str, path: Path) -> Run:
    """Run a side that is a command; raises SystemExit when it fails, as when it is not installed."""
    with TemporaryDirectory(dir=path.parent) as folder:
        command = COMMANDS[side].format(file=path, folder=folder)
        usage = run_tree(["bash", "-euo", "pipefail", "-c", command])
        packed_bytes = sum(packed.stat().st_size for packed in Path(folder).iterdir())
    return Run(usage, Outcome(usage.seconds, packed_bytes), 0.0)


def side_rows(options: argparse.Namespace, path: Path, warehouse: Warehouse) -> Iterator[str]:
    """Run all sides in turn, so often; give their rows as cells."""
    sides = options.sides.split(";") if options.sides else [*SIDES, *COMMANDS]
    size_mb = path.stat().st_size / MEGABYTE
    more = ("--chunk-mib", str(options.chunk_mib), "--columns", str(COLUMNS))
    found: dict[str, list[Run]] = {side: [] for side in sides}
    for _ in range(options.runs):
        for side in sides:
            found[side].append(run_side(side, path, warehouse, *more))
    for side, runs in found.items():
        rate = statistics.median(size_mb / run.outcome.seconds for run in runs)
        cpu = statistics.median(run.usage.cpu_seconds for run in runs)
        theirs = statistics.median(run.warehouse_seconds for run in runs)
        ratio = size_mb * MEGABYTE / runs[0].outcome.packed_bytes
        peak_mb = max(run.usage.memory_bytes for run in runs) / MEGABYTE
        shared_mb = max(run.usage.proportional_bytes for run in runs) / MEGABYTE
        needs = f"{cpu:.1f} | {theirs:.1f} | {peak_mb:,.0f} | {shared_mb:,.0f}"
        yield f"{size_mb:,.0f} | {options.chunk_mib} | {side} | {rate:,.0f} | {ratio:.2f} | {needs}"


def link_rows(options: argparse.Namespace, path: Path, warehouse: Warehouse) -> Iterator[str]:
    """Stage the file over each link at each level, in turn, so often; give the rows of the median runs as cells.

    Says of each link how `auto` stands to the best fixed level.
    """
    size_mb, levels = path.stat().st_size / MEGABYTE, options.levels.split(",")
    for link in options.links.split(","):
        found: dict[str, list[Outcome]] = {level: [] for level in levels}
        for _ in range(options.runs):
            for level in levels:
                found[level].append(run_link(options, path, warehouse, float(link), level))
        middle = {level: median_run(outcomes) for level, outcomes in found.items()}
        for level, outcome in middle.items():
            yield f"{size_mb:,.0f} | {options.chunk_mib} | {link} | {level} | {link_cells(size_mb, outcome)}"
        tell_auto(link, {level: outcome.seconds for level, outcome in middle.items()})


def run_link(
    options: argparse.Namespace, path: Path, warehouse: Warehouse, link_mb: float, level: str
) -> Outcome:
    """Stage the file once through a proxy."""
    with throttling_proxy(link_mb * MEGABYTE) as proxy:
        settings = ("--chunk-mib", str(options.chunk_mib), "--level", level)
        return run_side(STAGING, path, warehouse, *settings, "--proxy-port", str(proxy.port)).outcome


def median_run(outcomes: Sequence[Outcome]) -> Outcome:
    """Give the run in the middle by its seconds, of two the faster one."""
    return sorted(outcomes, key=lambda outcome: outcome.seconds)[(len(outcomes) - 1) // 2]


def tell_auto(link: str, seconds: Mapping[str, float]) -> None:
    """Print what `auto` takes beside the best fixed level and beside level 1."""
    fixed = {level: taken for level, taken in seconds.items() if level != "auto"}
    if "auto" not in seconds or not fixed:
        return
    best = min(fixed, key=lambda level: fixed[level])
    shares = [
        f"{fixed[level] / seconds['auto']:.0%} of level {level}" for level in {best, "1"} & fixed.keys()
    ]
    print(f"link {link}: auto has the rate of {', '.join(shares)}; {best} is the best", flush=True)


def link_cells(size_mb: float, outcome: Outcome) -> str:
    """Give a row's last cells."""
    counts = sorted((int(level), count) for level, count in outcome.levels.items())
    levels = ", ".join(f"{level} × {count}" for level, count in counts)
    share = 100 * outcome.progress_seconds / outcome.seconds
    ratio = size_mb * MEGABYTE / outcome.packed_bytes
    return f"{size_mb / outcome.seconds:.1f} | {ratio:.2f} | {levels} | {share:.2f}"


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.stage", description=__doc__)
    parser.add_argument("file", type=Path, nargs="?", help="a TSV file; without one it is generated")
    parser.add_argument("--bytes", type=bytes_of, default=bytes_of("1GB"), help="size of the generated file")
    parser.add_argument("--chunk-mib", type=int, default=100)
    parser.add_argument("--runs", type=int, help="3 unless said, with --links 1")
    parser.add_argument("--sides", help="some of the sides, with ; between them")
    parser.add_argument("--links", help="megabytes a second: measure levels over these, not the sides")
    parser.add_argument("--levels", default="auto,1,3,6,9,12")
    parser.add_argument("--folder", type=Path, help="where all files are written")
    parser.add_argument("--record", action="store_true")
    options = parser.parse_args()
    options.runs = options.runs or (1 if options.links else 3)
    return options


def main() -> None:
    """Measure and print."""
    options = arguments()
    with TemporaryDirectory(dir=options.folder) as name, served(Path(name)) as warehouse:
        path = options.file or Path(name) / "sales.tsv"
        if options.file is None:
            write_file(path, Shape(COLUMNS, "2024-01"), options.bytes)
        subprocess.run(["cat", str(path)], stdout=subprocess.DEVNULL, check=True)
        lines = told_rows((link_rows if options.links else side_rows)(options, path, warehouse))
    if options.record:
        append_rows(LINKS_HEADING if options.links else SIDES_HEADING, lines)


if __name__ == "__main__":
    main()
