"""Two readers of one file, side by side: DuckDB for the values, one pass over the bytes for the structure."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.errors import ScratchSpaceError
from sfetl_provider.core.events import Listener, Progress
from sfetl_provider.core.plan.month_plan import SourceFile
from sfetl_provider.core.qc.beginning import Beginning
from sfetl_provider.core.qc.structure import Structure, record_blocks
from sfetl_provider.core.qc.values import Values, ValueScan
from sfetl_provider.core.tsv.source import open_source

PROGRESS_BYTES = 64 * 1024 * 1024
INTERRUPT_SECONDS = 0.05
_SAFE = "Nothing of it was published."


@dataclass(frozen=True)
class Reading:
    """One file to read from its first data record on; progress goes to the listener, in bytes."""

    source: SourceFile
    config: FeedConfig
    beginning: Beginning
    listener: Listener

    def run(self, structure: Structure, scratch: Path) -> Values | None:
        """Fill the structure and give the values, None when DuckDB cannot make sense of the file.

        The listener is called in the calling thread. However it ends, DuckDB has stopped and its files below
        `scratch` are gone. Raises SourceFileError and ScratchSpaceError.
        """
        with _scratch_folder(scratch) as folder:
            # DuckDB takes brackets and stars in a path for wildcards; the link's name has none.
            link = folder / "source"
            link.symlink_to(Path(self.source.path).absolute())
            scan = ValueScan(link, self.beginning.header_records, self.config, folder)
            with ThreadPoolExecutor(1, thread_name_prefix="qc-values") as executor:
                values = executor.submit(scan.run)
                try:
                    self._read_structure(structure)
                    return values.result()
                except duckdb.Error as error:
                    raise out_of_resources(self.source, self.config, error) from error
                finally:
                    _end(scan, values)

    def _read_structure(self, structure: Structure) -> None:
        reported, size_bytes = 0, self.beginning.size_bytes
        with open_source(Path(self.source.path)) as file:
            for block in record_blocks(file, self.beginning.start, structure.shape):
                structure.add(block)
                done = min(block.offset + len(block.content), size_bytes)
                if done - reported >= PROGRESS_BYTES or done == size_bytes:
                    reported = done
                    self.listener(Progress("qc", self.source.name, done, size_bytes, "bytes"))


def _end(scan: ValueScan, values: Future[Values | None]) -> None:
    # An interruption that comes before the query has begun is lost, so it is repeated.
    while not values.done():
        scan.interrupt()
        wait([values], INTERRUPT_SECONDS)
    scan.close()


@contextmanager
def _scratch_folder(scratch: Path) -> Iterator[Path]:
    try:
        scratch.mkdir(parents=True, exist_ok=True)
        folder = tempfile.TemporaryDirectory(prefix="qc-", dir=scratch)
    except OSError as error:
        raise ScratchSpaceError(
            f"The scratch folder {scratch} cannot be used: {error.strerror or error}.",
            safe=_SAFE,
            next_step="Make room there or let the worker's user write to it, then clear this task.",
            stage="qc",
        ) from error
    with folder as name:
        yield Path(name)


def out_of_resources(source: SourceFile, config: FeedConfig, error: duckdb.Error) -> ScratchSpaceError:
    """Say that DuckDB could not go on, and which setting gives it more room."""
    return ScratchSpaceError(
        f"QC of {source.name} stopped: {error}",
        safe=_SAFE,
        next_step=f"Give it more than qc.memory_mib = {config.qc.memory_mib} or more room in the scratch "
        "folder, then clear this task.",
        stage="qc",
    )
