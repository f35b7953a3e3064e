"""What a COPY of a whole month left behind, and what one look at a running COPY can find."""

from __future__ import annotations

from dataclasses import dataclass, field

from sfetl_provider.core.compute.use import ComputeUse
from sfetl_provider.core.plan.month_plan import TableChange, TableName
from sfetl_provider.core.progress import Estimate
from sfetl_provider.core.qc.report import RejectsFile
from sfetl_provider.core.record import Record


class CopyOutcome(Record):
    """A load table that holds every staged row once, but `rows_rejected`; `seconds` from the attempt's start.

    Conservation: rows staged = copied + rejected. `rejects` lists those, as far as its file may grow.
    `compute` is what the COPY statements took, where the query history shows it. `table_changes` made room in
    the target.
    """

    load_table: TableName
    attempt: int
    batches: int
    rows_copied: int
    query_ids: tuple[str, ...]
    seconds: float
    rows_rejected: int = 0
    rejects: RejectsFile | None = None
    compute: tuple[ComputeUse, ...] = ()
    table_changes: tuple[TableChange, ...] = ()


@dataclass(frozen=True)
class Waiting:
    """A COPY runs in Snowflake: look again when the query has ended.

    `is_explaining`: it lists the bad rows of a batch that was refused, and loads nothing. `pace` is that of the
    batches before it.
    """

    query_id: str
    batch: int
    of: int
    is_explaining: bool = False
    pace: Estimate | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Finished:
    """All batches are loaded and reconciled."""

    outcome: CopyOutcome
    pace: Estimate | None = field(default=None, compare=False)


CopyStep = Waiting | Finished
