"""Why a COPY was refused, in terms of the source file instead of the chunk."""

from __future__ import annotations

import re

from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.copy_into.bad_row_list import BadRowList
from sfetl_provider.core.copy_into.bad_rows import MASKED, named_column
from sfetl_provider.core.copy_into.batches import Batch, StagedChunk, chunk_tail
from sfetl_provider.core.copy_into.remedies import remedies
from sfetl_provider.core.counted import counted
from sfetl_provider.core.errors import CopyFailedError, SfetlError
from sfetl_provider.core.plan.month_plan import TableName
from sfetl_provider.core.ports import QueryStatus
from sfetl_provider.core.refusals import next_step_of

_PLACE = re.compile(r"File '(?P<file>[^']+)', line (?P<line>\d+)")
_COLUMN = re.compile(r'column ("[^"]*"\["[^"]+":\d+\])')
_ADVISED = 10
_SAFE = "The target table was not touched; the chunks are still staged."
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
        safe=_SAFE,
        next_step=_next_step(status),
    )


def explain_bad_rows(
    batch: Batch, rows: int, found: BadRowList, config: FeedConfig, table: TableName
) -> CopyFailedError:
    """Give the error of a batch whose bad rows are known; `batch` holds the chunks that were looked at.

    `config` may know the types of the columns of the target, `table`; `rows` are those that COPY counted.
    """
    chunks = ", ".join(batch.paths)
    what = f"COPY batch {batch.number} of {batch.of} was refused: {counted(rows, 'bad row')} in {chunks}:"
    return explain_rejects(what, found, config, table)


def explain_rejects(what: str, found: BadRowList, config: FeedConfig, table: TableName) -> CopyFailedError:
    """Give an error that goes on with the first of the rows, where all are listed, and what to do about them."""
    quoted = "".join(f"\n  {row}" for row in found.quoted)
    more = f"\n  and {found.rows - len(found.quoted):,} more" if found.rows > len(found.quoted) else ""
    # Of many columns and errors, those with the most rows.
    tallies = sorted(found.tallies.values(), key=lambda tally: -tally.rows)[:_ADVISED]
    advice = "".join(f"- {remedy}\n" for remedy in remedies(tallies, config, table))
    return CopyFailedError(
        f"{what}{quoted}{more}{_listed(found)}", safe=f"\n{advice}{_SAFE}", next_step=_CORRECT
    )


def _listed(found: BadRowList) -> str:
    if found.file is None:
        return ""
    which = "All" if found.file.lines == found.rows else f"The first {found.file.lines:,}"
    return f"\n{which} are listed in {found.file.path}."


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
    return status.error_message.strip().split("\n")[0] or "no reason given"


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


def _next_step(status: QueryStatus) -> str:
    if advice := next_step_of(status.error_code, status.error_message, "COPY"):
        return f"{advice} Then clear this task: it loads all chunks again into a new load table."
    if "not found" in status.error_message and "file" in status.error_message.lower():
        return (
            "Chunks are gone from the stage: clear the stage tasks of this run with their downstream tasks."
        )
    if _PLACE.search(status.error_message):
        return _CORRECT
    return "Remove the cause, then clear this task: it loads all chunks again into a new load table."
