from __future__ import annotations

import os
import threading
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sfetl_provider.core.errors import ReconciliationError, ScratchSpaceError, SourceFileError, UploadError
from sfetl_provider.core.events import Event, Notice, Progress
from sfetl_provider.core.plan.names import stage_folder
from sfetl_provider.core.stage.run import StagePorts, stage_file
from sfetl_provider.core.stage.staged_file import StagedFile
from tests.core.fakes import NOON, InMemoryCheckpoints, InMemoryStage, SteppingClock, feed, plan, source_file

LINE = b"%07d\t2013-01-01\t" + b"x" * 1000 + b"\n"
BODY = b"".join(LINE % number for number in range(3600))
CHUNKS = 4


@dataclass
class Bench:
    """All that one file's staging needs, kept over several tries."""

    folder: Path
    content: bytes = BODY
    stage: InMemoryStage = field(default_factory=InMemoryStage)
    checkpoints: InMemoryCheckpoints = field(default_factory=InMemoryCheckpoints)
    events: list[Event] = field(default_factory=list)
    format: dict[str, Any] = field(default_factory=dict)
    workers: int = 2
    upload_workers: int = 1
    level: int = 1

    def __post_init__(self) -> None:
        self.source = source_file(self.folder / "flights.tsv", self.content)

    def run(self, **changes: Any) -> StagedFile:
        config = feed(
            format=self.format,
            stage={
                "chunk_mib": 1,
                "workers": self.workers,
                "upload_workers": self.upload_workers,
                "zstd_level": self.level,
            },
        )
        ports = StagePorts(
            self.stage, self.stage.uploader(), self.checkpoints, SteppingClock(), self.folder / "scratch"
        )
        return stage_file(self.source, plan(**changes), config, ports, self.events.append)

    def rewrite(self, content: bytes) -> None:
        self.source = source_file(self.folder / "flights.tsv", content)

    def forget_uploads(self) -> None:
        self.stage.uploads.clear()
        self.events.clear()

    @property
    def notices(self) -> str:
        return " ".join(event.message for event in self.events if isinstance(event, Notice))

    @property
    def scratch_files(self) -> list[Path]:
        return [path for path in (self.folder / "scratch").rglob("*") if path.is_file()]


def test_a_file_becomes_chunks_that_are_the_file(tmp_path: Path) -> None:
    bench = Bench(tmp_path)

    staged = bench.run()

    assert bench.stage.text() == BODY
    assert bench.stage.uploads == [f"part-{number:05}.tsv.zst" for number in range(1, CHUNKS + 1)]
    assert all(path.startswith(stage_folder(plan(), bench.source.key)) for path in bench.stage.files)
    assert (staged.records, staged.staged_records, staged.empty_records) == (3600, 3600, 0)
    assert sum(staged.chunk_records) == 3600
    assert staged.chunk_first_lines == tuple(
        1 + sum(staged.chunk_records[:number]) for number in range(len(staged.chunk_records))
    )
    assert staged.compressed_bytes == sum(map(len, bench.stage.files.values()))
    assert (staged.chunks_reused, staged.seconds) == (0, 1.0)
    assert bench.scratch_files == []


@pytest.mark.parametrize("step", ["compress", "upload"])
def test_progress_ends_with_the_whole_file(tmp_path: Path, step: str) -> None:
    bench = Bench(tmp_path)

    bench.run()

    steps = [event for event in bench.events if isinstance(event, Progress) and event.step == step]
    assert [event.done for event in steps] == sorted({event.done for event in steps})
    assert (steps[0].done, steps[-1].done, steps[-1].total) == (0, len(BODY), len(BODY))


def test_progress_of_a_second_try_begins_with_what_the_first_one_staged(tmp_path: Path) -> None:
    bench = Bench(tmp_path, stage=InMemoryStage(fail_at=3))
    with pytest.raises(UploadError):
        bench.run()
    bench.forget_uploads()

    bench.run()

    first = {event.step: event.done for event in reversed(bench.events) if isinstance(event, Progress)}
    assert first["compress"] == first["upload"]
    assert 2**21 <= first["upload"] < 2**21 + 2 * len(LINE)


