"""What a COPY of a month needs: what to load, and the outside."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.copy_into.bad_row_list import ListPlace
from sfetl_provider.core.plan.month_plan import MonthPlan
from sfetl_provider.core.ports import BulkWarehouse, CheckpointStore, Clock
from sfetl_provider.core.stage.staged_file import StagedFile

# Snowflake may not know a query yet in the first moments after it was submitted.
UNKNOWN_GRACE = timedelta(minutes=2)


@dataclass(frozen=True)
class CopyJob:
    """What to load: the chunks of all files of a month; bad rows are listed in `rejects` when it is given."""

    plan: MonthPlan
    staged_files: tuple[StagedFile, ...]
    config: FeedConfig
    rejects: ListPlace | None = None


@dataclass(frozen=True)
class CopyPorts:
    """What a COPY needs of the outside."""

    warehouse: BulkWarehouse
    checkpoints: CheckpointStore
    clock: Clock
