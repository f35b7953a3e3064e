"""A statement about to run, and what runs one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from local.warehouse.errors import SqlError
from local.warehouse.results import Result
from local.warehouse.sessions.queries import Query

if TYPE_CHECKING:
    from local.warehouse.sessions.sessions import Session
    from local.warehouse.warehouse import Warehouse


@dataclass(frozen=True)
class Statement:
    """A statement about to run: where, for which query, and its text without leading comments."""

    warehouse: Warehouse
    query: Query
    text: str

    @property
    def session(self) -> Session:
        """The session that sent it."""
        return self.query.session

    @property
    def text_without_binds(self) -> str:
        """The text of a statement that takes no bound values; raises SqlError 000002 if it came with some."""
        if self.query.submission.bindings:
            raise SqlError(2, "0A000", "The local warehouse takes no bound values in this statement.")
        return self.text


Handler = Callable[[Statement], Result]
