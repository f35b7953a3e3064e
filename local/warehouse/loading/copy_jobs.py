"""The COPY statements that VALIDATE can be asked about: the newest of this server's life."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass

from local.warehouse.loading.copy_statement import CopyStatement
from local.warehouse.loading.exact_load import RowPlan
from local.warehouse.stages.stage_location import StageLocation
from local.warehouse.stages.stages import StagedFile
from local.warehouse.transactions.table_locks import TableName

JOBS_KEPT = 1000


@dataclass(frozen=True)
class CopyJob:
    """A COPY that came to its end: by whom, into which table, of which files."""

    query_id: str
    session_id: int
    user: str
    table: TableName
    statement: CopyStatement
    plan: RowPlan
    location: StageLocation
    files: tuple[StagedFile, ...]


class CopyJobs:
    """Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._jobs: OrderedDict[str, CopyJob] = OrderedDict()

    def add(self, job: CopyJob) -> None:
        """Remember one; the oldest goes."""
        with self._lock:
            self._jobs[job.query_id] = job
            while len(self._jobs) > JOBS_KEPT:
                self._jobs.popitem(last=False)

    def get(self, query_id: str) -> CopyJob | None:
        """The COPY of a query id."""
        return self._jobs.get(query_id)

    def last_of(self, session_id: int) -> CopyJob | None:
        """The newest COPY of a session."""
        with self._lock:
            jobs = list(self._jobs.values())
        return next((job for job in reversed(jobs) if job.session_id == session_id), None)
