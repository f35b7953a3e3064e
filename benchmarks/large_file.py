"""A file as large as a month can be, through QC and staging at once: seconds, and memory and disk over time.

    python -m benchmarks.large_file [--bytes 50GB] [--chunk-mib 400] [--folder DIR] [--samples FILE] [--record]

Run from the project's root with the environment of the tests. The stage discards what it gets: neither warehouse
nor link are measured. The file is made of one generated gigabyte, over and over, and lies in the folder with the
scratch files of both: the disk needs the file's size and some GB. Memory is the resident one of each of the two
processes with what they start; disk is what both keep in scratch. `--samples` writes a CSV line per second,
`--record` adds a row to benchmarks/RESULTS.md, in which each tenth of the time gives its highest value.
"""

import argparse
import csv
import shutil
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import astuple, dataclass, fields
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.generate import Shape, bytes_of, write_file
from benchmarks.process_tree import Usage, run_tree
from benchmarks.results import MACHINE_COLUMNS, append_rows, machine_cells
from benchmarks.stage_sides import DISCARDED

MEGABYTE = 1e6
COLUMNS = 12
BLOCK_BYTES = 10**9
TENTHS = 10
QC = "QC: structure, dates"
USED_COLUMNS = "QC's memory MB | staging's memory MB | scratch MB"
HEADING = f"""
## A large file through QC and staging

`python -m benchmarks.large_file`: both at the same time, to a stage that discards. Memory and disk: the highest of
each tenth of the time.

| {MACHINE_COLUMNS} | GB | QC s | staging s | both MB/s | CPU s | {USED_COLUMNS} |
|---|---|---|---|---|---|---|---|---|---|---|---|
"""


@dataclass
class Sample:
    """What was used at a moment, in bytes."""

    seconds: float
    qc_memory: int
    staging_memory: int
    scratch: int


class Sampler:
    """Takes a sample a second; both processes' memory is told by those who run them."""

    def __init__(self, scratch: Path) -> None:
        self.samples: list[Sample] = []
        self._scratch = scratch
        self._memory = {QC: 0, DISCARDED: 0}

    def tell(self, side: str, memory_bytes: int) -> None:
        """Take note of a side's memory."""
        self._memory[side] = max(self._memory[side], memory_bytes)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Sample while the block runs."""
        ended, began = threading.Event(), time.perf_counter()

        def sample() -> None:
            is_over = False
            while not is_over:
                is_over = ended.wait(1)
                memory, self._memory = self._memory, {QC: 0, DISCARDED: 0}
                seconds = time.perf_counter() - began
                used = (memory[QC], memory[DISCARDED], folder_bytes(self._scratch))
                self.samples.append(Sample(seconds, *used))

        with ThreadPoolExecutor(1) as executor:
            executor.submit(sample)
            try:
                yield
            finally:
                ended.set()


def folder_bytes(folder: Path) -> int:
    """The size of all files below a folder, as they come and go."""
    total = 0
    for path in folder.rglob("*"):
        with suppress(OSError):
            total += 0 if path.is_symlink() or path.is_dir() else path.stat().st_size
    return total


def write_large(path: Path, size_bytes: int) -> None:
    """Write a generated block over and over, whole, until the file has the size at least."""
    block = path.with_suffix(".block")
    write_file(block, Shape(COLUMNS, "2024-01"), min(size_bytes, BLOCK_BYTES))
    with path.open("wb") as file:
        while file.tell() < size_bytes:
            with block.open("rb") as source:
                shutil.copyfileobj(source, file, 16 * 1024 * 1024)
    block.unlink()


def run_both(path: Path, scratch: Path, chunk_mib: int, sampler: Sampler) -> tuple[Usage, Usage]:
    """Run QC and staging at the same time; raises SystemExit when one fails."""
    modules = [sys.executable, "-m"]
    qc = [*modules, "benchmarks.qc_sides", QC, str(path), str(COLUMNS)]
    stage = [
        *modules,
        "benchmarks.stage_sides",
        DISCARDED,
        str(path),
        str(scratch),
        "--chunk-mib",
        str(chunk_mib),
    ]
    with ThreadPoolExecutor(2) as executor, sampler.running():
        runs: list[Future[Usage]] = [
            executor.submit(run_tree, command, lambda memory, side=side: sampler.tell(side, memory))
            for side, command in ((QC, qc), (DISCARDED, stage))
        ]
        return runs[0].result(), runs[1].result()


def tenths(values: Sequence[float]) -> str:
    """The highest of each tenth, in megabytes."""
    edges = [len(values) * at // TENTHS for at in range(TENTHS + 1)]
    parts = [values[start : max(end, start + 1)] for start, end in pairwise(edges)]
    return ", ".join(f"{max(part) / MEGABYTE:,.0f}" for part in parts if part)


def row(size_bytes: int, qc: Usage, stage: Usage, samples: Sequence[Sample]) -> str:
    """Give the row."""
    rate = size_bytes / max(qc.seconds, stage.seconds) / MEGABYTE
    cells = (
        machine_cells(),
        f"{size_bytes / 1e9:,.1f}",
        f"{qc.seconds:,.0f}",
        f"{stage.seconds:,.0f}",
        f"{rate:,.0f}",
        f"{qc.cpu_seconds + stage.cpu_seconds:,.0f}",
        tenths([sample.qc_memory for sample in samples]),
        tenths([sample.staging_memory for sample in samples]),
        tenths([sample.scratch for sample in samples]),
    )
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.large_file", description=__doc__)
    parser.add_argument("--bytes", type=bytes_of, default=bytes_of("50GB"))
    parser.add_argument("--chunk-mib", type=int, default=400)
    parser.add_argument("--folder", type=Path, help="where all files are written")
    parser.add_argument("--samples", type=Path, help="a CSV file for what was used over time")
    parser.add_argument("--record", action="store_true")
    options = parser.parse_args()
    with TemporaryDirectory(dir=options.folder) as name, TemporaryDirectory(dir=options.folder) as source:
        # QC keeps its scratch beside the file, so that the file is linked to from there.
        path, large = Path(name) / "sales.tsv", Path(source) / "sales.tsv"
        write_large(large, options.bytes)
        path.symlink_to(large)
        size_bytes, sampler = large.stat().st_size, Sampler(Path(name))
        qc, stage = run_both(path, Path(name), options.chunk_mib, sampler)
    if options.samples:
        with options.samples.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(field.name for field in fields(Sample))
            writer.writerows(map(astuple, sampler.samples))
    line = row(size_bytes, qc, stage, sampler.samples)
    print(line)
    if options.record:
        append_rows(HEADING, [line])


if __name__ == "__main__":
    main()
