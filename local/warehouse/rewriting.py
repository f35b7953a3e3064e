"""What is put in other words before fakesnow sees a statement: functions of context, and those it lacks."""

from __future__ import annotations

import pyarrow.lib as pa
from sqlglot import Expr, exp

from local.warehouse.access import Access
from local.warehouse.context_functions import mentions_context, replace_context_functions
from local.warehouse.functions import mentions_functions, rewrite_functions
from local.warehouse.queries import QueryRegistry
from local.warehouse.result_scan import replace_result_scans
from local.warehouse.sessions import Session


class Rewriting:
    """Rewrites statements of sessions; keeps nothing."""

    def __init__(self, access: Access, queries: QueryRegistry) -> None:
        self._access = access
        self._queries = queries

    def rewrite(self, session: Session, expression: Expr, text: str) -> Expr | None:
        """The statement in other words, None when nothing is to be changed."""
        changed = None
        if mentions_context(text):
            with self._access.file.lock:
                available = self._access.roles.of_user(session.user)
                active = self._access.authorization.roles_of(session)
            changed = replace_context_functions(expression, session, text, available, active)
        if "LAST_QUERY_ID" in text.upper():
            changed = (changed or expression).transform(lambda node: self._last_query_id(session, node))
        if "RESULT_SCAN" in text.upper():
            changed = replace_result_scans(changed or expression, session, self._result_of)
        if mentions_functions(text):
            changed = rewrite_functions(changed or expression)
        return changed

    def _result_of(self, query_id: str) -> pa.Table | None:
        query = self._queries.get(query_id)
        return query.result.table if query is not None and query.result is not None else None

    def _last_query_id(self, session: Session, node: Expr) -> Expr:
        """The session's query before this one; LAST_QUERY_ID(-n) the one n before, LAST_QUERY_ID(n) its n-th.

        https://docs.snowflake.com/en/sql-reference/functions/last_query_id
        """
        if not isinstance(node, exp.Anonymous) or str(node.this).upper() != "LAST_QUERY_ID":
            return node
        try:
            number = int(node.expressions[0].sql()) if node.expressions else -1
        except ValueError:
            return node
        mine = [entry for entry in self._queries.entries() if entry.session_id == session.id]
        ended = [entry.query_id for entry in mine if entry.end_time is not None]
        place = number if number < 0 else number - 1
        is_there = -len(ended) <= place < len(ended)
        return exp.Literal.string(ended[place]) if is_there else exp.Null()
