"""How fast the local warehouse takes a big file, and what memory that costs it.

    python benchmarks/local_warehouse.py [--bytes 1GB] [--record]

Writes a TSV in chunks, packs each in one zstd frame of about 100 MB, starts the warehouse as a process of its own,
PUTs the chunks by the real connector and loads them with one COPY. The same seed gives the same bytes. Everything
lies in a temporary folder that is deleted at the end. `--record` files the numbers in benchmarks/RESULTS.md: only
when nothing else loads the machine.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import psutil
import snowflake.connector
import zstandard
from snowflake.connector import SnowflakeConnection

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.results import append_rows, machine_cells
from local.warehouse.serving.server import connection_parameters

CHUNK_BYTES = 100 * 10**6
START_SECONDS = 60.0
SAMPLE_SECONDS = 0.05
_UNITS = {"MB": 10**6, "GB": 10**9}
_COLUMNS = {
    "ID": "NUMBER(18,0)",
    "SOLD_ON": "DATE",
    "SOLD_AT": "TIMESTAMP_NTZ",
    "AMOUNT": "NUMBER(12,2)",
    "CURRENCY": "VARCHAR(3)",
    "CUSTOMER": "VARCHAR(64)",
    "NOTE": "VARCHAR(200)",
    "QUANTITY": "NUMBER(9,0)",
}
# `h` is a random number of the row: texts that do not pack to nothing, as those of real files.
_ROW = (
    "i, strftime(DATE '2024-01-01' + (i % 31)::INTEGER, '%Y-%m-%d'), "
    "strftime(TIMESTAMP '2024-01-01' + INTERVAL (h % 2678400) SECOND, '%Y-%m-%dT%H:%M:%SZ'), "
    "printf('%.2f', (h % 10000000) / 100.0), ['EUR', 'USD', 'CHF'][1 + h % 3], md5(h::VARCHAR), "
    "CASE WHEN h % 10 = 0 THEN NULL ELSE md5(i::VARCHAR) || ' ' || md5((h + i)::VARCHAR) END, h % 100"
)
_FORMAT = (
    r"TYPE=CSV COMPRESSION=ZSTD FIELD_DELIMITER='\t' ESCAPE_UNENCLOSED_FIELD=NONE NULL_IF=('') "
    "SKIP_BLANK_LINES=TRUE DATE_FORMAT='YYYY-MM-DD' "
    'TIMESTAMP_FORMAT=\'YYYY-MM-DD"T"HH24:MI:SS"Z"\''
)
_HEADING = """
## The local warehouse

`python benchmarks/local_warehouse.py`: text of 1 GB in zstd chunks of about 100 MB, uploaded by the connector,
loaded by one COPY. MB/s of text for COPY, of packed bytes for the upload. Memory: the highest resident memory
of the server's process during each.

| date | commit | processor | cores | MB of text | packed | upload MB/s | memory MB | COPY MB/s | memory MB |
|---|---|---|---|---|---|---|---|---|---|
"""


@dataclass(frozen=True)
class Measured:
    """What was moved, in which time, with which peak of the server's memory."""

    text_bytes: int
    packed_bytes: int
    upload_seconds: float
    copy_seconds: float
    upload_memory_bytes: int
    copy_memory_bytes: int

    def row(self) -> str:
        """The line of the results file."""
        cells = (
            machine_cells(),
            f"{self.text_bytes / 1e6:.0f}",
            f"{self.packed_bytes / 1e6:.0f}",
            f"{self.packed_bytes / 1e6 / self.upload_seconds:.0f}",
            f"{self.upload_memory_bytes / 1e6:.0f}",
            f"{self.text_bytes / 1e6 / self.copy_seconds:.0f}",
            f"{self.copy_memory_bytes / 1e6:.0f}",
        )
        return f"| {' | '.join(cells)} |"


class MemoryWatch:
    """Looks at the resident memory of a process; `peak` is the highest since it was last reset."""

    def __init__(self, process_id: int) -> None:
        self._process = psutil.Process(process_id)
        self._is_over = threading.Event()
        self.peak = 0
        threading.Thread(target=self._watch, name="memory", daemon=True).start()

    def _watch(self) -> None:
        with contextlib.suppress(psutil.NoSuchProcess):
            while not self._is_over.wait(SAMPLE_SECONDS):
                self.peak = max(self.peak, self._process.memory_info().rss)

    def stop(self) -> None:
        """Look no more."""
        self._is_over.set()

    def processor_seconds(self) -> float:
        """What the process has used of the processors so far."""
        times = self._process.cpu_times()
        return float(times.user + times.system)


