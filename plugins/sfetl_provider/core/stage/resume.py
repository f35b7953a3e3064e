"""What an earlier try left that this one may keep."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import count

from pydantic import ValidationError

from sfetl_provider.core.compression import Compression
from sfetl_provider.core.errors import (
    LeftOutListError,
    ReconciliationError,
    SfetlError,
    StageUnusableError,
    UploadError,
)
from sfetl_provider.core.events import Listener, Notice
from sfetl_provider.core.identifiers import quote_literal
from sfetl_provider.core.plan.month_plan import MonthPlan
from sfetl_provider.core.plan.names import chunk_name, is_chunk_name
from sfetl_provider.core.ports import StagedEntry
from sfetl_provider.core.stage.checkpoints import RecordedSource, StagingCheckpoints, StagingIdentity
from sfetl_provider.core.stage.staged_file import Chunk
from sfetl_provider.core.tsv.source import SourceChangedError


def resume_or_restart(
    checkpoints: StagingCheckpoints,
    identity: StagingIdentity,
    plan: MonthPlan,
    name: str,
    listener: Listener,
) -> list[Chunk]:
    """Give the recorded chunks when they belong to this identity, else forget them, say why and begin anew.

    `plan.start_over` is obeyed once per plan: what this very run staged after that survives its retries.
    """
    planned_at = plan.planned_at.isoformat()
    recorded, reason = _recorded(checkpoints)
    if recorded and plan.start_over and recorded.started_over_for != planned_at:
        reason = "starting over was asked for"
    elif recorded and recorded.identity != identity:
        reason = _difference(recorded.identity, identity)
    elif recorded:
        return checkpoints.chunks()
    checkpoints.start(
        RecordedSource(identity=identity, started_over_for=planned_at if plan.start_over else "")
    )
    if reason:
        listener(Notice("stage", f"{name} is staged from its beginning: {reason}."))
    return []


def is_begun(checkpoints: StagingCheckpoints, identity: StagingIdentity) -> bool:
    """Tell whether what is recorded, if anything is, belongs to this identity."""
    recorded, _ = _recorded(checkpoints)
    return recorded is not None and recorded.identity == identity


def _recorded(checkpoints: StagingCheckpoints) -> tuple[RecordedSource | None, str]:
    try:
        return checkpoints.source(), ""
    except ValidationError:
        return None, "another version of this program recorded its chunks"


def _difference(before: StagingIdentity, now: StagingIdentity) -> str:
    if before.fingerprint != now.fingerprint:
        return "the file changed since it was staged in part"
    if before.left_out != now.left_out:
        return "what is left out of it changed since it was staged in part"
    changed = [
        field for field in StagingIdentity.model_fields if getattr(before, field) != getattr(now, field)
    ]
    return f"settings changed since it was staged in part ({', '.join(changed)})"


def verified_numbers(
    chunks: Sequence[Chunk], entries: Sequence[StagedEntry], compression: Compression
) -> set[int]:
    """Give the numbers of the chunks that lie on the stage with the size that was recorded."""
    there = entries_by_name(entries)
    return {
        chunk.number
        for chunk in chunks
        if chunk.is_confirmed
        and (entry := there.get(chunk_name(chunk.number, compression)))
        and entry.holds(chunk.compressed_bytes)
    }


def require_only_chunks(folder: str, entries: Sequence[StagedEntry]) -> None:
    """Raise StageUnusableError when a file's folder on the stage holds what no staging put there.

    Chunks of other ranges, and of tries whose record is lost, may lie there: COPY names its files.
    """
    if foreign := sorted(name for name in entries_by_name(entries) if not is_chunk_name(name)):
        raise StageUnusableError(
            f"The folder {folder} is for chunks alone and holds others' files: {', '.join(foreign[:10])}.",
            next_step=f"Find out whose they are, and remove them (REMOVE {quote_literal(folder + foreign[0])} …).",
        )


def entries_by_name(entries: Sequence[StagedEntry]) -> dict[str, StagedEntry]:
    """Give a stage folder's files by their names."""
    return {entry.path.rsplit("/", 1)[-1]: entry for entry in entries}


def number_ranges(numbers: Sequence[int]) -> str:
    """Write ascending numbers as ranges: 1–3, 5."""
    spans: list[list[int]] = []
    for number in numbers:
        if spans and number == spans[-1][1] + 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    return ", ".join(str(first) if first == last else f"{first}–{last}" for first, last in spans)


def require_on_stage(name: str, chunks: Sequence[Chunk], on_stage: Collection[int]) -> None:
    """Raise UploadError unless all chunks of a file lie on the stage."""
    missing = [chunk.number for chunk in chunks if chunk.number not in on_stage]
    if missing:
        raise UploadError(
            f"Chunks {number_ranges(missing)} of {name} were uploaded, but LIST does not show "
            "them with their sizes."
        )


def explain_resume(error: BaseException, on_stage: Collection[int], first_chunk: int = 1) -> None:
    """Add to an error which chunks are safe and where the next try begins."""
    if isinstance(error, SourceChangedError | ReconciliationError | LeftOutListError):
        return
    done = sorted(on_stage)
    first = next(number for number in count(first_chunk) if number not in on_stage)
    noun = "Chunk" if len(done) == 1 else "Chunks"
    verb = "is" if len(done) == 1 else "are"
    safe = f"{noun} {number_ranges(done)} {verb} staged and recorded." if done else "No chunk is staged yet."
    resume = f"Clear this task: it resumes at chunk {first}."
    if isinstance(error, SfetlError):
        error.reword(safe=safe, next_step=" ".join(filter(None, (error.next_step, resume))))
    else:
        error.add_note(f"{safe} {resume}")
