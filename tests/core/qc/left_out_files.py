"""Broken files under a reject limit: what is staged without the bad records is what a strict reader finds good."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import zstandard

from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.config.stage_model import StageConfig
from sfetl_provider.core.errors import SfetlError
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.plan.month_plan import LeftOut, SourceFile
from sfetl_provider.core.qc.check import CheckPaths, check_files, without_left_out
from sfetl_provider.core.qc.clean_file import write_clean_file
from sfetl_provider.core.qc.report import QcReport
from sfetl_provider.core.qc.verdict import decide, left_out_of
from sfetl_provider.core.stage.agreement import require_agreement
from sfetl_provider.core.stage.joined import staged_files
from sfetl_provider.core.stage.layout import read_layout
from sfetl_provider.core.stage.ranges import divide
from sfetl_provider.core.stage.run import StagePorts, stage_file, stage_range
from sfetl_provider.core.stage.sifting import NOTHING_LEFT
from tests.core.fakes import InMemoryCheckpoints, InMemoryStage, SteppingClock, plan
from tests.core.qc.strict_reader import Form, read_strictly

if TYPE_CHECKING:
    from tests.core.qc.mutated_files import Case

ALL = 1_000_000
REFUSED_WHOLE = (
    "the file is ",
    "the text in it is ",
    "its name ends with ",
    "the file cannot be decompressed",
)


class SmallChunks(StageConfig):
    """Sizes in bytes instead of MiB, so that a file of some lines has several chunks and ranges."""

    @property
    def chunk_bytes(self) -> int:
        return self.chunk_mib

    @property
    def range_bytes(self) -> int | None:
        return self.range_mib


class Limited(NamedTuple):
    """What came of a file with all bad records allowed: how many were left out, and what is not as it must be."""

    rejected: int = 0
    fault: str = ""


def check_with_limit(case: Case, source: SourceFile, config: FeedConfig, month: Month) -> Limited:
    """Check, clean and stage a case's file with a reject limit that nothing exceeds."""
    folder, config = Path(source.path).parent / "limited", _limited(config)
    try:
        (report,) = check_files([source], config, month, CheckPaths(folder / "scratch", left_out=folder))
        if case.text is None or (report.bad_records and not report.left_out):
            has_reason = report.not_left_out or not report.bad_records
            return Limited(fault="" if has_reason else "nothing is left out, for no reason")
        if any(bad.reason.startswith(REFUSED_WHOLE) for bad in report.bad_lines):
            return Limited(fault="a file that is no text is left out in part")
        fault = _fault_of_clean(case, source, config, report) or _fault_of_staging(
            case, source, config, report
        )
        return Limited(report.left_out.records if report.left_out else 0, fault)
    except SfetlError as error:
        return Limited(fault=f"with a limit: {type(error).__name__}: {error}")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _limited(config: FeedConfig) -> FeedConfig:
    small = SmallChunks.model_validate({"chunk_mib": 60, "range_mib": 150, "zstd_level": 1, "workers": 1})
    qc = config.qc.model_copy(update={"reject_limit": ALL})
    return config.model_copy(update={"qc": qc, "stage": small})


def _fault_of_clean(case: Case, source: SourceFile, config: FeedConfig, report: QcReport) -> str:
    target = Path(source.path).with_name("clean.tsv")
    cleaned = write_clean_file(source, config, report, target)
    text, wanted = case.text or b"", read_strictly(case.text or b"", case.form)
    found = read_strictly(target.read_bytes(), case.form)
    if cleaned.size_bytes + cleaned.left_out_bytes != len(text):
        return f"a clean file of {cleaned.size_bytes} bytes without {cleaned.left_out_bytes} of {len(text)}"
    if (found.rows, found.bad, found.empty) != (wanted.rows, 0, wanted.empty):
        return f"the clean file holds {found}, not {wanted}"
    return ""


def _fault_of_staging(case: Case, source: SourceFile, config: FeedConfig, report: QcReport) -> str:
    (rest,) = without_left_out([source], left_out_of([report]))
    text, wanted = case.text or b"", read_strictly(case.text or b"", case.form)
    stage, results = InMemoryStage(), []
    for part in divide(rest, config):
        ports = StagePorts(
            stage, stage.uploader(), InMemoryCheckpoints(), SteppingClock(), Path(source.path).parent
        )
        staging = stage_range if part.byte_range else stage_file
        results.append(staging(part, plan(), config, ports).to_json())
    staged = staged_files(results)
    require_agreement(decide([report], config, Month(2013, 1), "file"), staged)
    chunks = [_text(stage.files[name]) for name in sorted(stage.files)]
    found = read_strictly(b"".join(chunks), Form(case.form.columns, case.form.delimiter, case.form.quote))
    if (found.rows, found.bad) != (wanted.rows, 0):
        return f"staged are {found.rows} and {found.bad} bad, not {wanted.rows}"
    supplied = found.empty - wanted.empty
    if not 0 <= supplied <= chunks.count(NOTHING_LEFT):
        return f"{found.empty} empty lines were staged instead of {wanted.empty}"
    kept = sum(map(len, chunks)) - supplied
    start = read_layout(Path(source.path), config.format).body_start
    if start + kept + _size_bytes(rest.left_out) != len(text):
        return f"{start} + {kept} + {_size_bytes(rest.left_out)} bytes are not {len(text)}"
    return ""


def _text(chunk: bytes) -> bytes:
    return zstandard.ZstdDecompressor().decompressobj().decompress(chunk)


def _size_bytes(left_out: LeftOut | None) -> int:
    return left_out.size_bytes if left_out else 0
