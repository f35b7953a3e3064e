"""What runs left in Snowflake: chunks, load tables, clones of drops, rows not published, larger warehouses.

Found by name, by the ledger, or by the leases' table and the mark in a warehouse's comment.

Sources: docs.snowflake.com/en/sql-reference/sql/list, …/show-tables, …/remove.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from sfetl_provider.core.compute.leases import Lease, leases
from sfetl_provider.core.compute.resizing import give_back, read_mark
from sfetl_provider.core.compute.warehouse_state import visible_warehouses
from sfetl_provider.core.identifiers import quote_identifier, quote_literal
from sfetl_provider.core.ledger import rejected_rows
from sfetl_provider.core.maintenance.leftover import Leftover
from sfetl_provider.core.plan.month_plan import TableName
from sfetl_provider.core.plan.names import (
    LEASES,
    SCHEMA,
    STAGE,
    KeptTableParts,
    kept_table_parts,
    ledger_table,
    load_table_parts,
    quoted_table,
    rejected_rows_table,
    stage_name,
)
from sfetl_provider.core.ports import StagedEntry, Warehouse
from sfetl_provider.core.stage.cleaning import remove_files

_LONG_AGO = datetime.fromtimestamp(0, UTC)
_RUN_PATH = re.compile(r"([a-z][a-z0-9_]*)/(\d{4}-\d\d)/([0-9a-f]{12})/.+")


def find_in_warehouse(warehouse: Warehouse, database: str) -> tuple[Leftover, ...]:
    """Find what any run has in schema SFETL of a database; nothing when the schema or the stage is not there.

    Files and tables with names that are not ours are left alone.
    """
    if not _exists(warehouse, "SCHEMAS", SCHEMA, f"DATABASE {quote_identifier(database)}"):
        return ()
    schema = f"SCHEMA {quote_identifier(database)}.{quote_identifier(SCHEMA)}"
    records = warehouse.query(f"SHOW TABLES IN {schema}").records()
    tables = (
        *_tables(records, database),
        *_rejected_rows(warehouse, records, database),
        *_warehouse_sizes(warehouse, database, records),
    )
    if not _exists(warehouse, "STAGES", STAGE, schema):
        return tables
    return (*tables, *_chunks(warehouse, database))


def remove_from_warehouse(warehouse: Warehouse, leftover: Leftover) -> None:
    """Remove chunks, a table or rows, or give a warehouse its size back; doing it again is no error.

    Raises ReconciliationError when some chunks stay.
    """
    if leftover.kind == "warehouse_size":
        give_back(warehouse, leftover.database, leftover.run_key)
    elif leftover.kind == "chunks":
        remove_files(warehouse, leftover.place, safe="No living run owns them.")
    elif leftover.kind == "rejected_rows":
        binds = (leftover.feed, leftover.month, leftover.run_key)
        warehouse.query(rejected_rows.delete_statement(leftover.database), binds)
    else:
        warehouse.query(f"DROP TABLE IF EXISTS {leftover.place}")


def _exists(warehouse: Warehouse, kinds: str, name: str, scope: str) -> bool:
    # LIKE does not tell upper from lower case.
    result = warehouse.query(f"SHOW {kinds} LIKE {quote_literal(name)} IN {scope}")
    return any(record["name"] == name for record in result.records())


def _warehouse_sizes(
    warehouse: Warehouse, database: str, tables: Sequence[Mapping[str, object]]
) -> Iterator[Leftover]:
    """Leases are read only when there are any: that needs a running warehouse, and SHOW does not."""
    has_leases = any(record["name"] == LEASES and int(str(record["rows"] or 0)) for record in tables)
    held = leases(warehouse, database) if has_leases else ()
    yield from (_lease_left(database, lease) for lease in held)
    for found in visible_warehouses(warehouse):
        mark = read_mark(found.comment)
        if mark and mark.database == database and found.name not in {lease.warehouse for lease in held}:
            # A run that was killed on its way back: its lease is gone already.
            yield _size_left(database, found.name, _LONG_AGO)


def _lease_left(database: str, lease: Lease) -> Leftover:
    left = _size_left(database, f"{lease.warehouse} for {lease.run_key}", lease.taken_at)
    run = {name: getattr(lease, name) for name in ("feed", "month", "run_key", "dag_id", "run_id")}
    return left.model_copy(update=run)


def _size_left(database: str, place: str, newest: datetime) -> Leftover:
    return Leftover(
        kind="warehouse_size",
        place=place,
        database=database,
        feed="",
        month="",
        run_key="",
        size_bytes=0,
        newest=newest,
    )


def _rejected_rows(
    warehouse: Warehouse, tables: Sequence[Mapping[str, object]], database: str
) -> Iterator[Leftover]:
    table, ledger = rejected_rows_table(database), ledger_table(database)
    if not {table.name, ledger.name} <= {str(record["name"]) for record in tables}:
        return
    found = warehouse.query(rejected_rows.publications_statement(database)).rows
    for feed, month, run_key, rows, size_bytes, recorded_at in found:
        yield Leftover(
            kind="rejected_rows",
            place=f"{quoted_table(table)}: {rows} rows of {feed} {month}, run {run_key}",
            database=database,
            feed=str(feed),
            month=str(month),
            run_key=str(run_key),
            size_bytes=int(str(size_bytes)),
            newest=datetime.fromisoformat(str(recorded_at)).replace(tzinfo=UTC),
        )


def _tables(records: Sequence[Mapping[str, object]], database: str) -> Iterator[Leftover]:
    for record in records:
        name, created = str(record["name"]), record["created_on"]
        parts = load_table_parts(name) or kept_table_parts(name)
        if parts is None or not isinstance(created, datetime):
            continue
        until = parts.until if isinstance(parts, KeptTableParts) else None
        yield Leftover(
            kind="load_table" if until is None else "kept_table",
            place=quoted_table(TableName(database=database, schema_name=SCHEMA, name=name)),
            database=database,
            feed=parts.feed,
            month=parts.month,
            run_key=parts.run_key,
            size_bytes=int(str(record["bytes"] or 0)),
            newest=created.astimezone(UTC),
            until=until,
        )


def _chunks(warehouse: Warehouse, database: str) -> Iterator[Leftover]:
    root = f"@{stage_name(database)}/"
    runs: dict[tuple[str, str, str], list[StagedEntry]] = {}
    for entry in warehouse.list_stage(root):
        if found := _RUN_PATH.fullmatch(entry.path):
            runs.setdefault((found[1], found[2], found[3]), []).append(entry)
    for (feed, month, run_key), entries in runs.items():
        yield Leftover(
            kind="chunks",
            place=f"{root}{feed}/{month}/{run_key}/",
            database=database,
            feed=feed,
            month=month,
            run_key=run_key,
            size_bytes=sum(entry.size_bytes for entry in entries),
            newest=max(entry.modified_at for entry in entries),
        )
