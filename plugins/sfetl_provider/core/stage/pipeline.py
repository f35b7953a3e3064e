"""Chunks made and uploaded side by side."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from enum import Enum
from threading import Event
from typing import Any

from sfetl_provider.core.stage.compress import ChunkFile
from sfetl_provider.core.stage.level import Backlog
from sfetl_provider.core.stage.pace import THIS_MACHINE, Effort, Meters, Pace
from sfetl_provider.core.stage.split import ChunkRange

QUEUE_CHUNKS = 2
TICK_SECONDS = 1.0


@dataclass(frozen=True)
class Crew:
    """Who does the work: `make` and `upload` are called by threads, `choose_level` by the caller's."""

    make: Callable[[ChunkRange, int, Callable[[], bool]], ChunkFile]
    upload: Callable[[ChunkFile], None]
    stop_uploads: Callable[[], None]
    choose_level: Callable[[Backlog], int]


class Happening(Enum):
    """What became of a chunk."""

    MADE = "made"
    UPLOADED = "uploaded"


Step = tuple[Happening, ChunkFile] | None


class Pipeline:
    """One file's chunks on their way to the stage, by `workers` + `upload_workers` threads.

    At most workers + QUEUE_CHUNKS chunks are made or wait, and upload_workers are uploaded, so the disk needs
    (workers + QUEUE_CHUNKS + upload_workers) × the largest compressed chunk, and twice the share of the
    uploads where the connector encrypts a copy. Memory: see `stage_file`.
    """

    def __init__(self, crew: Crew, workers: int, upload_workers: int, meters: Meters = THIS_MACHINE) -> None:
        self._crew = crew
        self._meters = meters
        self._workers = workers
        self._upload_workers = upload_workers
        self._stopped = Event()
        self._has_news = Event()
        self._making: deque[Future[tuple[ChunkFile, Effort]]] = deque()
        self._waiting: deque[ChunkFile] = deque()
        self._uploading: dict[Future[float], ChunkFile] = {}
        self._pace = Pace(workers, upload_workers)

    def run(self, ranges: Iterator[ChunkRange]) -> Generator[Step]:
        """Give MADE for each chunk in order, UPLOADED as each arrives, and None at least every second.

        The first error of a thread comes out, after the UPLOADED of those that had arrived by then. However it
        ends, also when the generator is closed, uploads under way are stopped and all threads have ended.
        Chunk files are left to the taker.
        """
        compression = ThreadPoolExecutor(self._workers, thread_name_prefix="compress")
        uploads = ThreadPoolExecutor(self._upload_workers, thread_name_prefix="upload")
        try:
            while self._begin(ranges, compression, uploads):
                # Not a wait for futures: a chunk that is made out of turn would end each at once.
                self._has_news.wait(TICK_SECONDS)
                self._has_news.clear()
                yield from self._arrived()
                yield from self._made()
                yield None
        finally:
            self._stopped.set()
            if self._uploading:
                self._crew.stop_uploads()
            uploads.shutdown(cancel_futures=True)
            compression.shutdown(cancel_futures=True)

    def _begin(
        self, ranges: Iterator[ChunkRange], compression: ThreadPoolExecutor, uploads: ThreadPoolExecutor
    ) -> bool:
        """Give every free worker a chunk; tell whether anything is under way."""
        while self._waiting and len(self._uploading) < self._upload_workers:
            chunk = self._waiting.popleft()
            upload = uploads.submit(self._upload, chunk)
            self._uploading[upload] = chunk
            upload.add_done_callback(self._tell)
        while self._has_room() and (chunk_range := next(ranges, None)):
            level = self._crew.choose_level(self._backlog())
            making = compression.submit(self._make, chunk_range, level)
            self._making.append(making)
            making.add_done_callback(self._tell)
        return bool(self._making or self._uploading)

    def _tell(self, _: Future[Any]) -> None:
        self._has_news.set()

    def _make(self, chunk_range: ChunkRange, level: int) -> tuple[ChunkFile, Effort]:
        clock, work = self._meters.clock, self._meters.work
        began, worked = clock(), work()
        made = self._crew.make(chunk_range, level, self._stopped.is_set)
        return made, Effort(clock() - began, work() - worked)

    def _upload(self, chunk: ChunkFile) -> float:
        began = self._meters.clock()
        self._crew.upload(chunk)
        return self._meters.clock() - began

    def _has_room(self) -> bool:
        running = sum(not making.done() for making in self._making)
        held = len(self._making) + len(self._waiting)
        return running < self._workers and held < self._workers + QUEUE_CHUNKS

    def _backlog(self) -> Backlog:
        # Until the first chunk has arrived, chunks wait for logins, which says nothing about the link.
        finished = sum(making.done() for making in self._making)
        waiting = len(self._waiting) + finished if self._pace.has_uploaded else 0
        pace, idle = self._pace, self._upload_workers - len(self._uploading)
        pace.add_idle(self._meters.clock(), self._meters.idle())
        return Backlog(waiting, idle, pace.headroom, pace.affordable, pace.ratios, pace.costs)

    def _arrived(self) -> Iterator[Step]:
        done = [upload for upload in self._uploading if upload.done()]
        failed = [upload for upload in done if upload.exception() is not None]
        for upload in done:
            if upload not in failed:
                chunk = self._uploading.pop(upload)
                self._pace.add_upload(chunk, upload.result())
                yield Happening.UPLOADED, chunk
        for upload in failed:
            upload.result()

    def _made(self) -> Iterator[Step]:
        while self._making and self._making[0].done():
            chunk, effort = self._making.popleft().result()
            self._pace.add_made(chunk, effort)
            yield Happening.MADE, chunk
            self._waiting.append(chunk)