def write_chunks(folder: Path, total_bytes: int, seed: int) -> int:
    """Make packed chunks until their text is as long as asked; gives the length of the text."""
    written = number = first = 0
    rows = 500_000
    while written < total_bytes:
        text = _text(folder / "text.tsv", first, rows, seed)
        whole = text.read_bytes()
        packer = zstandard.ZstdCompressor(level=1, write_checksum=True)
        packed = packer.compress(whole[: total_bytes - written].rpartition(b"\n")[0] + b"\n")
        (folder / f"part-{number:05d}.tsv.zst").write_bytes(packed)
        written += min(len(whole), total_bytes - written)
        first += rows
        number += 1
        rows = max(1, rows * CHUNK_BYTES // max(len(packed), 1)) if number == 1 else rows
    (folder / "text.tsv").unlink()
    return written


def _text(path: Path, first: int, rows: int, seed: int) -> Path:
    random = f"(hash(i + {seed}::BIGINT * 1000000007) % 1000000000000)::BIGINT AS h"
    source = f"SELECT i, {random} FROM range({first}, {first + rows}) r(i)"
    duckdb.execute(
        f"COPY (SELECT {_ROW} FROM ({source})) TO '{path}' (FORMAT csv, DELIMITER '\t', HEADER false, QUOTE '')"
    )
    return path


@contextlib.contextmanager
def running_server(folder: Path) -> Iterator[tuple[int, int]]:
    """The warehouse as a process; gives its port and its process id."""
    port_file = folder / "port"
    command = [sys.executable, "-m", "local.warehouse", "serve", "--folder", str(folder / "warehouse")]
    server = subprocess.Popen(
        [*command, "--port-file", str(port_file)],
        cwd=Path(__file__).resolve().parents[1],
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + START_SECONDS
        while not port_file.exists():
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("The local warehouse did not start.")
            time.sleep(0.1)
        yield int(port_file.read_text(encoding="ascii")), server.pid
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(START_SECONDS)


def measure(chunks: Path, text_bytes: int, connection: SnowflakeConnection, watch: MemoryWatch) -> Measured:
    """Upload all chunks, then load them with one COPY."""
    execute = connection.cursor().execute
    for statement in (
        "CREATE DATABASE BENCHMARK",
        "CREATE STAGE CHUNKS ENCRYPTION=(TYPE='SNOWFLAKE_SSE')",
        f"CREATE TABLE SALES ({', '.join(f'{name} {kind}' for name, kind in _COLUMNS.items())})",
    ):
        execute(statement)
    watch.peak = 0
    started = time.perf_counter()
    execute(
        f"PUT 'file://{chunks}/part-*.zst' @CHUNKS AUTO_COMPRESS=FALSE SOURCE_COMPRESSION=ZSTD PARALLEL=4"
    )
    upload_seconds, upload_memory = time.perf_counter() - started, watch.peak
    watch.peak = 0
    used, started = watch.processor_seconds(), time.perf_counter()
    execute(f"COPY INTO SALES FROM @CHUNKS FILE_FORMAT=({_FORMAT}) ON_ERROR=ABORT_STATEMENT")
    copy_seconds = time.perf_counter() - started
    print(f"COPY took {copy_seconds:.1f} s and {watch.processor_seconds() - used:.1f} s of the processors.")
    packed = sum(chunk.stat().st_size for chunk in chunks.glob("*.zst"))
    return Measured(text_bytes, packed, upload_seconds, copy_seconds, upload_memory, watch.peak)


def main() -> None:
    """Measure, print, and file the numbers if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--bytes", default="1GB", help="how much text, in MB or GB")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--record", action="store_true", help="file the numbers in benchmarks/RESULTS.md")
    arguments = parser.parse_args()
    total = int(float(arguments.bytes[:-2]) * _UNITS[arguments.bytes[-2:].upper()])
    with tempfile.TemporaryDirectory(prefix="benchmark_") as temporary:
        folder = Path(temporary)
        chunks = folder / "chunks"
        chunks.mkdir()
        text_bytes = write_chunks(chunks, total, arguments.seed)
        with running_server(folder) as (port, process_id):
            watch = MemoryWatch(process_id)
            parameters = connection_parameters("127.0.0.1", port, {})
            with contextlib.closing(snowflake.connector.connect(**parameters)) as connection:
                measured = measure(chunks, text_bytes, connection, watch)
            watch.stop()
    print(_HEADING.strip())
    print(measured.row())
    if arguments.record:
        append_rows(_HEADING, [measured.row()])


if __name__ == "__main__":
    main()