def test_header_mark_and_empty_lines_are_counted_apart(tmp_path: Path) -> None:
    body = BODY + b"\n\r\n" + LINE[:-1] % 9
    bench = Bench(tmp_path, b"\xef\xbb\xbfid\tday\ttext\n" + body, format={"header": True})

    staged = bench.run()

    assert bench.stage.text() == body
    assert (staged.records, staged.header_records, staged.empty_records, staged.staged_records) == (
        3604,
        1,
        2,
        3601,
    )
    assert staged.chunk_first_lines[0] == 2
    assert "byte order mark" in bench.notices


def test_quoted_newlines_stay_within_a_chunk_and_count_as_lines(tmp_path: Path) -> None:
    record = b'1\t2013-01-01\t"' + b"x\n" * 300_000 + b'"\n'
    bench = Bench(tmp_path, record * 5, format={"quote": '"'})

    staged = bench.run()

    assert bench.stage.text() == record * 5
    assert staged.chunk_records == (2, 2, 1)
    assert staged.chunk_first_lines == (1, 600_003, 1_200_005)


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf"])
def test_an_empty_file_gives_no_chunk_and_says_so(tmp_path: Path, content: bytes) -> None:
    bench = Bench(tmp_path, content)

    staged = bench.run()

    assert (staged.records, staged.chunk_records, bench.stage.files) == (0, (), {})
    assert "holds no records" in bench.notices


def test_a_header_alone_gives_no_chunk(tmp_path: Path) -> None:
    staged = Bench(tmp_path, b"id\tday\ttext", format={"header": True}).run()

    assert (staged.records, staged.header_records, staged.chunk_records) == (1, 1, ())


@pytest.mark.parametrize(("workers", "upload_workers"), [(1, 1), (1, 3), (2, 2), (5, 1)])
def test_no_more_files_wait_than_the_docstring_says(
    tmp_path: Path, workers: int, upload_workers: int
) -> None:
    bench = Bench(tmp_path, BODY * 4, workers=workers, upload_workers=upload_workers)

    bench.run()

    assert 1 <= bench.stage.most_files_waiting <= workers + 2 + upload_workers


@pytest.mark.parametrize("failing", range(1, CHUNKS + 1))
def test_after_a_failure_nothing_recorded_is_uploaded_again(tmp_path: Path, failing: int) -> None:
    whole = Bench(tmp_path)
    whole.run()
    bench = Bench(tmp_path, stage=InMemoryStage(fail_at=failing))

    with pytest.raises(UploadError) as caught:
        bench.run()
    assert f"it resumes at chunk {failing}." in str(caught.value)
    assert bench.scratch_files == []
    bench.forget_uploads()
    staged = bench.run()

    assert bench.stage.uploads == [f"part-{number:05}.tsv.zst" for number in range(failing, CHUNKS + 1)]
    assert bench.stage.files == whole.stage.files
    assert staged.chunks_reused == failing - 1
    assert staged.staged_records == 3600


@pytest.mark.parametrize(
    ("failing", "safe"),
    [
        (1, "No chunk is staged yet."),
        (2, "Chunk 1 is staged and recorded."),
        (3, "Chunks 1–2 are staged and recorded."),
    ],
)
def test_an_error_tells_which_chunks_are_safe(tmp_path: Path, failing: int, safe: str) -> None:
    failure = UploadError("The proxy answered 407.", next_step="Correct the password of corp_proxy.")
    bench = Bench(tmp_path, stage=InMemoryStage(failing, failure))

    with pytest.raises(UploadError) as caught:
        bench.run()

    assert str(caught.value) == (
        f"The proxy answered 407. {safe} Correct the password of corp_proxy. "
        f"Clear this task: it resumes at chunk {failing}."
    )


class _OvertakingStage(InMemoryStage):
    """Uploads of one chunk wait until others have arrived, or fail then."""

    def __init__(self, slow: int, after: int, failure: BaseException | None = None) -> None:
        super().__init__(failure=failure)
        self.slow, self.after, self.is_failing = slow, after, failure is not None
        self.arrived = threading.Semaphore(0)

    def upload(self, source: Path, stage_folder: str) -> None:
        if source.name == f"part-{self.slow:05}.tsv.zst":
            for _ in range(self.after):
                assert self.arrived.acquire(timeout=60)
            if self.is_failing:
                raise self.failure
        super().upload(source, stage_folder)
        self.arrived.release()


