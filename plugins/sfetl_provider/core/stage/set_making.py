"""Making a set of chunks in a folder instead of on a stage."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.errors import ChunkSetError
from sfetl_provider.core.events import Listener, Notice, ignore_events
from sfetl_provider.core.plan.month_plan import MonthPlan, SourceFile
from sfetl_provider.core.plan.names import MANIFEST
from sfetl_provider.core.qc.report import QcVerdict
from sfetl_provider.core.stage.agreement import require_agreement
from sfetl_provider.core.stage.checkpoints import StagingCheckpoints
from sfetl_provider.core.stage.chunk_set import (
    CarriedFile,
    ChunkSet,
    altered_chunks,
    read_chunk_set,
    require_listed,
    write_chunk_set,
)
from sfetl_provider.core.stage.run import StagePorts
from sfetl_provider.core.stage.staging import stage_whole


@dataclass(frozen=True)
class SetJob:
    """What a set is made of, and where; with a `verdict`, what QC passed must be what is staged."""

    sources: Sequence[SourceFile]
    plan: MonthPlan
    config: FeedConfig
    folder: Path
    verdict: QcVerdict | None = None


def make_chunk_set(
    job: SetJob, open_ports: Callable[[SourceFile], StagePorts], listener: Listener = ignore_events
) -> ChunkSet:
    """Stage each file into the folder, read every chunk back, and write the manifest last.

    The ports put chunks into the folder and keep their checkpoints there, so a second run keeps what fits and
    makes the rest; the manifest is away meanwhile. Raises as `stage_whole`, and ChunkSetError when the folder
    holds the set of another month or files of no set.
    """
    if (job.folder / MANIFEST).exists():
        read_chunk_set(job.folder).require_month_of(job.plan)
        (job.folder / MANIFEST).unlink()
    files = [_whole(source, job, open_ports(source), listener) for source in job.sources]
    if job.verdict is not None:
        require_agreement(job.verdict, [file.staged for file in files])
    _require_no_other(job.folder, files)
    chunk_set = ChunkSet(
        feed=job.plan.feed,
        month=job.plan.month,
        chunk_bytes=job.config.stage.chunk_bytes,
        files=tuple(files),
        verdict=job.verdict,
    )
    write_chunk_set(job.folder, chunk_set)
    return chunk_set


def _whole(source: SourceFile, job: SetJob, ports: StagePorts, listener: Listener) -> CarriedFile:
    """Stage a file; a kept chunk that was altered since is made again."""
    file = _staged(source, job, ports, listener)
    if altered := altered_chunks(job.folder, file):
        for path in altered:
            path.unlink()
        listener(Notice("stage", f"{source.name}: {len(altered)} chunks were altered and are made again."))
        file = _staged(source, job, ports, listener)
    require_listed(job.folder, file)
    return file


def _staged(source: SourceFile, job: SetJob, ports: StagePorts, listener: Listener) -> CarriedFile:
    staged = stage_whole(source, job.plan, job.config, ports, listener)
    return CarriedFile(staged=staged, chunks=tuple(StagingCheckpoints(ports.checkpoints).chunks()))


def _require_no_other(folder: Path, files: Sequence[CarriedFile]) -> None:
    known = {file.staged.key for file in files}
    others = sorted(
        path.name for path in folder.iterdir() if path.name not in known and not path.name.startswith(".")
    )
    if others:
        raise ChunkSetError(
            f"{folder} also holds {', '.join(others)}, which are not of this set.",
            safe="All chunks are made and kept.",
            next_step="Remove them, or give a folder of the set's own.",
        )
