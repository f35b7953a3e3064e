"""COPY's own account of a batch against what was staged: each chunk once, each row loaded or rejected.

Source: docs.snowflake.com/en/sql-reference/sql/copy-into-table, "Output".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sfetl_provider.core.copy_into.batches import Batch, StagedChunk, chunk_tail
from sfetl_provider.core.errors import ReconciliationError

_LOADED = ("LOADED",)
# A file none of whose rows could be loaded is LOAD_FAILED.
_LOADED_IN_PART = ("LOADED", "PARTIALLY_LOADED", "LOAD_FAILED")


@dataclass(frozen=True)
class LoadedRows:
    """The rows of a batch: `rows` are in the load table, `rejected` ones are not."""

    rows: int
    rejected: int = 0


def reconcile(batch: Batch, rows: Sequence[Mapping[str, object]], *, may_reject: bool = False) -> LoadedRows:
    """Give how many rows a batch's COPY loaded and rejected, when together they are exactly what was staged.

    `rows` are COPY's, by lower-case column name. Raises ReconciliationError with every difference otherwise: a
    chunk missing, skipped, loaded in part (unless rows may be rejected), loaded twice, or not asked for.
    """
    seen = Counter(chunk_tail(str(row["file"])) for row in rows)
    by_path = {chunk_tail(str(row["file"])): row for row in rows}
    asked_for = frozenset(batch.paths)
    differences = [
        *(fault for chunk in batch.chunks for fault in _faults(chunk, by_path.get(chunk.path), may_reject)),
        *(f"{path} is reported {count} times" for path, count in seen.items() if count > 1),
        *(f"{path} was not asked for" for path in seen if path not in asked_for),
    ]
    if differences:
        raise _mismatch(batch, differences)
    rejected = sum(_count(by_path[chunk.path], "errors_seen") for chunk in batch.chunks)
    return LoadedRows(batch.records - rejected, rejected)


def _faults(chunk: StagedChunk, row: Mapping[str, object] | None, may_reject: bool) -> list[str]:
    if row is None:
        return [f"{chunk.path} is missing from COPY's result"]
    if row["status"] not in (_LOADED_IN_PART if may_reject else _LOADED):
        return [f"{chunk.path} has status {row['status']} instead of LOADED ({_first_error(row)})"]
    parsed, loaded, errors = (_count(row, name) for name in ("rows_parsed", "rows_loaded", "errors_seen"))
    # Whether rows_parsed counts the blank lines that SKIP_BLANK_LINES skips is not documented; users report both.
    is_whole = parsed in (chunk.records, chunk.records + chunk.blank_lines)
    if is_whole and loaded + errors == chunk.records and (may_reject or not errors):
        return []
    return [
        f"{chunk.path} ({chunk.source} from line {chunk.first_line}): {chunk.records} staged, {parsed} parsed, "
        f"{loaded} loaded, {errors} errors ({_first_error(row)})"
    ]


def _count(row: Mapping[str, object], name: str) -> int:
    return int(str(row[name]))


def _first_error(row: Mapping[str, object]) -> str:
    return str(row.get("first_error") or "no error named")


def _mismatch(batch: Batch, differences: list[str]) -> ReconciliationError:
    return ReconciliationError(
        f"COPY batch {batch.number} of {batch.of} does not add up: {'; '.join(differences)}.",
        safe="No row of the target table was touched; the chunks are still staged.",
        next_step="Clear this task: it loads all chunks again into a new load table.",
        stage="copy",
    )
