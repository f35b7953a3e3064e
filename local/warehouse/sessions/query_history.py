"""The query history: kept in a file of the warehouse's folder, read by two table functions.

https://docs.snowflake.com/en/sql-reference/functions/query_history
"""

from __future__ import annotations

import dataclasses
import datetime
import json
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pyarrow.lib as pa

from local.warehouse.errors import SqlError, unsupported
from local.warehouse.statements.table_functions import Call

FUNCTIONS = (
    "QUERY_HISTORY",
    "QUERY_HISTORY_BY_USER",
    "QUERY_HISTORY_BY_SESSION",
    "QUERY_HISTORY_BY_WAREHOUSE",
)
_DEFAULT_LIMIT = 100
_MAXIMUM_LIMIT = 10_000
_KEPT = datetime.timedelta(days=7)
_LENIENCE = datetime.timedelta(minutes=1)
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
    query_type: str = ""
    database_name: str | None = None
    schema_name: str | None = None
    role_name: str | None = None
    warehouse_name: str | None = None
    rows_produced: int | None = None
    warehouse_size: str | None = None

    @property
    def total_elapsed_time(self) -> int:
        """Milliseconds from start to end; 0 while it runs."""
        return int((self.end_time - self.start_time).total_seconds() * 1_000) if self.end_time else 0

    @property
    def warehouse_type(self) -> str | None:
        """The only one there is; none for a statement that needed no warehouse."""
        return "STANDARD" if self.warehouse_size else None


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


@dataclasses.dataclass(frozen=True)
class Asking:
    """Who asks for the history and when."""

    user: str
    session_id: int
    warehouse: str
    now: datetime.datetime


def selected(call: Call, entries: Iterable[HistoryEntry], asking: Asking) -> pa.Table:
    """The rows that the call gives: of the last 7 days, the newest, as many as RESULT_LIMIT says.

    Without END_TIME_RANGE_END queries that still run are among them. Raises SqlError for arguments that the
    stand-in does not know and for a time range that does not lie within the last 7 days.
    """
    arguments = _arguments(call)
    start = _moment(arguments.get("END_TIME_RANGE_START"), asking)
    end = _moment(arguments.get("END_TIME_RANGE_END"), asking)
    is_of = _chooser(call.name, arguments, asking)
    oldest = asking.now - _KEPT
    chosen = [
        entry
        for entry in entries
        if is_of(entry)
        and _is_within(entry, start or oldest, end)
        and (entry.end_time is None or entry.end_time >= oldest)
    ]
    return _arrow(chosen[-_limit(arguments) :])


def _chooser(name: str, arguments: dict[str, Any], asking: Asking) -> Callable[[HistoryEntry], bool]:
    if name == "QUERY_HISTORY_BY_USER":
        user = str(arguments.get("USER_NAME", asking.user)).upper()
        return lambda entry: entry.user_name == user
    if name == "QUERY_HISTORY_BY_SESSION":
        session_id = int(arguments.get("SESSION_ID", asking.session_id))
        return lambda entry: entry.session_id == session_id
    if name == "QUERY_HISTORY_BY_WAREHOUSE":
        warehouse = str(arguments.get("WAREHOUSE_NAME", asking.warehouse)).upper()
        return lambda entry: entry.warehouse_name == warehouse
    return lambda _entry: True


def _is_within(entry: HistoryEntry, start: datetime.datetime, end: datetime.datetime | None) -> bool:
    if entry.end_time is None:
        return end is None
    return entry.end_time >= start and (end is None or entry.end_time <= end)


def _moment(value: Any, asking: Asking) -> datetime.datetime | None:
    if value is None:
        return None
    if not isinstance(value, datetime.datetime):
        raise SqlError(1015, "22023", f"Invalid value [{value}] for a time range argument")
    moment = value if value.tzinfo else value.replace(tzinfo=datetime.UTC)
    if moment < asking.now - _KEPT - _LENIENCE:
        message = "Cannot retrieve query history for a time range that is not within the last 7 days."
        raise SqlError(1015, "22023", message)
    return moment


def _limit(arguments: dict[str, Any]) -> int:
    limit = int(arguments.get("RESULT_LIMIT", _DEFAULT_LIMIT))
    if not 1 <= limit <= _MAXIMUM_LIMIT:
        message = (
            f"Invalid value [{limit}] for function '2', parameter RESULT_LIMIT: must be between 1 and 10000"
        )
        raise SqlError(1015, "22023", message)
    return limit


def _arguments(call: Call) -> dict[str, Any]:
    known = {
        "RESULT_LIMIT",
        "USER_NAME",
        "SESSION_ID",
        "WAREHOUSE_NAME",
        "END_TIME_RANGE_START",
        "END_TIME_RANGE_END",
        "INCLUDE_CLIENT_GENERATED_STATEMENT",
    }
    for name in [str(argument) for argument in call.positional] + list(call.named):
        if name not in known:
            raise unsupported(f"argument {name} of {call.name}")
    return {name: call.value(expression) for name, expression in call.named.items()}


def _arrow(entries: list[HistoryEntry]) -> pa.Table:
    moment = pa.timestamp("us", tz="UTC")
    types = {
        "SESSION_ID": pa.int64(),
        "START_TIME": moment,
        "END_TIME": moment,
        "ROWS_PRODUCED": pa.int64(),
        "TOTAL_ELAPSED_TIME": pa.int64(),
    }
    names = [field.name for field in dataclasses.fields(HistoryEntry)]
    columns = {
        name.upper(): pa.array(
            [getattr(entry, name) for entry in entries], types.get(name.upper(), pa.string())
        )
        for name in (*names, "total_elapsed_time", "warehouse_type")
    }
    return pa.table({**columns, **_times_and_credits(entries)})


def _times_and_credits(entries: list[HistoryEntry]) -> dict[str, pa.Array]:
    """Nothing queues here, and nobody counts cloud services: a statement's whole time is that of its execution."""
    nothing = pa.array([0] * len(entries), pa.int64())
    return {
        "EXECUTION_TIME": pa.array([entry.total_elapsed_time for entry in entries], pa.int64()),
        "QUEUED_PROVISIONING_TIME": nothing,
        "QUEUED_REPAIR_TIME": nothing,
        "QUEUED_OVERLOAD_TIME": nothing,
        "CREDITS_USED_CLOUD_SERVICES": pa.array([0.0] * len(entries), pa.float64()),
    }
