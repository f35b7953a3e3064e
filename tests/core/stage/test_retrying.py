from __future__ import annotations

from pathlib import Path

import pytest

from sfetl_provider.core.errors import ProxyDeniedError, SfetlError, UploadError, WarehouseUnavailableError
from sfetl_provider.core.stage.retrying import RetryingUploader, RetrySchedule

CHUNK = Path("part-00003.tsv.zst")


class _FailingUploader:
    def __init__(self, *failures: SfetlError) -> None:
        self.failures = list(failures)
        self.uploads = 0
        self.is_stopped = False

    def upload(self, source: Path, stage_folder: str) -> None:
        self.uploads += 1
        if self.failures:
            raise self.failures.pop(0)

    def stop(self) -> None:
        self.is_stopped = True


class _Bench:
    def __init__(self, *failures: SfetlError, tries: int = 3) -> None:
        self.inner = _FailingUploader(*failures)
        self.pauses: list[float] = []
        self.reports: list[str] = []
        schedule = RetrySchedule(tries, 2)
        self.uploader = RetryingUploader(self.inner, schedule, self.reports.append, self.pauses.append)

    def upload(self) -> None:
        self.uploader.upload(CHUNK, "@s/")


def test_what_may_pass_is_tried_again_after_pauses_that_double() -> None:
    bench = _Bench(UploadError("The line broke."), WarehouseUnavailableError("The proxy answered 503."))

    bench.upload()

    assert (bench.inner.uploads, bench.pauses) == (3, [2, 4])
    assert bench.reports == [
        "Try 1 of 3 of part-00003.tsv.zst failed, the next one follows in 2 s: The line broke.",
        "Try 2 of 3 of part-00003.tsv.zst failed, the next one follows in 4 s: The proxy answered 503.",
    ]


def test_the_last_failure_comes_out_and_says_how_often_it_was_tried() -> None:
    bench = _Bench(*(UploadError("The line broke.", next_step="Wait.") for _ in range(3)))

    with pytest.raises(UploadError) as caught:
        bench.upload()

    assert str(caught.value) == "The line broke. part-00003.tsv.zst was tried 3 times. Wait."
    assert (bench.inner.uploads, len(bench.reports)) == (3, 2)


def test_what_no_retry_can_help_fails_at_once() -> None:
    bench = _Bench(ProxyDeniedError("The proxy answered 407."))

    with pytest.raises(ProxyDeniedError):
        bench.upload()

    assert (bench.inner.uploads, bench.pauses, bench.reports) == (1, [], [])


def test_pauses_end_at_a_minute() -> None:
    schedule = RetrySchedule(20, 2)

    assert [schedule.delay_seconds(failures) for failures in (1, 2, 5, 6, 19)] == [2, 4, 32, 60, 60]


def test_once_stopped_nothing_is_tried_again() -> None:
    bench = _Bench(UploadError("It was killed."))
    bench.uploader.stop()

    with pytest.raises(UploadError, match="It was killed"):
        bench.upload()

    assert bench.inner.is_stopped
    assert (bench.inner.uploads, bench.pauses) == (1, [])


def test_stopping_ends_a_pause() -> None:
    inner, reports = _FailingUploader(UploadError("The line broke.")), list[str]()
    uploader = RetryingUploader(inner, RetrySchedule(3, 3600), lambda text: _stop(uploader, reports, text))

    with pytest.raises(UploadError, match="stopped"):
        uploader.upload(CHUNK, "@s/")

    assert (inner.uploads, len(reports)) == (1, 1)


def _stop(uploader: RetryingUploader, reports: list[str], text: str) -> None:
    reports.append(text)
    uploader.stop()
