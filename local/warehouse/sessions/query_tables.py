"""Table functions over the queries of this server: their history and their results.

https://docs.snowflake.com/en/sql-reference/functions/query_history
https://docs.snowflake.com/en/sql-reference/functions/result_scan
"""

from __future__ import annotations

from collections.abc import Callable

import pyarrow.lib as pa

from local.warehouse.clock import Clock
from local.warehouse.errors import SqlError, unsupported
from local.warehouse.sessions import query_history
from local.warehouse.sessions.queries import QueryRegistry
from local.warehouse.sessions.query_functions import query_id_at
from local.warehouse.sessions.query_history import Asking, HistoryEntry
from local.warehouse.sessions.sessions import Session
from local.warehouse.statements.table_functions import Answer, Call


class QueryTables:
    """Answers the QUERY_HISTORY functions and RESULT_SCAN; `visible` are the queries that a session may see."""

    def __init__(
        self, queries: QueryRegistry, visible: Callable[[Session], list[HistoryEntry]], clock: Clock
    ) -> None:
        self._queries = queries
        self._visible = visible
        self._clock = clock

    def answers(self) -> dict[str, Answer]:
        """The functions by name."""
        return {**dict.fromkeys(query_history.FUNCTIONS, self.history), "RESULT_SCAN": self.result_scan}

    def history(self, call: Call) -> pa.Table:
        """Raises SqlError for arguments that the functions do not take."""
        session = call.session
        asking = Asking(session.user, session.id, session.warehouse or "", self._clock.now())
        return query_history.selected(call, self._visible(session), asking)

    def result_scan(self, call: Call) -> pa.Table:
        """RESULT_SCAN(id), RESULT_SCAN(LAST_QUERY_ID(n)); raises SqlError 000709 for a result that is not kept."""
        if len(call.positional) > 1 or call.named:
            raise unsupported("RESULT_SCAN with more than one argument")
        wanted = call.value(call.positional[0]) if call.positional else -1
        if not isinstance(wanted, str):
            wanted = query_id_at(self._queries, call.session, int(wanted or 0)) or ""
        found = self._queries.kept_result(wanted, call.session.user).table
        if found is None:
            raise SqlError(709, "02000", f"Statement {wanted} not found")
        return found
