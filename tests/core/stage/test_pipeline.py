from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from sfetl_provider.core.errors import UploadError
from sfetl_provider.core.stage.compress import ChunkFile
from sfetl_provider.core.stage.level import Backlog
from sfetl_provider.core.stage.pipeline import QUEUE_CHUNKS, Crew, Happening, Pipeline
from sfetl_provider.core.stage.split import ChunkRange

WORKERS, UPLOAD_WORKERS = 2, 2
MOST_HELD = WORKERS + QUEUE_CHUNKS + UPLOAD_WORKERS


class _Crew:
    """Makes chunks at once; uploads wait until they are let go."""

    def __init__(self) -> None:
        self.backlogs: list[Backlog] = []
        self.let_go = threading.Event()
        self.stops = 0

    def crew(self) -> Crew:
        return Crew(self.make, self.upload, self.stop, self.choose)

    def make(self, chunk: ChunkRange, level: int, is_stopped: Callable[[], bool]) -> ChunkFile:
        return ChunkFile(Path(f"{chunk.number}"), chunk, 1, 1, 1, 0, 1, "", level)

    def upload(self, made: ChunkFile) -> None:
        self.let_go.wait()
        if self.stops:
            raise UploadError("stopped")

    def stop(self) -> None:
        self.stops += 1
        self.let_go.set()

    def choose(self, backlog: Backlog) -> int:
        self.backlogs.append(backlog)
        return 1


def ranges(count: int) -> list[ChunkRange]:
    return [ChunkRange(number, number, number + 1) for number in range(1, count + 1)]


def test_no_more_chunks_are_begun_than_may_be_held() -> None:
    crew, made = _Crew(), 0

    for step in Pipeline(crew.crew(), WORKERS, UPLOAD_WORKERS).run(iter(ranges(20))):
        match step:
            case (Happening.MADE, _):
                made += 1
                if made == MOST_HELD:
                    assert len(crew.backlogs) == MOST_HELD
                    crew.let_go.set()

    assert (made, crew.stops) == (20, 0)


def test_chunks_that_wait_for_the_first_logins_do_not_count() -> None:
    crew, made, before = _Crew(), 0, 0

    for step in Pipeline(crew.crew(), WORKERS, UPLOAD_WORKERS).run(iter(ranges(20))):
        match step:
            case (Happening.MADE, _):
                made += 1
                if made == MOST_HELD:
                    before = len(crew.backlogs)
                    crew.let_go.set()

    assert {backlog.waiting_chunks for backlog in crew.backlogs[:before]} == {0}
    assert max(backlog.waiting_chunks for backlog in crew.backlogs[before:]) > 0


def test_a_chunk_that_is_made_out_of_turn_keeps_nobody_busy() -> None:
    class Slow(_Crew):
        def make(self, chunk: ChunkRange, level: int, is_stopped: Callable[[], bool]) -> ChunkFile:
            if chunk.number == 1:
                threading.Event().wait(0.2)
            return super().make(chunk, level, is_stopped)

    crew = Slow()
    crew.let_go.set()
    steps = list(Pipeline(crew.crew(), WORKERS, UPLOAD_WORKERS).run(iter(ranges(4))))

    # One at most for each chunk that is made and each that is uploaded; it was thousands.
    assert steps.count(None) <= 8
    assert len(steps) - steps.count(None) == 8


def test_closing_it_stops_uploads_and_threads() -> None:
    crew = _Crew()
    steps = Pipeline(crew.crew(), WORKERS, UPLOAD_WORKERS).run(iter(ranges(20)))
    while len(crew.backlogs) < MOST_HELD:
        next(steps)
    steps.close()

    assert crew.stops == 1
    names = [thread.name for thread in threading.enumerate()]
    assert [name for name in names if name.startswith(("compress", "upload"))] == []


def test_an_error_of_a_thread_comes_out() -> None:
    crew = _Crew()
    crew.stop()

    with pytest.raises(UploadError):
        list(Pipeline(crew.crew(), WORKERS, UPLOAD_WORKERS).run(iter(ranges(3))))
