"""One row of the ledger, and the hash chain that runs through a feed's rows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
)

from sfetl_provider.core.ledger.canonical import digest
from sfetl_provider.core.record import Record

Action = Literal["publish", "drop", "restore"]
QueryIds = dict[str, str | tuple[str, ...]]

ADDED_FIELDS = (
    *("undoes", "kept_table", "rows_updated", "rows_rejected", "load_mode", "compute", "started_at"),
    "is_insecure",
)
"""Fields that rows of the first ledgers lack: empty, they are left out of the hash, which so stays theirs."""

# Snowflake gives NUMBER as int or Decimal, whichever fits its wire format.
Count = Annotated[int, BeforeValidator(int), Field(ge=0)]


def _as_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


class LedgerFile(Record):
    """One source file of a publication, as it was staged; `sha256` is of all its bytes as they were delivered.

    Rows written before there was one have none, and are hashed as they were then. `rejected_records` of its
    records were left out by QC; a row says so only where there are any.
    """

    name: str
    size_bytes: Count
    fingerprint: str
    sha256: str = ""
    records: Count
    rejected_records: Count = 0

    @model_serializer(mode="wrap")
    def _without_missing(self, inherited: SerializerFunctionWrapHandler) -> dict[str, object]:
        values: dict[str, object] = inherited(self)
        optional = ("sha256", "rejected_records")
        return {name: value for name, value in values.items() if value or name not in optional}


class LedgerFacts(Record):
    """What a publication, drop or restore has to say of itself, before it takes its place in the chain.

    `generation` is the month's generation after the change. `table_name` is quoted and fully qualified. Texts
    that do not apply are empty, counts that do not apply are 0. `rows_copied` = `rows_inserted` +
    `rows_updated` + `rows_rejected`, which are those outside the month. `undoes` is the sequence number of the
    row that a restore undid, `kept_table` the name in schema SFETL of the clone that a drop took before.
    `compute` is what COPY took of warehouses, as JSON: seconds and estimated credits.
    `started_at` is when the run was planned. `is_insecure`: the change was made over a connection that verifies
    no certificate. `query_ids` maps a step to its query id, or to several.
    `recorded_at` has its zone and microseconds.
    """

    feed: str
    action: Action
    month: str
    generation: Count
    undoes: Count = 0
    kept_table: str = ""
    run_key: str
    dag_id: str
    run_id: str
    actor: str
    approver: str = ""
    reason: str = ""
    table_name: str
    files: tuple[LedgerFile, ...] = ()
    rows_in_files: Count = 0
    rows_staged: Count = 0
    rows_copied: Count = 0
    rows_before: Count
    rows_deleted: Count
    rows_inserted: Count
    rows_updated: Count = 0
    rows_rejected: Count = 0
    load_mode: str = ""
    compute: str = ""
    qc_mode: str = ""
    qc_verdict: str = ""
    is_insecure: bool = False
    query_ids: QueryIds
    started_at: Annotated[datetime, AfterValidator(_as_utc)] | None = None
    recorded_at: Annotated[datetime, AfterValidator(_as_utc)]
    version: str

    @property
    def rows_after(self) -> int:
        """The month's rows in the target after the change."""
        return self.rows_before - self.rows_deleted + self.rows_inserted


class LedgerEntry(LedgerFacts):
    """One row of the ledger: `sequence` counts a feed's rows from 1, `hash` covers all other fields."""

    sequence: Count
    previous_hash: str
    hash: str

    @classmethod
    def of_stored(cls, values: Mapping[str, object]) -> Self:
        """Read stored values, in which `files` and `query_ids` are JSON texts."""
        texts = {name: json.loads(str(values[name])) for name in ("files", "query_ids")}
        return cls.model_validate({**values, **texts})


class ChainEnd(Record):
    """The end of a feed's chain: the last sequence number and hash; 0 and '' before the first row."""

    sequence: Count
    hash: str


def chain(facts: LedgerFacts, end: ChainEnd) -> LedgerEntry:
    """Give the entry that follows the end of a chain."""
    sequence = end.sequence + 1
    place = {"sequence": sequence, "previous_hash": end.hash, "hash": entry_hash(facts, sequence, end.hash)}
    return LedgerEntry.model_validate({**facts.model_dump(), **place})


def entry_hash(facts: LedgerFacts, sequence: int, previous_hash: str) -> str:
    """Give the hash of a row at its place in the chain."""
    fields = {
        name: value
        for name, value in facts.to_json().items()
        if name != "hash" and (value or name not in ADDED_FIELDS)
    }
    moment = facts.recorded_at.astimezone(UTC).isoformat(timespec="microseconds")
    return digest({**fields, "sequence": sequence, "previous_hash": previous_hash, "recorded_at": moment})
