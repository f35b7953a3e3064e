"""The files of one COPY read one after the other, the next one being unpacked meanwhile."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import duckdb

from local.warehouse.errors import SqlError
from local.warehouse.loading.copy_files import Candidate
from local.warehouse.loading.copy_results import FileResult
from local.warehouse.loading.exact_load import RowPlan
from local.warehouse.loading.file_load import DirectInsert, FileLoad
from local.warehouse.loading.on_error import OnError
from local.warehouse.loading.staged_text import StagedText, unpack
from local.warehouse.serving.faults import file_was_copied
from local.warehouse.stages.stage_location import StageLocation
from local.warehouse.stages.stages import StagedFile

_LOOK_SECONDS = 0.1


@dataclass(frozen=True)
class Reading:
    """What is read and how; `folder` takes the text of two files and the rows made of all."""

    plan: RowPlan
    on_error: OnError
    location: StageLocation
    candidates: list[Candidate]
    folder: Path
    cancelled: threading.Event
    on_bytes: Callable[[int], None]
    direct: DirectInsert | None

    def results(self, connection: duckdb.DuckDBPyConnection) -> list[FileResult]:
        """Read them all, on a connection beside the session's."""
        with (
            ThreadPoolExecutor(max_workers=1) as unpacking,
            _interruptible(connection, self.cancelled) as beside,
        ):
            try:
                return list(self._each(unpacking, beside))
            except BaseException:
                unpacking.shutdown(wait=False, cancel_futures=True)
                raise

    def _each(
        self, unpacking: ThreadPoolExecutor, connection: duckdb.DuckDBPyConnection
    ) -> Iterator[FileResult]:
        coming = self._start(unpacking, 0)
        for number, candidate in enumerate(self.candidates):
            text = coming.result() if coming else None
            coming = self._start(unpacking, number + 1)
            result = self._read(candidate, number, text, connection)
            file_was_copied()
            yield result
            if isinstance(text, StagedText):
                text.path.unlink()

    def _start(self, unpacking: ThreadPoolExecutor, number: int) -> Future[StagedText | SqlError] | None:
        """Unpack a file that DuckDB may read."""
        candidate = self.candidates[number] if number < len(self.candidates) else None
        if candidate is None or candidate.staged is None or not candidate.is_wanted:
            return None
        if not self.plan.counts_columns or not self.plan.file_format.is_read_by_duckdb:
            return None
        return unpacking.submit(self._unpack, candidate.staged, self.folder / f"{number}.txt")

    def _unpack(self, staged: StagedFile, to: Path) -> StagedText | SqlError:
        try:
            return unpack(staged, self.plan.file_format, to, self.cancelled, self.on_bytes)
        except SqlError as error:
            return error

    def _read(
        self,
        candidate: Candidate,
        number: int,
        text: StagedText | SqlError | None,
        connection: duckdb.DuckDBPyConnection,
    ) -> FileResult:
        name = self.location.shown(candidate.path)
        if candidate.refusal is not None or candidate.staged is None:
            return FileResult(name, candidate.staged, refusal=candidate.refusal)
        # The pace has heard of what was unpacked; when it is read a second time it need not hear of it again.
        on_bytes = self.on_bytes if text is None else _unheard
        work = FileLoad(
            connection,
            self.plan,
            self.on_error,
            candidate.staged,
            self.folder / f"{number}.rows",
            self.cancelled,
            on_bytes,
            self.direct,
        )
        return FileResult(name, candidate.staged, work.run(text))


@contextlib.contextmanager
def _interruptible(
    connection: duckdb.DuckDBPyConnection, cancelled: threading.Event
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection beside the session's whose statement is interrupted when the query is cancelled."""
    is_over = threading.Event()
    with connection.cursor() as beside:

        def watch() -> None:
            while not is_over.is_set():
                if cancelled.wait(_LOOK_SECONDS) and not is_over.is_set():
                    beside.interrupt()
                    is_over.wait(_LOOK_SECONDS)

        watcher = threading.Thread(target=watch, name="copy-cancel", daemon=True)
        watcher.start()
        try:
            yield beside
        finally:
            is_over.set()
            watcher.join()


def _unheard(_byte_count: int) -> None:
    """Nobody wants to know."""