def test_uploads_may_overtake_each_other(tmp_path: Path) -> None:
    bench = Bench(tmp_path, upload_workers=2, stage=_OvertakingStage(1, CHUNKS - 1))

    staged = bench.run()

    assert bench.stage.text() == BODY
    assert bench.stage.uploads[-1] == "part-00001.tsv.zst"
    assert sum(staged.chunk_records) == 3600
    assert bench.run().chunks_reused == CHUNKS


def test_what_overtook_a_failed_upload_is_kept(tmp_path: Path) -> None:
    failure = UploadError("The line broke.")
    bench = Bench(tmp_path, upload_workers=2, stage=_OvertakingStage(1, CHUNKS - 1, failure))

    with pytest.raises(UploadError, match=r"Chunks 2–[34] are staged and recorded\. .* resumes at chunk 1\."):
        bench.run()
    kept = bench.stage
    bench.stage = InMemoryStage()
    bench.stage.files = dict(kept.files)
    staged = bench.run()

    assert staged.chunks_reused >= CHUNKS - 2
    assert "part-00002.tsv.zst" not in bench.stage.uploads
    assert bench.stage.text() == BODY
    assert staged.chunk_first_lines == Bench(tmp_path).run().chunk_first_lines


def test_an_unconfirmed_chunk_is_not_taken_for_an_empty_file_on_the_stage(tmp_path: Path) -> None:
    failure = UploadError("The line broke.")
    bench = Bench(tmp_path, upload_workers=2, stage=_OvertakingStage(1, CHUNKS - 1, failure))
    with pytest.raises(UploadError):
        bench.run()
    kept = bench.stage.files
    bench.stage = InMemoryStage()
    bench.stage.files = dict(kept) | {stage_folder(plan(), bench.source.key) + "part-00001.tsv.zst": b""}

    bench.run()

    assert "part-00001.tsv.zst" in bench.stage.uploads
    assert bench.stage.text() == BODY


def test_an_interruption_stops_the_threads_and_keeps_what_is_recorded(tmp_path: Path) -> None:
    bench = Bench(tmp_path, stage=InMemoryStage(3, KeyboardInterrupt()))

    with pytest.raises(KeyboardInterrupt) as caught:
        bench.run()

    assert caught.value.__notes__ == [
        "Chunks 1–2 are staged and recorded. Clear this task: it resumes at chunk 3."
    ]
    assert [
        thread.name for thread in threading.enumerate() if thread.name.startswith(("compress", "upload"))
    ] == []
    assert bench.scratch_files == []
    assert bench.run().chunks_reused == 2


