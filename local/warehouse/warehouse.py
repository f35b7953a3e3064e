"""The warehouse without its HTTP face: instance, sessions, queries, stages, loader, put together."""

from __future__ import annotations

import tempfile
from pathlib import Path

from local.warehouse.access.access import Access
from local.warehouse.access.grant_statements import GrantStatements
from local.warehouse.access.role_statements import RoleStatements
from local.warehouse.access.show_grants import ShowGrants
from local.warehouse.access.show_statements import ShowStatements
from local.warehouse.access.user_statements import UserStatements
from local.warehouse.access.warehouse_statements import WarehouseStatements
from local.warehouse.clock import Clock
from local.warehouse.instance import WarehouseInstance
from local.warehouse.loading.copy_history import CopyHistory
from local.warehouse.loading.load import Loader
from local.warehouse.loading.validate import Validation
from local.warehouse.results import Result
from local.warehouse.serving.faults import Faults
from local.warehouse.sessions.expiry import Expiry
from local.warehouse.sessions.queries import Query, QueryRegistry
from local.warehouse.sessions.query_history import HistoryEntry, HistoryFile
from local.warehouse.sessions.query_tables import QueryTables
from local.warehouse.sessions.sessions import Login, Session, SessionRegistry
from local.warehouse.stages.stage_catalog import StageCatalog
from local.warehouse.stages.stage_encryption import StageKeys
from local.warehouse.stages.stage_grants import Grants
from local.warehouse.stages.stage_routes import StageStorage
from local.warehouse.stages.stage_statements import StageStatements
from local.warehouse.stages.stages import StageFiles
from local.warehouse.statements import dispatch, functions
from local.warehouse.statements.general_statements import GeneralStatements
from local.warehouse.statements.rewriting import Rewriting
from local.warehouse.statements.table_functions import Answer, TableFunctions
from local.warehouse.tables.column_limits import prepare_connection
from local.warehouse.tables.retention import Retention
from local.warehouse.tables.table_statements import prepare_all
from local.warehouse.tables.time_travel import TimeTravel
from local.warehouse.transactions.table_changes import TableChanges
from local.warehouse.transactions.table_locks import TableLocks


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
        self.root = root
        self.instance = WarehouseInstance(folder / "databases" if folder else None, root / "spill")
        self.clock = Clock()
        self.locks = TableLocks(self.clock)
        self.faults = Faults()
        changes = TableChanges()
        self.sessions = SessionRegistry(self.instance, self.locks, self.clock, changes)
        self.files = StageFiles(root, self.clock)
        self.stages = StageCatalog(self.files)
        self.grants, keys = Grants(), StageKeys()
        self.storage = StageStorage(self.files, self.grants, keys)
        self.stage_statements = StageStatements(self.files, self.stages, self.grants, keys)
        self.loader = Loader(self.stage_statements, self.files, root / "loading", self.clock)
        history = HistoryFile(root / "query_history.jsonl" if folder else None)
        self.queries = QueryRegistry(self._execute, history, self.clock, self.locks.is_waiting)
        self.retention = Retention(self.clock, edition)
        self.access = Access(self.instance, self.clock, root / "account.json" if folder else None)
        self.pace = self.access.pace
        self.loader.on_bytes = self.pace.on_bytes
        self.warehouse_statements = WarehouseStatements(self.access, self.sessions, self.queries)
        self.role_statements = RoleStatements(self.access)
        self.user_statements = UserStatements(self.access)
        self.grant_statements = GrantStatements(self.access, self.instance)
        self.show_grants = ShowGrants(self.access)
        self.show_statements = ShowStatements(self.access)
        self.general = GeneralStatements(
            self.instance,
            self.locks,
            TableFunctions(self._table_functions(root)),
            Rewriting(self.access),
            self.clock,
            changes,
            self.retention,
            TimeTravel(self.clock, self.queries.entry),
        )
        prepare_all(self.instance.duck_conn, self.clock.now())
        self.expiry = Expiry(self.clock, self.sessions, self.queries)
        self.locks.on_blocked = self.expiry.blocked_by
        self.expiry.start()

    def _execute(self, query: Query) -> Result:
        with self.faults.around(query.submission.text, query.cancelled):
            return dispatch.execute(self, query)

    def _table_functions(self, root: Path) -> dict[str, Answer]:
        return {
            **QueryTables(self.queries, self._visible_entries, self.clock).answers(),
            "COPY_HISTORY": CopyHistory(self.clock).answer,
            "VALIDATE": Validation(self.loader.jobs, root / "loading").answer,
        }

    def _visible_entries(self, session: Session) -> list[HistoryEntry]:
        return self.access.visible_entries(session, self.queries.entries())

    def log_in(self, login: Login) -> Session:
        """Open a session; raises SqlError 390189 for a role that the user does not have."""
        session = self.sessions.open(self.access.admit(login))
        prepare_connection(session.duck)
        functions.prepare_connection(session.duck)
        self.access.enter(session)
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
