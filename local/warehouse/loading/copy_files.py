"""Which staged files a COPY is about, and which of them it has to load.

https://docs.snowflake.com/en/user-guide/data-load-considerations-load
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass

import duckdb

from local.warehouse.errors import SqlError
from local.warehouse.loading.copy_statement import CopyStatement
from local.warehouse.loading.load_history import LoadStatus, status_of
from local.warehouse.stages.stage_location import StageLocation, checked_path
from local.warehouse.stages.stages import StagedFile, StageFiles
from local.warehouse.transactions.table_locks import TableName

LOADED_BEFORE = "File was loaded before."
UNCERTAIN = "File was not loaded because its load status is unknown."


@dataclass(frozen=True)
class Candidate:
    """A file that the statement names or finds; `refusal` says why it is not loaded."""

    path: str
    staged: StagedFile | None
    refusal: str | None = None

    @property
    def is_wanted(self) -> bool:
        """Whether it is to be loaded."""
        return self.refusal is None


@dataclass(frozen=True)
class FileSearch:
    """Where a COPY looks for files, and for which table."""

    connection: duckdb.DuckDBPyConnection
    files: StageFiles
    statement: CopyStatement
    table: TableName
    location: StageLocation
    now: datetime.datetime

    def candidates(self) -> list[Candidate]:
        """The files in order. A named one that is missing is an error when the COPY aborts on errors.

        Files that were loaded before are told of only when they were named.
        """
        if self.statement.files is None:
            found = _lying(self.files, self.location)
        else:
            found = _named(self.files, self.statement, self.location)
        if self.statement.is_forced:
            return found
        judged = [self._judged(candidate) for candidate in found]
        return [one for one in judged if one.is_wanted or self.statement.files is not None]

    def _judged(self, candidate: Candidate) -> Candidate:
        if candidate.staged is None:
            return candidate
        status = status_of(self.connection, self.table, self.location, candidate.staged, self.now)
        is_risked = status is LoadStatus.UNCERTAIN and self.statement.loads_uncertain_files
        if status is LoadStatus.NEW or is_risked:
            return candidate
        reason = LOADED_BEFORE if status is LoadStatus.LOADED else UNCERTAIN
        return Candidate(candidate.path, candidate.staged, reason)


def _lying(files: StageFiles, location: StageLocation) -> list[Candidate]:
    return [Candidate(staged.path, staged) for staged in files.files(location.stage, location.path)]


def _named(files: StageFiles, statement: CopyStatement, location: StageLocation) -> list[Candidate]:
    found = []
    for name in dict.fromkeys(statement.files or ()):
        path = checked_path(f"{location.path.rstrip('/')}/{name}".lstrip("/"))
        staged = files.find(location.stage, path)
        if staged is None and statement.on_error.aborts:
            raise missing(location, path)
        found.append(Candidate(path, staged, None if staged else missing(location, path).message))
    return found


def missing(location: StageLocation, path: str) -> SqlError:
    """A file that FILES names and that is not there."""
    message = (
        f"Remote file '@{location.shown(path)}' was not found. If you are running a copy command, please make "
        "sure files are not deleted when they are being loaded or files are not being loaded into "
        "two different tables concurrently with auto purge option."
    )
    return SqlError(91016, "22000", message)
