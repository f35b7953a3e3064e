"""A large file divided into byte ranges: the same chunks as of the whole file, by several tasks."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.config.stage_model import StageConfig
from sfetl_provider.core.errors import ReconciliationError, SourceFileError, UploadError
from sfetl_provider.core.events import Event, Notice, Progress
from sfetl_provider.core.plan.month_plan import SourceFile
from sfetl_provider.core.plan.names import stage_folder
from sfetl_provider.core.stage.joined import join_ranges
from sfetl_provider.core.stage.ranges import chunks_until, divide
from sfetl_provider.core.stage.run import StagePorts, stage_file, stage_range
from sfetl_provider.core.stage.split import ChunkRange
from sfetl_provider.core.stage.staged_file import StagedFile, StagedRange
from tests.core.fakes import InMemoryCheckpoints, InMemoryStage, SteppingClock, feed, plan, source_file
from tests.core.stage.test_split import RECORDS
from tests.core.stage.test_stage_file import BODY, CHUNKS, LINE, _ChangingStage
from tests.core.tsv.test_compressed import PACKERS


class SmallConfig(StageConfig):
    """Sizes in bytes instead of MiB, so that a file of some lines is a large one."""

    @property
    def chunk_bytes(self) -> int:
        return self.chunk_mib

    @property
    def range_bytes(self) -> int | None:
        return self.range_mib


def small(chunk_bytes: int, range_bytes: int, **text_format: Any) -> FeedConfig:
    sizes = {"chunk_mib": chunk_bytes, "range_mib": range_bytes, "zstd_level": 1}
    return feed(format=text_format).model_copy(
        update={"stage": SmallConfig.model_validate({**sizes, "workers": 1, "upload_workers": 1})}
    )


@dataclass
class Division:
    """All that staging a file in ranges needs: a stage for all, checkpoints for each, kept over several tries."""

    folder: Path
    config: FeedConfig
    content: bytes = BODY
    stage: InMemoryStage = field(default_factory=InMemoryStage)
    checkpoints: dict[int, InMemoryCheckpoints] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.source = source_file(self.folder / "flights.tsv", self.content)

    def divide(self) -> list[SourceFile]:
        return divide(self.source, self.config, self.events.append)

    def ports(self, number: int) -> StagePorts:
        store = self.checkpoints.setdefault(number, InMemoryCheckpoints())
        return StagePorts(self.stage, self.stage.uploader(), store, SteppingClock(), self.folder / "scratch")

    def whole(self) -> StagedFile:
        return stage_file(self.source, plan(), self.config, self.ports(0), self.events.append)

    def one(self, part: SourceFile) -> StagedRange:
        return stage_range(part, plan(), self.config, self.ports(part.range_number), self.events.append)

    def all(self) -> list[StagedRange]:
        return [self.one(part) for part in self.divide()]

    @property
    def notices(self) -> str:
        return " ".join(event.message for event in self.events if isinstance(event, Notice))


def mebibytes(folder: Path, **more: Any) -> Division:
    """Four chunks of 1 MiB in two ranges."""
    folder.mkdir(exist_ok=True)
    stage = {"chunk_mib": 1, "range_mib": 2, "zstd_level": 1, "upload_workers": 1}
    return Division(folder, feed(stage=stage), **more)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(
    RECORDS,
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
    st.sampled_from([None, '"']),
    st.sampled_from(["", "id\tday\ttext", '"i\n\nd"\tday\ttext']),
    st.sampled_from([b"", b"\xef\xbb\xbf"]),
    st.integers(1, 40),
    st.integers(1, 60),
)
def test_chunks_are_those_of_the_whole_file(
    tmp_path: Path,
    records: list[str],
    ending: str,
    has_last_newline: bool,
    quote: str | None,
    header: str,
    mark: bytes,
    chunk_bytes: int,
    range_bytes: int,
) -> None:
    lines = [header] * bool(header) + records
    content = mark + (ending.join(lines) + ending * has_last_newline).encode()
    config = small(chunk_bytes, range_bytes, quote=quote, header=bool(header))
    whole, divided = Division(tmp_path, config, content), Division(tmp_path, config, content)

    expected = whole.whole()
    parts = divided.divide()
    if parts == [divided.source]:
        assert len(content) <= range_bytes or len(expected.chunk_records) <= max(
            1, -(-range_bytes // chunk_bytes)
        )
        return
    # Ranges may be staged in any order.
    staged = [divided.one(part) for part in reversed(parts)][::-1]
    joined = join_ranges(staged)

    assert divided.stage.files == whole.stage.files
    changed = {"ranges": len(parts), "seconds": joined.seconds, "sha256": ""}
    assert joined == expected.model_copy(update=changed)
    assert all(part.byte_range.chunks <= -(-range_bytes // chunk_bytes) for part in staged)


def test_ranges_are_nearly_equal_and_named(tmp_path: Path) -> None:
    division = Division(tmp_path, small(10, 40), b"123456789\n" * 11)

    parts = division.divide()

    assert [part.byte_range and part.byte_range.size_bytes for part in parts] == [40, 40, 30]
    assert [part.label for part in parts] == [f"flights.tsv, range {number} of 3" for number in (1, 2, 3)]
    told = [event for event in division.events if isinstance(event, Progress)]
    assert (told[-1].step, told[-1].done, told[-1].total) == ("divide", 110, 110)


def test_hash_of_the_file_goes_with_its_ranges_when_asked_for(tmp_path: Path) -> None:
    division = mebibytes(tmp_path)

    parts = divide(division.source, division.config, is_hashed=True)

    joined = join_ranges([division.one(part) for part in parts])
    assert joined.sha256 == hashlib.sha256(BODY).hexdigest()
    wrong = division.source.model_copy(update={"sha256": "f" * 64})
    with pytest.raises(SourceFileError, match=f"instead of {'f' * 64}"):
        divide(wrong, division.config)


def test_a_record_longer_than_ranges_makes_fewer_of_them(tmp_path: Path) -> None:
    division = Division(tmp_path, small(10, 20), b"a\n" + b"b" * 60 + b"\n" + b"c\n" * 10)

    staged = division.all()

    assert [part.chunk_count for part in staged] == [1, 2, 1]
    assert [(part.byte_range.start_byte, part.byte_range.end_byte) for part in staged] == [
        (0, 63),
        (63, 81),
        (81, 83),
    ]
    assert join_ranges(staged).chunk_first_lines == (1, 3, 7, 12)


@pytest.mark.parametrize(
    ("range_mib", "content", "name"),
    [
        (None, BODY, "flights.tsv"),
        (4, BODY, "flights.tsv"),
        (1, b"x" * 3_000_000, "flights.tsv"),
        (1, PACKERS[".gz"](os.urandom(2_000_000)), "flights.tsv.gz"),
    ],
    ids=["never", "small", "one record", "compressed"],
)
def test_a_file_that_one_task_can_or_must_stage_stays_whole(
    tmp_path: Path, range_mib: int | None, content: bytes, name: str
) -> None:
    source = source_file(tmp_path / name, content)

    assert divide(source, feed(stage={"chunk_mib": 1, "range_mib": range_mib})) == [source]


def test_a_file_that_was_emptied_meanwhile_is_left_to_staging(tmp_path: Path) -> None:
    division = mebibytes(tmp_path)
    (tmp_path / "flights.tsv").write_bytes(b"")

    assert division.divide() == [division.source]


def test_no_chunk_is_looked_for_beyond_a_ranges_end() -> None:
    chunks = [ChunkRange(1, 0, 10), ChunkRange(2, 10, 20), ChunkRange(3, 20, 30)]
    endless = iter(chunks)

    assert list(chunks_until(20, endless)) == chunks[:2]
    assert list(endless) == chunks[2:]
    assert list(chunks_until(40, iter(chunks))) == chunks


def test_a_file_that_changes_while_it_is_divided_is_named(tmp_path: Path) -> None:
    division = mebibytes(tmp_path)

    def touch(_: Event) -> None:
        os.utime(tmp_path / "flights.tsv", ns=(10**18, 10**18))

    with pytest.raises(SourceFileError, match=r"changed while it was read\. Nothing was staged"):
        divide(division.source, division.config, touch)


def test_progress_of_ranges_is_of_their_bytes(tmp_path: Path) -> None:
    header = b"id\tday\ttext\n"
    division = mebibytes(tmp_path, content=header + BODY)
    division.config = feed(format={"header": True}, stage={"chunk_mib": 1, "range_mib": 2})

    first, second = division.all()

    uploads = [event for event in division.events if isinstance(event, Progress) and event.step == "upload"]
    ends = {event.subject: (event.done, event.total) for event in uploads}
    sizes = len(header) + first.byte_range.size_bytes, second.byte_range.size_bytes
    assert ends == {
        f"flights.tsv, range {n} of 2": (size, size) for n, size in zip((1, 2), sizes, strict=True)
    }
    assert sum(sizes) == len(header + BODY)


def test_each_range_resumes_by_itself(tmp_path: Path) -> None:
    whole = mebibytes(tmp_path / "whole")
    whole.whole()
    division = mebibytes(tmp_path / "ranges", stage=InMemoryStage(fail_at=4))
    first, second = division.divide()
    division.one(first)

    with pytest.raises(UploadError, match=r"Chunk 3 is staged and recorded\. .* resumes at chunk 4\."):
        division.one(second)
    division.stage.uploads.clear()
    staged = [division.one(first), division.one(second)]

    assert division.stage.uploads == ["part-00004.tsv.zst"]
    assert division.stage.files == whole.stage.files
    assert join_ranges(staged).chunks_reused == CHUNKS - 1
    assert [path for path in (tmp_path / "ranges" / "scratch").rglob("*") if path.is_file()] == []


class _MeanwhileStage(InMemoryStage):
    """Does something else, once, when the first chunk is about to be uploaded."""

    meanwhile: Callable[[], object] | None = None

    def upload(self, source: Path, stage_folder: str) -> None:
        work, self.meanwhile = self.meanwhile, None
        if work:
            work()
        super().upload(source, stage_folder)


def test_ranges_may_be_staged_at_the_same_time_by_one_machine(tmp_path: Path) -> None:
    division = mebibytes(tmp_path, stage=(stage := _MeanwhileStage()))
    first, second = division.divide()
    others: list[StagedRange] = []
    stage.meanwhile = lambda: others.append(division.one(second))

    staged = [division.one(first), *others]

    assert join_ranges(staged).staged_records == 3600
    assert division.stage.text() == BODY
    assert division.stage.uploads[0] == "part-00003.tsv.zst"


def test_chunks_of_other_ranges_are_not_foreign(tmp_path: Path) -> None:
    division = mebibytes(tmp_path)
    division.stage.files[stage_folder(plan(), division.source.key) + "part-00005.tsv.zst"] = b"old"

    division.all()

    assert "the stage also holds part-00005.tsv.zst;" in division.notices
    assert "part-00001" not in division.notices


def test_other_ranges_than_before_are_staged_afresh(tmp_path: Path) -> None:
    division = mebibytes(tmp_path)
    division.all()
    division.config = feed(stage={"chunk_mib": 1, "range_mib": 3})
    (tmp_path / "flights.tsv").write_bytes(BODY)
    division.source = source_file(tmp_path / "flights.tsv")

    assert join_ranges(division.all()).chunks_reused == 0
    assert "the file changed" in division.notices


def test_ranges_of_another_size_are_staged_afresh(tmp_path: Path) -> None:
    division = mebibytes(tmp_path)
    division.all()
    division.config = feed(stage={"chunk_mib": 1, "range_mib": 1})

    assert join_ranges(division.all()).chunks_reused == 0
    assert "(byte_range)" in division.notices


def grown(division: Division) -> None:
    division.source = source_file(division.folder / "flights.tsv", BODY + LINE % 1)


def other_settings(division: Division) -> None:
    division.config = feed(format={"quote": '"', "header": True}, stage={"chunk_mib": 2, "range_mib": 2})


@pytest.mark.parametrize(
    ("change", "kind", "message"),
    [
        (grown, SourceFileError, "changed since it was divided into 2 ranges; this is range 2"),
        (
            other_settings,
            ReconciliationError,
            r"flights.tsv was divided into ranges \(chunk_bytes, header, quote\)",
        ),
    ],
)
def test_a_range_of_another_file_or_other_settings_is_refused(
    tmp_path: Path, change: Callable[[Division], None], kind: type[Exception], message: str
) -> None:
    division = mebibytes(tmp_path)
    _, second = division.divide()
    change(division)

    with pytest.raises(kind, match=message) as caught:
        division.one(second)

    assert "clear wait_for_files with its downstream tasks" in str(caught.value)
    assert division.stage.uploads == []


def test_a_file_that_changes_while_a_range_is_staged_must_be_divided_again(tmp_path: Path) -> None:
    division = mebibytes(tmp_path, stage=_ChangingStage(tmp_path / "flights.tsv", 3))
    first, second = division.divide()
    division.one(first)

    with pytest.raises(SourceFileError, match="given up") as caught:
        division.one(second)

    assert "clear wait_for_files with its downstream tasks" in str(caught.value)
    assert division.checkpoints[2].texts == {}


def test_a_whole_file_is_no_range(tmp_path: Path) -> None:
    division = mebibytes(tmp_path)

    with pytest.raises(ValueError, match="is a whole file"):
        division.one(division.source)


def test_a_range_given_as_a_file_is_staged_whole(tmp_path: Path) -> None:
    division = mebibytes(tmp_path)
    division.source = division.divide()[1]

    assert division.whole().staged_records == 3600
    assert division.stage.text() == BODY
