"""Sets of chunks that are carried to another network: whole, or refused with what is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import zstandard

from sfetl_provider.adapters.chunk_folder import STATE_FOLDER, ChunkFolder, FileCheckpoints
from sfetl_provider.adapters.local_files import find_files
from sfetl_provider.core.errors import (
    ChunkSetError,
    QcFailedError,
    ReconciliationError,
    ScratchSpaceError,
    UploadError,
)
from sfetl_provider.core.events import Event, Notice
from sfetl_provider.core.plan.month_plan import SourceFile
from sfetl_provider.core.plan.names import MANIFEST
from sfetl_provider.core.qc.report import QcVerdict
from sfetl_provider.core.stage.chunk_set import (
    ChunkSet,
    carried_verdict,
    check_chunk_set,
    read_chunk_set,
    set_sources,
    write_chunk_set,
)
from sfetl_provider.core.stage.run import StagePorts, stage_file
from sfetl_provider.core.stage.set_making import SetJob, make_chunk_set
from sfetl_provider.core.stage.set_upload import stage_carried
from sfetl_provider.core.stage.staged_file import StagedFile
from tests.core.fakes import InMemoryCheckpoints, InMemoryStage, SteppingClock, feed, plan
from tests.core.stage.staging_bench import BODY, CHUNKS


class _BreakingFolder(ChunkFolder):
    """Takes so many chunks, then is no more."""

    def __init__(self, folder: Path, takes: int) -> None:
        super().__init__(folder)
        self.left = takes

    def upload(self, source: Path, stage_folder: str) -> None:
        if not self.left:
            raise UploadError("The stick was pulled.")
        self.left -= 1
        super().upload(source, stage_folder)


@dataclass
class Carrier:
    """A month of two files, the folder of its set, and the stage at the other end."""

    base: Path
    contents: tuple[bytes, ...] = (BODY, b"1\t2013-01-01\ta\n")
    compression: str = "zstd"
    takes: int = 100
    stage: InMemoryStage = field(default_factory=InMemoryStage)
    checkpoints: dict[str, InMemoryCheckpoints] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folder = self.base / "set"
        self.plan = plan(chunk_set=str(self.folder))
        self.config = feed(
            stage={"chunk_mib": 1, "compression": self.compression, "zstd_level": 1, "upload_workers": 1}
        )
        (self.base / "in").mkdir()
        for name, content in zip("ab", self.contents, strict=True):
            (self.base / "in" / f"{name}.tsv").write_bytes(content)

    def sources(self) -> list[SourceFile]:
        return find_files(self.base / "in", ["*.tsv"], ())

    def make(self, **changes: Any) -> ChunkSet:
        job = SetJob(self.sources(), self.plan, self.config, self.folder)
        folder = _BreakingFolder(self.folder, self.takes)

        def ports(source: SourceFile) -> StagePorts:
            state = self.folder / STATE_FOLDER
            checkpoints = FileCheckpoints(state / f"{source.key}.json")
            return StagePorts(folder, folder, checkpoints, SteppingClock(), state / "scratch")

        return make_chunk_set(_changed(job, changes), ports, self.events.append)

    def ports(self, key: str) -> StagePorts:
        store = self.checkpoints.setdefault(key, InMemoryCheckpoints())
        return StagePorts(self.stage, self.stage.uploader(), store, SteppingClock(), self.base / "scratch")

    def load(self) -> list[StagedFile]:
        sources = set_sources(self.folder, read_chunk_set(self.folder))
        return [
            stage_carried(source, self.plan, self.config, self.ports(source.key), self.events.append)
            for source in sources
        ]

    def chunk(self, number: int) -> Path:
        """A chunk of the first file."""
        (path,) = self.folder.glob(f"a.tsv-*/part-{number:05}.tsv*")
        return path

    @property
    def notices(self) -> str:
        return " ".join(event.message for event in self.events if isinstance(event, Notice))


def _changed(job: SetJob, changes: dict[str, Any]) -> SetJob:
    return SetJob(**{**vars(job), **changes})


def _verdict(carrier: Carrier, good_records: int) -> QcVerdict:
    made = {file.staged.file: file.staged.fingerprint for file in carrier.make().files}
    return QcVerdict(mode="file", is_passed=True, findings=(), fingerprints=made, good_records=good_records)


@pytest.mark.parametrize("compression", ["zstd", "gzip", "none"])
def test_a_set_brings_what_staging_would_have_brought(tmp_path: Path, compression: str) -> None:
    carrier = Carrier(tmp_path, compression=compression)
    direct = Carrier(tmp_path / "direct") if (tmp_path / "direct").mkdir() is None else carrier
    direct.config = carrier.config
    staged = [
        stage_file(source, direct.plan, direct.config, direct.ports(source.key))
        for source in direct.sources()
    ]

    carrier.make()
    carried = carrier.load()

    assert carrier.stage.files == direct.stage.files
    assert [_comparable(file) for file in carried] == [_comparable(file) for file in staged]
    assert check_chunk_set(carrier.folder).files[0].staged.sha256 == staged[0].sha256


def _comparable(staged: StagedFile) -> dict[str, Any]:
    return staged.model_copy(update={"fingerprint": "", "seconds": 0}).to_json()


def test_a_second_run_keeps_what_fits_and_makes_again_what_was_altered(tmp_path: Path) -> None:
    carrier = Carrier(tmp_path)
    carrier.make()
    whole = {path: path.read_bytes() for path in carrier.folder.glob("*-*/*")}
    carrier.chunk(1).unlink()
    carrier.chunk(2).write_bytes(carrier.chunk(2).read_bytes()[:-1])
    carrier.chunk(3).write_bytes(bytes(carrier.chunk(3).stat().st_size))

    again = carrier.make()

    assert {path: path.read_bytes() for path in carrier.folder.glob("*-*/*")} == whole
    assert [file.staged.chunks_reused for file in again.files] == [CHUNKS - 1, 1]
    assert "1 chunks were altered and are made again" in carrier.notices
    assert check_chunk_set(carrier.folder) == again


@pytest.mark.parametrize("takes", range(CHUNKS + 1))
def test_a_set_that_is_not_finished_is_recognised_and_finished_by_a_second_run(
    tmp_path: Path, takes: int
) -> None:
    carrier = Carrier(tmp_path, takes=takes)
    with pytest.raises(UploadError, match=f"it resumes at chunk {takes % CHUNKS + 1}"):
        carrier.make()
    if takes:
        with pytest.raises(ChunkSetError, match=r"holds no chunk_set\.json: .* not finished"):
            check_chunk_set(carrier.folder)
    carrier.takes = 100

    made = carrier.make()

    assert made.files[0].staged.chunks_reused == takes
    assert check_chunk_set(carrier.folder) == made
    assert not list((carrier.folder / STATE_FOLDER).rglob("*.zst"))


def _edit_manifest(carrier: Carrier, edit: Callable[[dict[str, Any]], None]) -> None:
    path = carrier.folder / MANIFEST
    document = json.loads(path.read_text())
    edit(document)
    path.write_text(json.dumps(document))


FAULTS: dict[str, tuple[Callable[[Carrier], Any], str]] = {
    "missing": (lambda carrier: carrier.chunk(2).unlink(), r"part-00002\.tsv\.zst is missing"),
    "extra": (
        lambda carrier: carrier.chunk(2).with_name("part-00009.tsv.zst").touch(),
        r"part-00009\.tsv\.zst does not belong to it",
    ),
    "altered": (
        lambda carrier: carrier.chunk(2).write_bytes(bytes(carrier.chunk(2).stat().st_size)),
        r"part-00002\.tsv\.zst was altered",
    ),
    "cut": (
        lambda carrier: carrier.chunk(2).write_bytes(carrier.chunk(2).read_bytes()[:-1]),
        r"part-00002\.tsv\.zst has [\d,]+ bytes instead of",
    ),
    "edited": (
        lambda carrier: _edit_manifest(
            carrier, lambda document: document["chunk_set"].update(month="2013-02")
        ),
        "is damaged or was edited",
    ),
    "no JSON": (lambda carrier: (carrier.folder / MANIFEST).write_text("{"), "is damaged or was edited"),
    "a list": (lambda carrier: (carrier.folder / MANIFEST).write_text("[]"), "is damaged or was edited"),
    "version": (
        lambda carrier: _edit_manifest(carrier, lambda document: document.update(version=2)),
        "has version 2, this program reads version 1",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_set_with_a_fault_is_refused_here_and_there_and_loses_nothing(tmp_path: Path, fault: str) -> None:
    carrier = Carrier(tmp_path)
    made = carrier.make()
    spoil, message = FAULTS[fault]
    sources = set_sources(carrier.folder, made)
    spoil(carrier)
    left = {path: path.read_bytes() for path in carrier.folder.rglob("*") if path.is_file()}

    with pytest.raises(ChunkSetError, match=message):
        check_chunk_set(carrier.folder)
    with pytest.raises(ChunkSetError, match=message):
        stage_carried(sources[0], carrier.plan, carrier.config, carrier.ports(sources[0].key))

    assert {path: path.read_bytes() for path in carrier.folder.rglob("*") if path.is_file()} == left
    assert not [name for name in carrier.stage.uploads if "00002" in name]


@pytest.mark.parametrize(
    "content",
    [{"feed": "flights"}, {"key": "../elsewhere"}],
    ids=["a field is missing", "a key leads out of the folder"],
)
def test_a_manifest_with_a_checksum_of_its_own_is_not_trusted_for_that(
    tmp_path: Path, content: dict[str, Any]
) -> None:
    carrier = Carrier(tmp_path)
    made = carrier.make()
    if "key" in content:
        staged = made.files[0].staged.model_copy(update=content)
        files = (made.files[0].model_copy(update={"staged": staged}),)
        write_chunk_set(carrier.folder, made.model_copy(update={"files": files}))
    else:
        write_chunk_set(carrier.folder, _Incomplete(content))  # type: ignore[arg-type]

    with pytest.raises(ChunkSetError, match="is damaged or was edited"):
        read_chunk_set(carrier.folder)


class _Incomplete:
    def __init__(self, content: dict[str, Any]) -> None:
        self.to_json = lambda: content


def test_a_set_of_another_month_is_refused_there_and_not_overwritten_here(tmp_path: Path) -> None:
    carrier = Carrier(tmp_path)
    (source, _) = set_sources(carrier.folder, carrier.make())
    carrier.plan = plan(chunk_set=str(carrier.folder), month="2013-02")
    message = "it is of flights 2013-01, not of flights 2013-02"

    with pytest.raises(ChunkSetError, match=message):
        carrier.make()
    with pytest.raises(ChunkSetError, match=message):
        stage_carried(source, carrier.plan, carrier.config, carrier.ports(source.key))
    with pytest.raises(ChunkSetError, match=message):
        carried_verdict(carrier.plan)

    assert check_chunk_set(carrier.folder).month == "2013-01"


def test_a_file_that_a_set_made_again_no_longer_has_is_named(tmp_path: Path) -> None:
    carrier = Carrier(tmp_path)
    made = carrier.make()
    (_, gone) = set_sources(carrier.folder, made)
    write_chunk_set(carrier.folder, made.model_copy(update={"files": made.files[:1]}))

    with pytest.raises(ChunkSetError, match=r"the set no longer holds the file b\.tsv"):
        stage_carried(gone, carrier.plan, carrier.config, carrier.ports(gone.key))


def test_a_folder_with_files_of_another_set_is_not_called_whole(tmp_path: Path) -> None:
    carrier = Carrier(tmp_path)
    carrier.make()
    (tmp_path / "in" / "b.tsv").unlink()

    with pytest.raises(ChunkSetError, match=r"also holds b\.tsv-"):
        carrier.make()

    assert not (carrier.folder / MANIFEST).exists()


@pytest.mark.parametrize("failing", range(1, CHUNKS + 1))
def test_an_upload_resumes_and_uploads_no_chunk_twice(tmp_path: Path, failing: int) -> None:
    carrier = Carrier(tmp_path, stage=InMemoryStage(fail_at=failing))
    carrier.make()
    with pytest.raises(UploadError, match=f"it resumes at chunk {failing}"):
        carrier.load()

    (first, _) = carrier.load()

    names = [f"part-{number:05}.tsv.zst" for number in [*range(1, CHUNKS + 1), 1]]
    assert carrier.stage.uploads == names
    assert first.chunks_reused == failing - 1
    assert all(path.exists() for path in map(carrier.chunk, range(1, CHUNKS + 1)))


def test_chunks_of_a_set_that_was_made_again_in_another_way_are_not_kept(tmp_path: Path) -> None:
    carrier = Carrier(tmp_path, stage=InMemoryStage(fail_at=4))
    carrier.make()
    with pytest.raises(UploadError):
        carrier.load()
    carrier.chunk(1).unlink()
    carrier.config = feed(stage={"chunk_mib": 1, "zstd_level": 9, "upload_workers": 1})
    carrier.make()

    (first, _) = carrier.load()

    assert first.chunks_reused == 2
    assert carrier.stage.uploads.count("part-00001.tsv.zst") == 3  # also that of the second file
    assert carrier.stage.text()[: len(BODY)] == BODY


def test_qc_travels_with_the_set(tmp_path: Path) -> None:
    carrier = Carrier(tmp_path)
    verdict = _verdict(carrier, 3601)
    with pytest.raises(QcFailedError, match=r"made without QC.* qc_mode snowflake or skip"):
        carried_verdict(carrier.plan)

    carrier.make(verdict=verdict)

    assert carried_verdict(carrier.plan) == verdict
    with pytest.raises(ReconciliationError, match="QC passed 1 records"):
        carrier.make(verdict=verdict.model_copy(update={"good_records": 1}))


def test_a_file_without_records_is_carried_without_chunks(tmp_path: Path) -> None:
    carrier = Carrier(tmp_path, contents=(b"", b"1\t2013-01-01\ta\n"))
    carrier.make()

    (empty, _) = carrier.load()

    assert (empty.records, empty.chunk_records) == (0, ())
    assert "a.tsv: it holds no records" in carrier.notices


def test_a_folder_that_cannot_take_the_manifest_is_named(tmp_path: Path) -> None:
    made = Carrier(tmp_path).make()

    with pytest.raises(ScratchSpaceError, match="gone cannot take a chunk"):
        write_chunk_set(tmp_path / "gone", made)


def test_a_set_that_is_not_masked_as_the_feed_wants_it_is_refused(tmp_path: Path) -> None:
    carrier = Carrier(tmp_path, contents=(b"1\t2013-01-01\tx\n", b"1\t2013-01-01\ta\n"))
    carrier.make()
    fixed = {"name": "text", "mask": {"method": "fixed", "pattern": "[ax]"}}
    carrier.config = feed(columns=["id", "day", fixed], stage={"chunk_mib": 1, "zstd_level": 1})

    with pytest.raises(ChunkSetError, match="not masked as the feed's config says"):
        carrier.load()

    carrier.make()
    carrier.load()
    assert carrier.stage.files
    loaded = [
        zstandard.ZstdDecompressor().decompressobj().decompress(it) for it in carrier.stage.files.values()
    ]
    assert loaded == [b"1\t2013-01-01\t***\n"] * 2
