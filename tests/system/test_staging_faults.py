"""Faults of storage, link and proxy while a file is staged by the real upload processes.

What the uploads themselves do about each fault is tested in tests/adapters and tests/contracts/uploader.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from pathlib import Path

import pytest

from local.warehouse.serving.faults import Fault, Faults
from sfetl_provider.adapters.snowflake_session import SnowflakeSession
from sfetl_provider.adapters.system_clock import SystemClock
from sfetl_provider.adapters.upload_process import Patience, ProcessUploader
from sfetl_provider.core.errors import SfetlError, UploadDeniedError, UploadError, WarehouseUnavailableError
from sfetl_provider.core.ports import Uploader
from sfetl_provider.core.stage.retrying import RetryingUploader, RetrySchedule
from sfetl_provider.core.stage.run import StagePorts, stage_file
from sfetl_provider.core.stage.staged_file import StagedFile
from tests.adapters.throttling_proxy import Fault as LinkFault
from tests.adapters.throttling_proxy import Kind, ThrottlingProxy, throttling_proxy
from tests.core.fakes import InMemoryCheckpoints, feed, plan, source_file
from tests.system.stage_contents import StageContents, scratch_files, stage_contents, write_source

CONFIG = feed(stage={"chunk_mib": 1, "workers": 1, "upload_workers": 1})
HALF = 250_000
Deed = Callable[[], object]


@dataclass(frozen=True)
class ImpatientUploads(Patience):
    """Bears any login, but uploads only so long: the connector alone would go on for minutes."""

    upload_seconds: float = 3.0

    def seconds(self, size_bytes: int) -> float:
        return self.upload_seconds


@dataclass
class Saboteur:
    """An uploader that does a deed before each try of an upload, in turn."""

    inner: Uploader
    deeds: Iterator[Deed]

    def upload(self, source: Path, stage_folder: str) -> None:
        next(self.deeds, _nothing)()
        self.inner.upload(source, stage_folder)

    def stop(self) -> None:
        self.inner.stop()


@dataclass(frozen=True)
class DirectUploader:
    """An uploader without faults and processes."""

    session: SnowflakeSession

    def upload(self, source: Path, stage_folder: str) -> None:
        self.session.upload(source, stage_folder)

    def stop(self) -> None:
        """Nothing hangs."""


def _nothing() -> None:
    pass


@dataclass
class Bench:
    """One file, staged over a proxy by one upload at a time, and again without faults."""

    folder: Path
    contents: StageContents
    proxy: ThrottlingProxy
    source: Path
    reports: list[str] = field(default_factory=list)
    checkpoints: InMemoryCheckpoints = field(default_factory=InMemoryCheckpoints)

    def __post_init__(self) -> None:
        self.run = plan(run_key=sha256(str(self.folder).encode()).hexdigest()[:12])

    @property
    def faults(self) -> Faults:
        return self.contents.warehouse.warehouse.faults

    def stage(self, deeds: Sequence[Deed], tries: int, patience: Patience) -> StagedFile:
        options = self.contents.warehouse.connection_parameters() | {
            "proxy_host": "127.0.0.1",
            "proxy_port": str(self.proxy.port),
            "login_timeout": 5,
        }
        with ProcessUploader(lambda: options, patience) as processes:
            sabotaged = Saboteur(processes, iter(deeds))
            return self.stage_by(RetryingUploader(sabotaged, RetrySchedule(tries, 0), self.reports.append))

    def only(self, fault: Fault) -> Deed:
        """Give the deed of putting this fault in place of all others."""

        def replace() -> None:
            self.faults.clear()
            self.faults.add(fault)

        return replace

    def stage_by(self, uploader: Uploader) -> StagedFile:
        ports = StagePorts(
            self.contents.session, uploader, self.checkpoints, SystemClock(), self.folder / "scratch"
        )
        return stage_file(source_file(self.source), self.run, CONFIG, ports)

    def require_exact(self, staged: StagedFile) -> None:
        self.contents.require_exact(self.source, self.run, staged)
        assert scratch_files(self.folder / "scratch") == []


@pytest.fixture(scope="module")
def contents() -> Iterator[StageContents]:
    """A local warehouse with its stage."""
    with stage_contents() as running:
        yield running


@pytest.fixture
def bench(tmp_path: Path, contents: StageContents) -> Iterator[Bench]:
    """A bench; its faults end with it."""
    source = write_source(tmp_path / "flights.tsv", chunks=6)
    with throttling_proxy() as proxy:
        yield Bench(tmp_path, contents, proxy, source)
    contents.warehouse.warehouse.faults.clear()


def test_faults_that_pass_are_outlasted(bench: Bench) -> None:
    passing = [
        Fault(route="upload", status=503, count=2),
        Fault(route="upload", drop_request_at=HALF),
        Fault(route="upload", drop_request_at=HALF, count=2),
        Fault(route="upload", drop_response_at=0),
        Fault(statement="^PUT ", status=503),
        Fault(route="upload", delay_seconds=600),
    ]

    staged = bench.stage(
        [partial(bench.faults.add, fault) for fault in passing], 3, ImpatientUploads(60, 1, 6)
    )

    assert [fault.struck for fault in bench.faults.all()] == [fault.count for fault in passing]
    assert any("Try 1 of 3 of part-00006.tsv.zst failed" in report for report in bench.reports)
    bench.require_exact(staged)


def test_a_storage_that_refuses_is_not_tried_again(bench: Bench) -> None:
    refusal = bench.only(Fault(route="upload", status=403, count=None))

    with pytest.raises(UploadDeniedError, match="answered 403") as caught:
        bench.stage([_nothing, refusal], 3, ImpatientUploads(60, 1))

    assert bench.reports == []
    resume_without_fault(bench, caught.value)


def test_a_storage_that_never_answers_always_cuts_and_is_down_is_given_up(bench: Bench) -> None:
    """Each try meets a fault that goes on for as long as the try does."""
    lasting = [
        Fault(route="upload", delay_seconds=600, count=None),
        Fault(route="upload", drop_request_at=HALF, count=None),
        Fault(route="upload", status=503, count=None),
    ]

    with pytest.raises(UploadError, match=r"part-00002\.tsv\.zst was tried 3 times") as caught:
        bench.stage([_nothing, *map(bench.only, lasting)], 3, ImpatientUploads(60, 1))

    assert [report[:10] for report in bench.reports] == ["Try 1 of 3", "Try 2 of 3"]
    resume_without_fault(bench, caught.value)


def test_a_proxy_that_dies_keeps_what_was_staged(bench: Bench) -> None:
    def let_die() -> None:
        bench.proxy.fault = LinkFault(Kind.DIE, HALF)

    with pytest.raises((UploadError, WarehouseUnavailableError), match="tried 2 times") as caught:
        bench.stage([_nothing, let_die], 2, ImpatientUploads(60, 1))

    resume_without_fault(bench, caught.value)


def resume_without_fault(bench: Bench, error: SfetlError) -> None:
    """The error names the chunk that is safe; after it the rest is staged, and nothing twice."""
    assert "Chunk 1 is staged and recorded." in str(error)
    assert str(error).endswith("Clear this task: it resumes at chunk 2.")
    assert scratch_files(bench.folder / "scratch") == []
    bench.faults.clear()
    puts = bench.contents.puts(bench.run)["part-00001.tsv.zst"]

    staged = bench.stage_by(DirectUploader(bench.contents.session))

    assert (staged.chunks_reused, staged.chunk_count) == (1, 6)
    assert bench.contents.puts(bench.run)["part-00001.tsv.zst"] == puts
    bench.require_exact(staged)
