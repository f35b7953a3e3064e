"""The SHA-256 of a whole source file, computed beside those who read it for something else."""

from __future__ import annotations

import hashlib
from pathlib import Path
from threading import Condition, Thread
from types import TracebackType

from sfetl_provider.core.errors import SourceFileError
from sfetl_provider.core.plan.month_plan import SourceFile
from sfetl_provider.core.tsv.source import open_source, read_blocks

_BLOCK_BYTES = 1024 * 1024


class FileHash:
    """A thread that reads a file once more, from its start, no further than it is told that others read.

    So the disk is read once: what it needs is in the page cache, or will be needed by them. It takes some of a
    core: about a second a gigabyte where the processor has SHA instructions. Memory: one block of 1 MiB. Leaving
    the block ends the thread. Without a path there is no thread, and the hash is empty.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._digest = hashlib.sha256()
        self._change = Condition()
        self._allowed_bytes = 0.0
        self._is_stopped = False
        self._failure: Exception | None = None
        self._thread = Thread(target=self._run, args=(path,), name="hash")

    def __enter__(self) -> FileHash:
        if self._path is not None:
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._change:
            self._is_stopped = True
            self._change.notify()
        if self._path is not None:
            self._thread.join()

    def allow(self, until_byte: float) -> None:
        """Let it read up to there."""
        with self._change:
            self._allowed_bytes = max(self._allowed_bytes, until_byte)
            self._change.notify()

    def result(self) -> str:
        """Let it read to the end, wait, and give the hash; raises SourceFileError when the file is unreadable."""
        if self._path is None:
            return ""
        self.allow(float("inf"))
        self._thread.join()
        if self._failure is not None:
            raise self._failure
        return self._digest.hexdigest()

    def _run(self, path: Path) -> None:
        try:
            self._read(path)
        except Exception as error:  # noqa: BLE001  # it is raised where the result is asked for
            self._failure = error

    def _read(self, path: Path) -> None:
        done = 0
        with open_source(path) as file:
            blocks = read_blocks(file, _BLOCK_BYTES)
            while self._may_read_at(done) and (block := next(blocks, None)):
                self._digest.update(block)
                done += len(block)

    def _may_read_at(self, offset: int) -> bool:
        with self._change:
            self._change.wait_for(lambda: self._is_stopped or offset < self._allowed_bytes)
            return not self._is_stopped


def file_sha256(path: Path) -> str:
    """Give the SHA-256 of a file's bytes, read once; raises SourceFileError when it cannot be read."""
    with FileHash(path) as file_hash:
        return file_hash.result()


def require_sha256(source: SourceFile, found: str) -> None:
    """Raise SourceFileError when a file is not the one whose SHA-256 was known before; either may be empty."""
    if source.sha256 and found and source.sha256 != found:
        raise SourceFileError(
            f"{source.name} has SHA-256 {found} instead of {source.sha256}, which its manifest or an earlier "
            "look says.",
            safe="Nothing was loaded; the table is as it was.",
            next_step="Have the file or its manifest delivered again, then clear this run's tasks from "
            "wait_for_files on.",
        )
