"""What a second try of staging keeps, and what it says of the first."""

from __future__ import annotations

import hashlib
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from sfetl_provider.core.errors import ReconciliationError, SourceFileError, UploadError
from sfetl_provider.core.events import Progress
from sfetl_provider.core.plan.names import stage_folder
from tests.core.fakes import NOON, InMemoryStage, plan
from tests.core.stage.staging_bench import BODY, CHUNKS, LINE, Bench


def test_progress_of_a_second_try_begins_with_what_the_first_one_staged(tmp_path: Path) -> None:
    bench = Bench(tmp_path, stage=InMemoryStage(fail_at=3))
    with pytest.raises(UploadError):
        bench.run()
    bench.forget_uploads()

    bench.run()

    first = {event.step: event.done for event in reversed(bench.events) if isinstance(event, Progress)}
    assert first["compress"] == first["upload"]
    assert 2**21 <= first["upload"] < 2**21 + 2 * len(LINE)


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
    assert (staged.chunks_reused, staged.sha256) == (failing - 1, hashlib.sha256(BODY).hexdigest())
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


def test_another_compression_starts_afresh_and_says_so(tmp_path: Path) -> None:
    bench = Bench(tmp_path, stage=InMemoryStage(fail_at=3))
    with pytest.raises(UploadError):
        bench.run()
    bench.forget_uploads()
    bench.compression = "none"

    assert bench.run().chunks_reused == 0
    assert bench.stage.uploads == [f"part-{number:05}.tsv" for number in range(1, CHUNKS + 1)]
    assert "(compression)" in bench.notices


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
