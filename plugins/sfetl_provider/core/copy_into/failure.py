"""Why a COPY was refused, in terms of the source file instead of the chunk."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.copy_into.bad_row_list import BadRowList
from sfetl_provider.core.copy_into.bad_rows import MASKED, named_column
from sfetl_provider.core.copy_into.batches import Batch, StagedChunk, chunk_tail
from sfetl_provider.core.copy_into.remedies import remedies
from sfetl_provider.core.counted import counted
from sfetl_provider.core.errors import CopyFailedError, SfetlError
from sfetl_provider.core.plan.month_plan import TableName
from sfetl_provider.core.ports import QueryStatus
from sfetl_provider.core.refusals import cause_of, next_step_of

_PLACE = re.compile(r"File '(?P<file>[^']+)', line (?P<line>\d+)")
_COLUMN = re.compile(r'column ("[^"]*"\["[^"]+":\d+\])')
_ADVISED = 10
_CHUNKS_NAMED = 10
_NOT_TOUCHED = "No row of the target table was touched."
_SAFE = "No row of the target table was touched; the chunks are still staged."
_CORRECT = (
    "Correct the file, the format in the feed's config or the table's column; then clear the run's tasks "
    "from wait_for_files on (file changed) or this task (table or format changed)."
)


def explain_failure(
    batch: Batch, status: QueryStatus, masked: frozenset[str] = frozenset(), note: str = ""
) -> CopyFailedError:
    """Give the error of a failed COPY; the line that Snowflake names within a chunk becomes the source's line.

    Snowflake names the first bad row only; the text is kept as it came when it names none. `note` says why no
    more is known.
    """
    return CopyFailedError(
        f"COPY batch {batch.number} of {batch.of} was refused: {_reason(status, masked)} "
        f"(Snowflake error {status.error_code:06}){_place(batch, status.error_message)}.{note and f' {note}'}",
        safe=_NOT_TOUCHED if _is_gone(status) else _SAFE,
        next_step=_next_step(status),
    )


@dataclass(frozen=True)
class Searched:
    """What was looked at for bad rows after a COPY was refused: chunks of its batch, never of later ones.

    `bad_rows` are the chunks with rows that do not fit, and how many COPY counted in each. `unseen` chunks of the
    batch were not looked at, for a `reason`, nor the `later` chunks of batches that were not loaded.
    """

    batch: Batch
    bad_rows: Mapping[str, int]
    unseen: int = 0
    later: int = 0
    reason: str = ""

    @property
    def rows(self) -> int:
        """How many rows COPY counted."""
        return sum(self.bad_rows.values())


def explain_bad_rows(
    searched: Searched, found: BadRowList, config: FeedConfig, table: TableName
) -> CopyFailedError:
    """Give the error of a batch whose bad rows are known.

    `config` may know the types of the columns of the target, `table`.
    """
    batch, rows = searched.batch, max(searched.rows, found.rows)
    bad = counted(rows, "bad row")
    what = f"COPY batch {batch.number} of {batch.of} was refused: {bad} in {_chunks(searched)}"
    rejects = Rejects(f"{what}:", rows, found)
    return explain_rejects(rejects, config, table, _not_looked_at(searched))


def _chunks(searched: Searched) -> str:
    paths = list(searched.bad_rows)
    more = f" and {len(paths) - _CHUNKS_NAMED:,} more" if len(paths) > _CHUNKS_NAMED else ""
    seen = len(searched.batch.chunks) - searched.unseen
    share = f" ({len(paths):,} of {seen:,} chunks)" if seen > 1 else ""
    return f"{', '.join(paths[:_CHUNKS_NAMED])}{more}{share}"


def _not_looked_at(searched: Searched) -> str:
    reason = searched.reason or "COPY told nothing of them"
    parts = (
        f"{searched.unseen:,} of the batch ({reason})" if searched.unseen else "",
        f"{searched.later:,} of later batches" if searched.later else "",
    )
    told = " and ".join(filter(None, parts))
    return f"\nChunks that were not looked at: {told}." if told else ""


@dataclass(frozen=True)
class Rejects:
    """Rows that COPY did not take: what is said of them, how many there are, and those that were read."""

    what: str
    rows: int
    found: BadRowList


def explain_rejects(
    rejects: Rejects, config: FeedConfig, table: TableName, unseen: str = ""
) -> CopyFailedError:
    """Give an error that goes on with the first of the rows, where all are listed, and what to do about them."""
    found = rejects.found
    quoted = "".join(f"\n  {row}" for row in found.quoted)
    left = rejects.rows - len(found.quoted)
    more = f"\n  and {left:,} more" if found.quoted and left > 0 else ""
    # Of many columns and errors, those with the most rows.
    tallies = sorted(found.tallies.values(), key=lambda tally: -tally.rows)[:_ADVISED]
    advice = "".join(f"\n- {remedy}" for remedy in remedies(tallies, config, table))
    part = "" if found.is_whole else f"\nOf the first {found.rows:,} rows:"
    return CopyFailedError(
        f"{rejects.what}{quoted}{more}{_listed(rejects)}{unseen}",
        safe=_SAFE,
        next_step=f"{_CORRECT}{part}{advice}",
    )


def _listed(rejects: Rejects) -> str:
    file = rejects.found.file
    if file is None:
        return ""
    which = "All" if file.lines >= rejects.rows else f"The first {file.lines:,}"
    return f"\n{which} are listed in {file.path}."


def not_listed(error: Exception) -> str:
    """Say why bad rows are not listed."""
    reason = error.what if isinstance(error, SfetlError) else type(error).__name__
    return f"Not all bad rows could be listed: {reason.rstrip('.')}."


def refused_chunk(batch: Batch, message: str) -> StagedChunk | None:
    """Give the chunk that holds the row that Snowflake names, None when it names none."""
    place = _PLACE.search(message)
    if place is None:
        return None
    path = chunk_tail(place["file"])
    return next((chunk for chunk in batch.chunks if chunk.path == path), None)


def _reason(status: QueryStatus, masked: frozenset[str]) -> str:
    column = _COLUMN.search(status.error_message)
    if column and named_column(column[1])[0] in masked:
        return MASKED
    return cause_of(status.error_message) or "no reason given"


def _place(batch: Batch, message: str) -> str:
    place = _PLACE.search(message)
    if place is None:
        return ""
    column = _COLUMN.search(message)
    field = f", column {named_column(column[1])[0]}" if column else ""
    chunk = refused_chunk(batch, message)
    if chunk is None:
        return f", {place['file']} line {place['line']}{field}"
    line = chunk.first_line + int(place["line"]) - 1
    # How many of the lines that QC left out stand before it is not known here.
    later = f" to {line + chunk.left_out_lines}" if chunk.left_out_lines else ""
    return f", {chunk.source} line {line}{later}{field}"


def _is_gone(status: QueryStatus) -> bool:
    return "not found" in status.error_message and "file" in status.error_message.lower()


def _next_step(status: QueryStatus) -> str:
    if advice := next_step_of(status.error_code, status.error_message, "COPY"):
        return f"{advice} Then clear this task: it loads all chunks again into a new load table."
    if _is_gone(status):
        return (
            "Chunks are gone from the stage: clear the stage tasks of this run with their downstream tasks."
        )
    if _PLACE.search(status.error_message):
        return _CORRECT
    return "Remove the cause, then clear this task: it loads all chunks again into a new load table."
