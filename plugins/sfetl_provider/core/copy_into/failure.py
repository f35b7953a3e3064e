"""Why a COPY was refused, in terms of the source file instead of the chunk."""

from __future__ import annotations

import re

from sfetl_provider.core.copy_into.batches import Batch, StagedChunk
from sfetl_provider.core.copy_into.reconcile import chunk_tail
from sfetl_provider.core.errors import CopyFailedError
from sfetl_provider.core.ports import QueryStatus

_PLACE = re.compile(r"File '(?P<file>[^']+)', line (?P<line>\d+)")
_COLUMN = re.compile(r'column "[^"]*"\["(?P<column>[^"]+)":\d+\]')


def explain_failure(batch: Batch, status: QueryStatus) -> CopyFailedError:
    """Give the error of a failed COPY; the line that Snowflake names within a chunk becomes the source's line.

    Snowflake names the first bad row only; the text is kept as it came when it names none.
    """
    first_line = status.error_message.strip().split("\n")[0] or "no reason given"
    return CopyFailedError(
        f"COPY batch {batch.number} of {batch.of} was refused: {first_line} "
        f"(Snowflake error {status.error_code:06}){_place(batch, status.error_message)}.",
        safe="The target table was not touched; the chunks are still staged.",
        next_step=_next_step(status),
    )


def _place(batch: Batch, message: str) -> str:
    place = _PLACE.search(message)
    if place is None:
        return ""
    column = _COLUMN.search(message)
    field = f", column {column['column']}" if column else ""
    chunk = _chunk(batch, chunk_tail(place["file"]))
    if chunk is None:
        return f", {place['file']} line {place['line']}{field}"
    line = chunk.first_line + int(place["line"]) - 1
    # How many of the lines that QC left out stand before it is not known here.
    later = f" to {line + chunk.left_out_lines}" if chunk.left_out_lines else ""
    return f", {chunk.source} line {line}{later}{field}"


def _chunk(batch: Batch, path: str) -> StagedChunk | None:
    return next((chunk for chunk in batch.chunks if chunk.path == path), None)


def _next_step(status: QueryStatus) -> str:
    if "not found" in status.error_message and "file" in status.error_message.lower():
        return (
            "Chunks are gone from the stage: clear the stage tasks of this run with their downstream tasks."
        )
    if _PLACE.search(status.error_message):
        return (
            "Correct the file, the format in the feed's config or the table's column; then clear the run's tasks "
            "from wait_for_files on (file changed) or this task (table or format changed)."
        )
    return "Remove the cause, then clear this task: it loads all chunks again into a new load table."
