"""Which staged files a COPY is about, and which of them it has to load.

https://docs.snowflake.com/en/user-guide/data-load-considerations-load
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass

import duckdb

from local.warehouse.copy_statement import CopyStatement
from local.warehouse.errors import SqlError
from local.warehouse.load_history import LoadStatus, status_of
from local.warehouse.stage_location import StageLocation, checked_path
from local.warehouse.stages import StagedFile, StageFiles
from local.warehouse.table_locks import TableName

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


def found_files(
    connection: duckdb.DuckDBPyConnection,
    files: StageFiles,
    statement: CopyStatement,
    table: TableName,
    location: StageLocation,
    now: datetime.datetime,
) -> list[Candidate]:
    """The files in order. A named one that is missing is an error when the COPY aborts on errors.

    Files that were loaded before are told of only when they were named.
    """
    candidates = (
        _named(files, statement, location) if statement.files is not None else _lying(files, location)
    )
    if statement.is_forced:
        return candidates
    judged = [_judged(connection, statement, table, location, candidate, now) for candidate in candidates]
    return [one for one in judged if one.is_wanted or statement.files is not None]


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


def _judged(
    connection: duckdb.DuckDBPyConnection,
    statement: CopyStatement,
    table: TableName,
    location: StageLocation,
    candidate: Candidate,
    now: datetime.datetime,
) -> Candidate:
    if candidate.staged is None:
        return candidate
    status = status_of(connection, table, location, candidate.staged, now)
    if status is LoadStatus.NEW or (status is LoadStatus.UNCERTAIN and statement.loads_uncertain_files):
        return candidate
    reason = LOADED_BEFORE if status is LoadStatus.LOADED else UNCERTAIN
    return Candidate(candidate.path, candidate.staged, reason)


def missing(location: StageLocation, path: str) -> SqlError:
    """A file that FILES names and that is not there."""
    message = (
        f"Remote file '@{location.shown(path)}' was not found. If you are running a copy command, please make "
        "sure files are not deleted when they are being loaded or files are not being loaded into "
        "two different tables concurrently with auto purge option."
    )
    return SqlError(91016, "22000", message)
