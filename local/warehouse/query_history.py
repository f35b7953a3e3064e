"""The query history: kept in a file of the warehouse's folder, read by two table functions.

https://docs.snowflake.com/en/sql-reference/functions/query_history
"""

from __future__ import annotations

import dataclasses
import datetime
import json
import threading
from collections.abc import Iterable
from pathlib import Path

import pyarrow.lib as pa

from local.warehouse.errors import SqlError, unsupported
from local.warehouse.table_functions import Call

FUNCTIONS = ("QUERY_HISTORY", "QUERY_HISTORY_BY_USER", "QUERY_HISTORY_BY_SESSION")
_DEFAULT_LIMIT = 100
_MAXIMUM_LIMIT = 10_000
_RESTARTED = "The server was ended while this query ran; nothing of it was kept."


@dataclasses.dataclass(frozen=True)
class HistoryEntry:
    """One row of the history; times have a zone."""

    query_id: str
    query_text: str
    query_tag: str
    user_name: str
    session_id: int
    execution_status: str
    start_time: datetime.datetime
    end_time: datetime.datetime | None
    error_code: str | None
    error_message: str | None


class HistoryFile:
    """Entries are appended as lines of JSON; the last line of a query counts. Without a folder nothing is kept."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lock = threading.Lock()
        self.earlier = _read(path) if path is not None and path.exists() else {}

    def append(self, entry: HistoryEntry) -> None:
        """Write one entry."""
        if self._path is None:
            return
        line = json.dumps(dataclasses.asdict(entry), default=str)
        with self._lock, self._path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")


def _read(path: Path) -> dict[str, HistoryEntry]:
    """A last line cut short by a kill is left out; what still ran then has failed."""
    found: dict[str, HistoryEntry] = {}
    for line in path.read_text(encoding="utf-8").splitlines()[-2 * _MAXIMUM_LIMIT :]:
        try:
            entry = _entry(json.loads(line))
        except (ValueError, TypeError):
            continue
        found[entry.query_id] = entry
    return {key: _ended(entry) for key, entry in found.items()}


def _entry(fields: dict[str, str]) -> HistoryEntry:
    entry = HistoryEntry(**fields)  # type: ignore[arg-type]
    end = fields["end_time"]
    return dataclasses.replace(
        entry,
        start_time=datetime.datetime.fromisoformat(fields["start_time"]),
        end_time=datetime.datetime.fromisoformat(end) if end else None,
    )


def _ended(entry: HistoryEntry) -> HistoryEntry:
    if entry.execution_status != "RUNNING":
        return entry
    return dataclasses.replace(
        entry,
        execution_status="FAILED_WITH_ERROR",
        end_time=entry.start_time,
        error_code="000604",
        error_message=_RESTARTED,
    )


def selected(call: Call, entries: Iterable[HistoryEntry]) -> pa.Table:
    """The rows that the call gives: the newest, as many as RESULT_LIMIT says, of the user or session it names.

    Raises SqlError for arguments that the stand-in does not know. Time range arguments are not applied: they only
    narrow what the history holds, which is small here (deviation).
    """
    arguments = _arguments(call)
    chosen = list(entries)
    if call.name == "QUERY_HISTORY_BY_USER":
        wanted = arguments.get("USER_NAME", call.session.user).upper()
        chosen = [entry for entry in chosen if entry.user_name == wanted]
    if call.name == "QUERY_HISTORY_BY_SESSION":
        wanted_id = int(arguments.get("SESSION_ID", str(call.session.id)))
        chosen = [entry for entry in chosen if entry.session_id == wanted_id]
    return _arrow(chosen[-_limit(arguments) :])


def _limit(arguments: dict[str, str]) -> int:
    limit = int(arguments.get("RESULT_LIMIT", str(_DEFAULT_LIMIT)))
    if not 1 <= limit <= _MAXIMUM_LIMIT:
        message = (
            f"Invalid value [{limit}] for function '2', parameter RESULT_LIMIT: must be between 1 and 10000"
        )
        raise SqlError(1015, "22023", message)
    return limit


def _arguments(call: Call) -> dict[str, str]:
    known = {
        "RESULT_LIMIT",
        "USER_NAME",
        "SESSION_ID",
        "END_TIME_RANGE_START",
        "END_TIME_RANGE_END",
        "INCLUDE_CLIENT_GENERATED_STATEMENT",
    }
    for name in [str(argument) for argument in call.positional] + list(call.named):
        if name not in known:
            raise unsupported(f"argument {name} of {call.name}")
    return {name: expression.name for name, expression in call.named.items()}


def _arrow(entries: list[HistoryEntry]) -> pa.Table:
    moment = pa.timestamp("us", tz="UTC")
    types = {"SESSION_ID": pa.int64(), "START_TIME": moment, "END_TIME": moment}
    names = [field.name for field in dataclasses.fields(HistoryEntry)]
    return pa.table(
        {
            name.upper(): pa.array(
                [getattr(entry, name) for entry in entries], types.get(name.upper(), pa.string())
            )
            for name in names
        }
    )
