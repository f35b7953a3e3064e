"""Chunks made side by side and handed over in their order."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from threading import Event

from sfetl_provider.core.plan.names import chunk_name
from sfetl_provider.core.stage.compress import ChunkFile, ChunkSource, compress_chunk
from sfetl_provider.core.stage.split import ChunkRange


def make_chunks(
    source: ChunkSource, ranges: Iterable[ChunkRange], folder: Path, workers: int
) -> Generator[ChunkFile]:
    """Compress chunks with `workers` threads and give them in order; the taker removes each file.

    At most `workers` chunks are in work or wait, besides the one that was handed out, so the disk needs
    (workers + 1) × the largest compressed chunk and memory workers × about 16 MiB. An error comes out at its
    chunk's turn. Close the iterator: that stops the threads within a block; files are left to the folder's
    owner.
    """
    stopped = Event()
    pending: deque[Future[ChunkFile]] = deque()
    executor = ThreadPoolExecutor(workers, thread_name_prefix="compress")
    try:
        for chunk in ranges:
            target = folder / chunk_name(chunk.number)
            pending.append(executor.submit(compress_chunk, source, chunk, target, stopped.is_set))
            if len(pending) > workers:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:
        stopped.set()
        executor.shutdown(cancel_futures=True)