def test_a_recorded_chunk_that_is_not_on_the_stage_is_made_again(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    first = bench.run()
    whole = dict(bench.stage.files)
    folder = stage_folder(plan(), bench.source.key)
    del bench.stage.files[f"{folder}part-00002.tsv.zst"]
    bench.stage.files[f"{folder}part-00003.tsv.zst"] += b"x"
    bench.forget_uploads()

    second = bench.run()

    assert bench.stage.uploads == ["part-00002.tsv.zst", "part-00003.tsv.zst"]
    assert bench.stage.files == whole
    assert second.chunks_reused == CHUNKS - 2
    assert second.chunk_first_lines == first.chunk_first_lines
    assert second.chunk_records == first.chunk_records
    assert "2 of 4 recorded chunks lie on the stage" in bench.notices


def test_another_level_keeps_what_is_staged(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.run()
    bench.forget_uploads()
    bench.level = 3

    assert bench.run().chunks_reused == CHUNKS
    assert bench.stage.uploads == []


def test_a_changed_source_starts_afresh_and_says_so(tmp_path: Path) -> None:
    bench = Bench(tmp_path, stage=InMemoryStage(fail_at=3))
    with pytest.raises(UploadError):
        bench.run()
    bench.rewrite(BODY + LINE % 1)

    staged = bench.run()

    assert bench.stage.text() == BODY + LINE % 1
    assert staged.chunks_reused == 0
    assert "the file changed since it was staged in part" in bench.notices


def test_changed_settings_start_afresh_and_name_them(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.run()
    bench.format = {"quote": '"'}

    assert bench.run().chunks_reused == 0
    assert "(quote)" in bench.notices


def test_records_of_another_version_are_not_trusted(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.run()
    bench.checkpoints.set("staging.source", {"version": 0})

    assert bench.run().chunks_reused == 0
    assert "another version" in bench.notices


def test_starting_over_happens_once_per_plan(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.run()

    assert bench.run(start_over=True).chunks_reused == 0
    assert bench.run(start_over=True).chunks_reused == CHUNKS
    later = NOON + timedelta(hours=1)
    assert bench.run(start_over=True, planned_at=later).chunks_reused == 0
    assert bench.notices.count("starting over was asked for") == 2


def test_what_was_staged_after_starting_over_survives_a_failure(tmp_path: Path) -> None:
    bench = Bench(tmp_path, stage=InMemoryStage(fail_at=3))

    with pytest.raises(UploadError):
        bench.run(start_over=True)

    assert bench.run(start_over=True).chunks_reused == 2


@pytest.mark.parametrize("upload", range(1, CHUNKS + 1))
def test_a_source_that_changes_while_it_is_staged_keeps_nothing(tmp_path: Path, upload: int) -> None:
    bench = Bench(tmp_path)
    bench.stage = _ChangingStage(bench.folder / "flights.tsv", upload)

    with pytest.raises(SourceFileError, match="changed while it was read") as caught:
        bench.run()

    assert "given up" in str(caught.value)
    bench.stage = InMemoryStage()
    assert bench.run().chunks_reused == 0
    assert bench.stage.text() == BODY


class _ChangingStage(InMemoryStage):
    """Touches the source during one upload: same bytes, another modification time."""

    def __init__(self, path: Path, upload: int) -> None:
        super().__init__()
        self.path = path
        self.at = upload

    def upload(self, source: Path, stage_folder: str) -> None:
        super().upload(source, stage_folder)
        if len(self.uploads) == self.at:
            os.utime(self.path, ns=(10**18, 10**18))


class _LosingStage(InMemoryStage):
    def upload(self, source: Path, stage_folder: str) -> None:
        super().upload(source, stage_folder)
        if len(self.uploads) in (2, 3):
            del self.files[stage_folder + source.name]


def test_uploads_that_list_does_not_show_are_an_error_and_made_again(tmp_path: Path) -> None:
    bench = Bench(tmp_path, stage=_LosingStage())

    with pytest.raises(UploadError, match=r"Chunks 2–3 of flights\.tsv.*Chunks 1, 4 are staged"):
        bench.run()
    bench.run()

    assert bench.stage.text() == BODY


def test_foreign_files_on_the_stage_are_named_and_left(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.stage.files[stage_folder(plan(), bench.source.key) + "part-00099.tsv.zst"] = b"old"

    assert bench.run().staged_records == 3600
    assert "part-00099.tsv.zst" in bench.notices


def test_a_recorded_chunk_whose_bytes_now_count_otherwise_is_not_mended(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.run()
    page = bench.checkpoints.get("staging.chunks.0")
    assert isinstance(page, list)
    assert isinstance(page[1], list)
    page[1][5] = 1
    bench.checkpoints.set("staging.chunks.0", page)
    del bench.stage.files[stage_folder(plan(), bench.source.key) + "part-00002.tsv.zst"]

    with pytest.raises(SourceFileError):
        bench.run()
    assert bench.run().staged_records == 3600


def test_chunks_that_do_not_make_up_the_file_are_given_up(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.run()
    page = bench.checkpoints.get("staging.chunks.0")
    assert isinstance(page, list)
    assert isinstance(page[1], list)
    page[1][1] = 7
    bench.checkpoints.set("staging.chunks.0", page)

    with pytest.raises(ReconciliationError, match="do not make up the file"):
        bench.run()
    assert bench.run().staged_records == 3600


def test_a_scratch_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    (tmp_path / "scratch").write_bytes(b"")

    with pytest.raises(ScratchSpaceError, match="scratch"):
        bench.run()


def test_a_missing_source_is_named(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    (tmp_path / "flights.tsv").unlink()

    with pytest.raises(SourceFileError, match=r"flights\.tsv cannot be read"):
        bench.run()
