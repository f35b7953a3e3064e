"""Which statements need a warehouse, and running them on the session's.

https://docs.snowflake.com/en/user-guide/warehouses-tasks#using-a-warehouse
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator

from local.warehouse.access.account_file import AccountFile
from local.warehouse.access.authorization import Authorization
from local.warehouse.access.grants import ObjectKey
from local.warehouse.access.warehouses import SIZES, VirtualWarehouse, Warehouses
from local.warehouse.errors import SqlError
from local.warehouse.sessions.queries import Query

_WRITING = re.compile(r"(?i)^(INSERT|UPDATE|DELETE|MERGE|COPY)\b")
_READING = re.compile(r"(?i)^\(*\s*(SELECT|WITH)\b")
_TABLE_AS = re.compile(r"(?is)^CREATE\b.{0,2000}?\bTABLE\b.*\bAS\s*\(*\s*(SELECT|WITH)\b")
_FROM = re.compile(r"(?i)\bFROM\b")
_ASIDE = re.compile(r"(?s)'(?:[^'\\]|\\.)*'|--[^\n]*|/\*.*?\*/")
_USING = frozenset({"USAGE", "OPERATE"})


def needs_warehouse(text: str) -> bool:
    """Whether a statement computes: it reads rows or writes them. Definitions, SHOW, PUT and LIST do not.

    A SELECT without FROM needs none.
    """
    if _WRITING.match(text) or _TABLE_AS.match(text):
        return True
    return _READING.match(text) is not None and _FROM.search(_ASIDE.sub("''", text)) is not None


class Compute:
    """Runs statements on warehouses: resumes them, counts what runs, says which query runs for a session."""

    def __init__(self, file: AccountFile, warehouses: Warehouses, authorization: Authorization) -> None:
        self._file = file
        self._warehouses = warehouses
        self._authorization = authorization
        self._running: dict[int, Query] = {}

    @contextlib.contextmanager
    def running(self, query: Query, text: str) -> Iterator[None]:
        """While the statement runs it counts as running on the session's warehouse, if it needs one.

        Raises SqlError 000606 without a warehouse that the role may use, 000608 when it is suspended and does not
        resume by itself.
        """
        warehouse = self._ready(query) if needs_warehouse(text) else None
        session = query.session.id
        with self._file.lock:
            self._running[session] = query
            if warehouse is not None:
                warehouse.running[query.id] = session
                query.warehouse_size = SIZES[warehouse.size][1]
        try:
            yield
        finally:
            with self._file.lock:
                self._running.pop(session, None)
                if warehouse is not None:
                    warehouse.running.pop(query.id, None)
                    self._warehouses.touch(warehouse)

    def _ready(self, query: Query) -> VirtualWarehouse:
        session = query.session
        with self._file.lock:
            warehouse = self._warehouses.find(session.warehouse)
            if warehouse is None or not self._authorization.may(
                session, ObjectKey("WAREHOUSE", (warehouse.name,)), *_USING
            ):
                raise _none_selected()
            if not warehouse.is_started:
                if not warehouse.auto_resume:
                    raise _is_suspended(warehouse.name)
                self._warehouses.resume(warehouse)
            self._warehouses.touch(warehouse)
            return warehouse

    def query_of(self, session_id: int) -> Query | None:
        """The statement that a session runs at the moment."""
        return self._running.get(session_id)

    def factor_of(self, session_id: int) -> int:
        """How many X-Smalls the warehouse of a session's statement is; 1 without a warehouse."""
        query = self.query_of(session_id)
        with self._file.lock:
            warehouse = self._warehouses.find(query.session.warehouse) if query else None
            return warehouse.factor if warehouse else 1


def _none_selected() -> SqlError:
    return SqlError(
        606,
        "57P03",
        "No active warehouse selected in the current session.  Select an active warehouse with the "
        "'use warehouse' command.\n",
    )


def _is_suspended(name: str) -> SqlError:
    return SqlError(
        608,
        "57P03",
        f"Warehouse '{name}' is suspended. Use 'alter warehouse {name} resume;' command if you need to use it "
        "again.",
    )
