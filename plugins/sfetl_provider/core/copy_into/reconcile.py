"""COPY's own account of a batch against what was staged: each chunk once, each row loaded.

Source: docs.snowflake.com/en/sql-reference/sql/copy-into-table, "Output".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from sfetl_provider.core.copy_into.batches import Batch, StagedChunk, chunk_tail
from sfetl_provider.core.errors import ReconciliationError
from sfetl_provider.core.ports import QueryResult


def reconcile(batch: Batch, result: QueryResult) -> int:
    """Give the number of rows that a batch's COPY loaded, when it is exactly what was staged.

    Raises ReconciliationError with every difference otherwise: a chunk missing, skipped, loaded in part,
    loaded twice, or one that was not asked for.
    """
    rows = [row for row in result.records() if "file" in row]
    seen = Counter(chunk_tail(str(row["file"])) for row in rows)
    by_path = {chunk_tail(str(row["file"])): row for row in rows}
    differences = [
        *(fault for chunk in batch.chunks for fault in _faults(chunk, by_path.get(chunk.path))),
        *(f"{path} is reported {count} times" for path, count in seen.items() if count > 1),
        *(f"{path} was not asked for" for path in seen if path not in batch.paths),
    ]
    if differences:
        raise _mismatch(batch, differences)
    return batch.records


def _faults(chunk: StagedChunk, row: Mapping[str, object] | None) -> list[str]:
    if row is None:
        return [f"{chunk.path} is missing from COPY's result"]
    if row["status"] != "LOADED":
        return [f"{chunk.path} has status {row['status']} instead of LOADED ({_first_error(row)})"]
    parsed, loaded, errors = (int(str(row[name])) for name in ("rows_parsed", "rows_loaded", "errors_seen"))
    if parsed == loaded == chunk.records and errors == 0:
        return []
    return [
        f"{chunk.path} ({chunk.source} from line {chunk.first_line}): {chunk.records} staged, {parsed} parsed, "
        f"{loaded} loaded, {errors} errors ({_first_error(row)})"
    ]


def _first_error(row: Mapping[str, object]) -> str:
    return str(row.get("first_error") or "no error named")


def _mismatch(batch: Batch, differences: list[str]) -> ReconciliationError:
    return ReconciliationError(
        f"COPY batch {batch.number} of {batch.of} does not add up: {'; '.join(differences)}.",
        safe="The target table was not touched; the chunks are still staged.",
        next_step="Clear this task: it loads all chunks again into a new load table.",
        stage="copy",
    )
