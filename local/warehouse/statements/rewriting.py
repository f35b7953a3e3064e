"""What is put in other words before fakesnow sees a statement: functions of context, and those it lacks."""

from __future__ import annotations

from sqlglot import Expr, exp

from local.warehouse.access.access import Access
from local.warehouse.sessions.sessions import Session
from local.warehouse.statements.context_functions import mentions_context, replace_context_functions
from local.warehouse.statements.functions import mentions_functions, rewrite_functions


class Rewriting:
    """Rewrites statements of sessions; keeps nothing."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def rewrite(self, session: Session, expression: Expr, text: str) -> Expr | None:
        """The statement in other words, None when nothing is to be changed."""
        changed = _spelt_out(expression)
        if mentions_context(text):
            with self._access.file.lock:
                available = self._access.roles.of_user(session.user)
                active = self._access.authorization.roles_of(session)
            changed = replace_context_functions(changed or expression, session, text, available, active)
        if mentions_functions(text):
            changed = rewrite_functions(changed or expression)
        return changed


def _spelt_out(expression: Expr) -> Expr | None:
    """USE name is USE DATABASE name, USE a.b is USE SCHEMA a.b."""
    if not isinstance(expression, exp.Use) or expression.args.get("kind") or expression.this is None:
        return None
    changed = expression.copy()
    changed.set("kind", exp.var("SCHEMA" if len(changed.this.parts) > 1 else "DATABASE"))
    return changed
