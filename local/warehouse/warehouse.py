"""The warehouse without its HTTP face: instance, sessions, queries, stages, loader, put together."""

from __future__ import annotations

import tempfile
from pathlib import Path

from local.warehouse import dispatch
from local.warehouse.clock import Clock
from local.warehouse.column_limits import prepare_connection
from local.warehouse.control import Delays
from local.warehouse.copy_history import CopyHistory
from local.warehouse.expiry import Expiry
from local.warehouse.general_statements import GeneralStatements
from local.warehouse.instance import WarehouseInstance
from local.warehouse.load import Loader
from local.warehouse.queries import Query, QueryRegistry
from local.warehouse.query_history import HistoryFile
from local.warehouse.query_tables import QueryTables
from local.warehouse.results import Result
from local.warehouse.retention import Retention
from local.warehouse.sessions import Login, Session, SessionRegistry
from local.warehouse.stage_statements import StageStatements
from local.warehouse.stages import StageFiles
from local.warehouse.table_changes import TableChanges
from local.warehouse.table_functions import Answer, TableFunctions
from local.warehouse.table_locks import TableLocks
from local.warehouse.table_statements import prepare_all
from local.warehouse.time_travel import TimeTravel
from local.warehouse.validate import Validation


class Warehouse:
    """Everything that one server serves.

    With a folder databases, staged files and the query history lie in it and survive; without one the databases
    are in memory and the rest in a temporary folder that `close` deletes. `edition`, standard or enterprise,
    limits the retention of time travel.
    """

    def __init__(self, folder: Path | None = None, edition: str = "enterprise") -> None:
        self._temporary = None if folder else tempfile.TemporaryDirectory(prefix="local_warehouse_")
        root = folder or Path(self._temporary.name if self._temporary else "")
        root.mkdir(parents=True, exist_ok=True)
        self.instance = WarehouseInstance(folder / "databases" if folder else None, root / "spill")
        self.clock = Clock()
        self.locks = TableLocks(self.clock)
        self.delays = Delays()
        changes = TableChanges()
        self.sessions = SessionRegistry(self.instance, self.locks, self.clock, changes)
        self.files = StageFiles(root)
        self.stage_statements = StageStatements(self.files)
        self.loader = Loader(self.stage_statements, self.files, root / "loading", self.clock)
        history = HistoryFile(root / "query_history.jsonl" if folder else None)
        self.queries = QueryRegistry(self._execute, self.delays, history, self.clock, self.locks.is_waiting)
        self.retention = Retention(self.clock, edition)
        travel = TimeTravel(self.clock, self.queries.entry)
        functions = TableFunctions(self._table_functions(root))
        self.general = GeneralStatements(
            self.instance, self.locks, functions, self.clock, changes, self.retention, travel
        )
        prepare_all(self.instance.duck_conn, self.clock.now())
        self.expiry = Expiry(self.clock, self.sessions, self.queries)
        self.locks.on_blocked = self.expiry.blocked_by
        self.expiry.start()

    def _execute(self, query: Query) -> Result:
        return dispatch.execute(self, query)

    def _table_functions(self, root: Path) -> dict[str, Answer]:
        return {
            **QueryTables(self.queries, self.clock).answers(),
            "COPY_HISTORY": CopyHistory(self.clock).answer,
            "VALIDATE": Validation(self.loader.jobs, root / "loading").answer,
        }

    def log_in(self, login: Login) -> Session:
        """Open a session."""
        session = self.sessions.open(login)
        prepare_connection(session.duck)
        return session

    def close(self) -> None:
        """Cancel what runs, close the databases, delete what is temporary."""
        self.expiry.stop()
        for query in self.queries.running():
            self.queries.cancel(query.id)
            query.done.exception(timeout=10)
        for session in self.sessions.all():
            self.sessions.close(session)
        self.instance.close()
        if self._temporary is not None:
            self._temporary.cleanup()
