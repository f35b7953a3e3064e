"""What a COPY of a month needs: what to load, and the outside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.copy_into.bad_row_list import ListPlace
from sfetl_provider.core.plan.file_columns import unknown_columns, with_file_columns
from sfetl_provider.core.plan.month_plan import LeftOut, MonthPlan
from sfetl_provider.core.ports import BulkWarehouse, CheckpointStore, Clock
from sfetl_provider.core.stage.staged_file import StagedFile

# Snowflake may not know a query yet in the first moments after it was submitted.
UNKNOWN_GRACE = timedelta(minutes=2)


@dataclass(frozen=True)
class CopyJob:
    """What to load: the chunks of all files of a month; bad rows are listed in `rejects` when it is given.

    `left_out` are the lists of what QC left out, by file: with them lines of chunks become lines of the source.
    """

    plan: MonthPlan
    staged_files: tuple[StagedFile, ...]
    config: FeedConfig
    rejects: ListPlace | None = None
    left_out: Mapping[str, LeftOut] = field(default_factory=dict)


def with_header(job: CopyJob, header: Sequence[str]) -> CopyJob:
    """Give the job of a month whose files have these columns, when they are others than the config's."""
    unpublished = (*job.plan.unpublished, *unknown_columns(job.config, header))
    plan = job.plan.model_copy(update={"unpublished": unpublished})
    return replace(job, plan=plan, config=with_file_columns(job.config, header))


@dataclass(frozen=True)
class CopyPorts:
    """What a COPY needs of the outside."""

    warehouse: BulkWarehouse
    checkpoints: CheckpointStore
    clock: Clock
