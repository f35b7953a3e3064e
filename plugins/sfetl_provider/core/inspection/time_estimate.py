"""How long QC and compressing would take, from running both on a file's beginning."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.config.size import MIB
from sfetl_provider.core.inspection.report import TimeEstimate
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.plan.month_plan import SourceFile
from sfetl_provider.core.plan.names import chunk_name
from sfetl_provider.core.qc.scan import Places, scan_file
from sfetl_provider.core.stage.compress import ChunkSource, compress_chunk
from sfetl_provider.core.stage.level import LADDER
from sfetl_provider.core.stage.scratch import scratch_error
from sfetl_provider.core.stage.split import ChunkRange, chunk_ranges
from sfetl_provider.core.tsv.boundaries import body_start, record_end
from sfetl_provider.core.tsv.source import open_source
from sfetl_provider.core.tsv.text_file import SourceText, open_text_file

SAMPLE_BYTES = 64 * MIB
CHUNK_BYTES = 8 * MIB
_COPY_BYTES = 4 * MIB
# Which month it is decides only where rows per day are counted.
_ANY_MONTH = Month(2000, 1)


def estimate_times(
    path: Path, config: FeedConfig, scratch: Path, monotonic: Callable[[], float]
) -> TimeEstimate:
    """Run the real scan and the real compression on the first 64 MiB of text and extrapolate by size.

    Decompressing a compressed file is left out, as it is small beside both. Takes 64 MiB of scratch, given back.
    The upload depends on the network and is left out. Raises as the scan.
    """
    with _scratch_errors(scratch):
        scratch.mkdir(parents=True, exist_ok=True)
        temporary = tempfile.TemporaryDirectory(prefix="estimate-", dir=scratch)
    with temporary as folder:
        beginning = Path(folder) / "beginning"
        measured, share = _write_beginning(path, config, beginning)
        started = monotonic()
        scan_file(_source(beginning), config, _ANY_MONTH, Places(Path(folder) / "qc"))
        scanned = monotonic()
        compressed_bytes = _compress(beginning, config, Path(folder))
        compressed = monotonic()
    return TimeEstimate(
        measured_bytes=measured,
        text_bytes=round(measured / share),
        qc_seconds=round((scanned - started) / share, 1),
        compress_seconds=round((compressed - scanned) / share, 1),
        compressed_share=round(compressed_bytes / measured, 4),
    )


def write_blocks(blocks: Iterable[bytes], target: Path) -> int:
    """Write a file and give its size; raises ScratchSpaceError when the disk does not take it."""
    with _scratch_errors(target.parent), target.open("wb") as file:
        return sum(file.write(block) for block in blocks)


def _write_beginning(path: Path, config: FeedConfig, target: Path) -> tuple[int, float]:
    """Write whole records from the text's start, some 64 MiB of them; gives their size and share of all."""
    with open_text_file(path) as text:
        end = record_end(text, SAMPLE_BYTES - 1, _quote(config))
        text.seek(0)
        measured = write_blocks(_blocks(text, end), target)
        is_whole = not text.read(1)
        return measured, 1.0 if is_whole else min(1.0, text.source_position / path.stat().st_size)


def _blocks(text: SourceText, left: int) -> Iterator[bytes]:
    while block := text.read(min(_COPY_BYTES, left)):
        yield block
        left -= len(block)


@contextmanager
def _scratch_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise scratch_error(folder, error) from error


def _compress(path: Path, config: FeedConfig, folder: Path) -> int:
    """Make all chunks as staging does, at the level that it begins with; gives their compressed size."""
    source = ChunkSource(path, path.stat().st_size, _quote(config), compression=config.stage.compression)
    level = LADDER[0] if config.stage.zstd_level == "auto" else config.stage.zstd_level
    with open_source(path) as file:
        start = body_start(file, config.format.header, source.quote)
        ranges = list(chunk_ranges(file, start, CHUNK_BYTES, source.quote))

    def size_of(chunk: ChunkRange) -> int:
        target = folder / chunk_name(chunk.number, source.compression)
        return compress_chunk(source, chunk, target, level).compressed_bytes

    with ThreadPoolExecutor(config.stage.workers) as workers:
        return sum(workers.map(size_of, ranges))


def _quote(config: FeedConfig) -> bytes | None:
    return config.format.quote.encode() if config.format.quote else None


def _source(path: Path) -> SourceFile:
    state = path.stat()
    return SourceFile(
        path=str(path), name=path.name, key=path.name, size_bytes=state.st_size, modified_ns=state.st_mtime_ns
    )
