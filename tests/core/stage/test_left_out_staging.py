"""Staging cuts out what QC left out: whole files, ranges, compressed ones, and on resume."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sfetl_provider.core.errors import LeftOutListError, ReconciliationError, UploadError
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.plan.month_plan import LeftOut, SourceFile
from sfetl_provider.core.qc.check import CheckPaths, check_files, without_left_out
from sfetl_provider.core.qc.verdict import decide, left_out_of
from sfetl_provider.core.stage.agreement import require_agreement, with_qc_hashes
from sfetl_provider.core.stage.joined import staged_files
from sfetl_provider.core.stage.ranges import divide
from sfetl_provider.core.stage.run import StagePorts, stage_file, stage_range
from sfetl_provider.core.stage.staged_file import StagedFile
from sfetl_provider.core.stage.staging import stage_source
from sfetl_provider.core.tsv.fingerprint import fingerprint
from sfetl_provider.core.tsv.spans import Span
from tests.core.fakes import InMemoryCheckpoints, InMemoryStage, SteppingClock, plan, source_file
from tests.core.qc.left_out_files import ALL
from tests.core.stage.test_ranges import small
from tests.core.tsv.test_compressed import PACKERS
from tests.core.tsv.test_left_out import written

LINE = b"%07d\t2013-01-01\t" + b"x" * 20 + b"\n"
COUNT = 40
LINES = [LINE % number for number in range(COUNT)]
BAD = (0, 7, 8, 9, 10, 25, COUNT - 1)
"""The first, the last (of whose chunk nothing is left), and some in a row."""


@dataclass
class Case:
    """A file, a part of its lines left out, staged in chunks of three lines, over several tries."""

    folder: Path
    suffix: str = ""
    bad: tuple[int, ...] = BAD
    range_bytes: int = 10**9
    lines: list[bytes] = field(default_factory=lambda: list(LINES))
    stage: InMemoryStage = field(default_factory=InMemoryStage)
    stores: dict[int, InMemoryCheckpoints] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.config = small(3 * len(LINES[0]), self.range_bytes)
        text = b"".join(self.lines)
        self.source = source_file(
            self.folder / f"f.tsv{self.suffix}", PACKERS[self.suffix](text) if self.suffix else text
        )
        starts = [sum(map(len, self.lines[:number])) for number in range(len(self.lines))]
        spans = [Span(starts[at], len(self.lines[at]), at + 1, 1) for at in self.bad]
        self.list_path = self.folder / "f.left-out.tsv"
        left_out = written(self.list_path, spans).model_copy(
            update={"fingerprint": fingerprint(self.source.path), "file_records": len(self.lines)}
        )
        self.leave_out(left_out)

    def leave_out(self, left_out: LeftOut | None) -> None:
        self.source = self.source.model_copy(update={"left_out": left_out})

    def run(self) -> StagedFile:
        results = [self._one(part).to_json() for part in divide(self.source, self.config)]
        (staged,) = staged_files(results)
        return staged

    def _one(self, part: SourceFile) -> Any:
        store = self.stores.setdefault(part.range_number, InMemoryCheckpoints())
        ports = StagePorts(self.stage, self.stage.uploader(), store, SteppingClock(), self.folder / "scratch")
        return stage_source(part, plan(), self.config, ports)

    @property
    def good(self) -> bytes:
        return b"".join(line for at, line in enumerate(self.lines) if at not in self.bad)

    @property
    def staged(self) -> bytes:
        """What COPY reads as records: it skips empty lines."""
        return b"".join(text for text in self.texts if text != b"\n")

    @property
    def texts(self) -> list[bytes]:
        """The chunks, decompressed, in order."""
        contents = (self.stage.files[name] for name in sorted(self.stage.files))
        return [zstandard.ZstdDecompressor().decompressobj().decompress(content) for content in contents]


@pytest.mark.parametrize(("suffix", "range_bytes"), [("", 10**9), ("", 300), (".gz", 10**9), (".zst", 10**9)])
def test_the_chunks_hold_the_good_records_and_every_count_adds_up(
    tmp_path: Path, suffix: str, range_bytes: int
) -> None:
    case = Case(tmp_path, suffix, range_bytes=range_bytes)

    staged = case.run()

    assert case.staged == case.good
    assert staged.staged_records == sum(staged.chunk_records) == COUNT - len(BAD)
    assert (staged.records, staged.rejected_records) == (COUNT, len(BAD))
    assert staged.left_out_bytes == len(BAD) * len(LINES[0])
    # COPY's line numbers are mapped back to the file's by these.
    assert staged.chunk_first_lines == tuple(range(1, COUNT + 1, 3))
    assert staged.chunk_left_out_lines[:5] == (1, 0, 2, 2, 0)
    assert (staged.ranges > 1) == (range_bytes == 300)
    assert not list((tmp_path / "scratch").rglob("*.zst"))
    assert case.texts[-1] == b"\n"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(
    st.lists(
        st.sampled_from([b"1\t2013-01-01\ta\n", b"\n", b"bad\n", b"\0\t\t\n", b"2\t2013-01-02\t\n"]),
        max_size=30,
    ),
    st.integers(1, 40),
    st.integers(1, 60),
    st.sampled_from([b"", b"id\tday\ttext\n"]),
)
def test_qc_and_staging_agree_wherever_chunks_end(
    tmp_path: Path, lines: list[bytes], chunk_bytes: int, range_bytes: int, header: bytes
) -> None:
    config = small(chunk_bytes, range_bytes, header=bool(header))
    config = config.model_copy(update={"qc": config.qc.model_copy(update={"reject_limit": ALL})})
    source = source_file(tmp_path / "f.tsv", header + b"".join(lines) + b"3\t2013-01-03\tx\n")
    paths = CheckPaths(tmp_path / "scratch", left_out=tmp_path)
    parts = divide(source, config)
    (report,) = check_files(parts[:1], config, Month(2013, 1), paths)

    stage, results = InMemoryStage(), []
    for part in without_left_out(parts, left_out_of([report])):
        ports = StagePorts(stage, stage.uploader(), InMemoryCheckpoints(), SteppingClock(), tmp_path / "s")
        staged = (stage_range if part.byte_range else stage_file)(part, plan(), config, ports)
        results.append(staged.to_json())

    verdict = decide([report], config, Month(2013, 1), "file")
    require_agreement(verdict, staged_files(results))
    (file,) = with_qc_hashes(staged_files(results), verdict)
    assert file.sha256 == hashlib.sha256(Path(source.path).read_bytes()).hexdigest()


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_a_second_try_keeps_what_was_staged(tmp_path: Path, suffix: str) -> None:
    case = Case(tmp_path, suffix, stage=InMemoryStage(fail_at=4))
    with pytest.raises(UploadError, match="it resumes at chunk 4"):
        case.run()

    staged = case.run()

    assert case.staged == case.good
    assert (staged.chunks_reused, staged.rejected_records) == (3, len(BAD))


def test_a_file_to_be_staged_as_it_is_becomes_chunks_where_records_are_left_out(tmp_path: Path) -> None:
    case = Case(tmp_path, ".gz")
    as_is = case.config.stage.model_copy(update={"as_is_mib": 1})
    case.config = case.config.model_copy(update={"stage": as_is})

    assert case.run().chunk_count == 14
    assert case.staged == case.good


def test_another_list_makes_the_chunks_afresh(tmp_path: Path) -> None:
    case = Case(tmp_path)
    case.run()

    other = Case(tmp_path, bad=(3,), stores=case.stores)
    staged = other.run()

    assert other.staged == other.good
    assert (staged.chunks_reused, staged.rejected_records) == (0, 1)


@pytest.mark.parametrize("range_bytes", [10**9, 300])
def test_a_list_that_is_gone_loses_nothing(tmp_path: Path, range_bytes: int) -> None:
    case = Case(tmp_path, range_bytes=range_bytes, stage=InMemoryStage(fail_at=2))
    with pytest.raises(UploadError):
        case.run()
    content = case.list_path.read_bytes()
    case.list_path.unlink()
    with pytest.raises(LeftOutListError, match="wait_for_files on: QC writes the list anew"):
        case.run()

    case.list_path.write_bytes(content)

    assert case.run().chunks_reused == 1
    assert case.staged == case.good


def test_spans_that_are_no_records_of_the_file_are_refused(tmp_path: Path) -> None:
    case = Case(tmp_path)
    broken = written(case.list_path, [Span(115, 10, 3, 1)])
    assert case.source.left_out is not None
    case.leave_out(broken.model_copy(update={"fingerprint": case.source.left_out.fingerprint}))

    with pytest.raises(
        ReconciliationError, match=r"Chunk 1 of f\.tsv has 120 bytes, but 115 were staged and 0 left"
    ):
        case.run()


def test_records_that_qc_counted_and_nobody_staged_are_missed(tmp_path: Path) -> None:
    case = Case(tmp_path)
    assert case.source.left_out is not None
    case.leave_out(case.source.left_out.model_copy(update={"file_records": COUNT + 1}))

    with pytest.raises(ReconciliationError, match="are not the 41 that QC counted"):
        case.run()


def test_what_qc_did_not_reject_must_not_be_left_out(tmp_path: Path) -> None:
    case = Case(tmp_path)
    staged = case.run()
    verdict = decide((), case.config, Month(2013, 1), "file").model_copy(
        update={"fingerprints": {staged.file: staged.fingerprint}, "good_records": staged.staged_records}
    )

    with pytest.raises(
        ReconciliationError, match=r"records, bytes and lines are \(7, 280, 7\), by QC \(0, 0, 0\)"
    ):
        require_agreement(verdict, [staged])
