"""Trying an upload again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from sfetl_provider.core.errors import SfetlError, UploadError
from sfetl_provider.core.ports import Uploader

_LONGEST_SECONDS = 60.0


@dataclass(frozen=True)
class RetrySchedule:
    """How often, and after which delay; each delay is twice the one before, up to a minute."""

    tries: int
    first_delay_seconds: float

    def delay_seconds(self, failures: int) -> float:
        """Give the delay after so many failures, counted from 1."""
        return min(self.first_delay_seconds * 2.0 ** (failures - 1), _LONGEST_SECONDS)


class RetryingUploader:
    """Implements `core.ports.Uploader` over another one, which tries once.

    Only errors whose `is_retryable` says so are tried again. `report` gets a sentence for each failed try, in
    the uploading thread. A pause ends at once when uploads are stopped; then nothing is tried any more.
    """

    def __init__(
        self,
        uploader: Uploader,
        schedule: RetrySchedule,
        report: Callable[[str], None],
        pause: Callable[[float], object] | None = None,
    ) -> None:
        self._uploader = uploader
        self._schedule = schedule
        self._report = report
        self._stopped = Event()
        self._pause = pause or self._stopped.wait

    def upload(self, source: Path, stage_folder: str) -> None:
        """Upload, trying again; the last error says how often it was tried."""
        failures = 0
        while not self._is_uploaded(source, stage_folder, failures):
            failures += 1
            self._pause(self._schedule.delay_seconds(failures))
            if self._stopped.is_set():
                raise stopped(upload_of(source))

    def _is_uploaded(self, source: Path, stage_folder: str, failures: int) -> bool:
        try:
            self._uploader.upload(source, stage_folder)
        except SfetlError as error:
            tried = failures + 1
            if not error.is_retryable or self._stopped.is_set():
                raise
            if tried >= self._schedule.tries:
                error.reword(what=f"{error.what} {source.name} was tried {tried} times.")
                raise
            seconds = self._schedule.delay_seconds(tried)
            self._report(
                f"Try {tried} of {self._schedule.tries} of {source.name} failed, the next one follows in "
                f"{seconds:g} s: {error.what}"
            )
            return False
        return True

    def stop(self) -> None:
        """End uploads and pauses."""
        self._stopped.set()
        self._uploader.stop()


def upload_of(source: Path) -> str:
    """Name an upload, for an error's text."""
    return f"The upload of {source.name}"


def stopped(errand: str) -> UploadError:
    """Give the error of what was told to stop."""
    return UploadError(f"{errand} was stopped, as the task is ending.")
