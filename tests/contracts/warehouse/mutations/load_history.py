"""Mutations of the load history."""

from __future__ import annotations

import dataclasses
import datetime
from typing import Any

from sqlglot import exp

from local.warehouse.loading import load_history
from local.warehouse.tables import column_limits
from tests.contracts.warehouse.mutations.mutation import Mutation, Replacement, answering, being, changing


def _forgetting(right: Any) -> Any:
    def write(self: Any, session: Any, text: str, expression: Any, *rest: Any) -> Any:
        result = right(self, session, text, expression, *rest)
        table = column_limits.written_table(expression, session)
        if isinstance(expression, exp.Delete) and table is not None:
            load_history.forget(session.duck, table)
        return result

    return write


def _inheriting(right: Any) -> Any:
    def copy(self: Any, session: Any, create: Any, new: Any, source: Any, *rest: Any) -> Any:
        result = right(self, session, create, new, source, *rest)
        ever = datetime.datetime.max.replace(tzinfo=datetime.UTC)
        start = datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC)
        for loaded in load_history.loads_of(session.duck, source, start, ever):
            load_history.record(session.duck, new.table, loaded)
        return result

    return copy


def _without_content(position: int) -> Replacement:
    """A function that is given a staged file whose content looks like every other one's."""

    def replacement(right: Any) -> Any:
        def broken(*args: Any) -> Any:
            blank = dataclasses.replace(args[position], md5="")
            return right(*args[:position], blank, *args[position + 1 :])

        return broken

    return replacement


MUTATIONS = (
    Mutation(
        "TRUNCATE keeps the load history",
        "loading.load_history:forget",
        answering(None),
        ("TRUNCATE clears the load history", "load history: cleared by replacement"),
    ),
    Mutation(
        "DELETE clears the load history",
        "statements.general_statements:GeneralStatements._write",
        _forgetting,
        ("load history: kept by DELETE",),
    ),
    Mutation(
        "the load history looks at the path alone",
        "loading.load_history:status_of",
        _without_content(3),
        ("load history: other content under the same path is loaded",),
        (("loading.copy_results:history_row", _without_content(2)),),
    ),
    Mutation(
        "the load history never ends",
        "loading.load_history:REMEMBERED",
        being(datetime.timedelta(days=9000)),
        ("load history: LOAD_UNCERTAIN_FILES=TRUE loads a file whose status is not known",),
    ),
    Mutation(
        "a clone inherits the load history",
        "tables.table_creation:TableCreation._copy",
        _inheriting,
        ("load history: not taken over by a clone", "a clone has no load history"),
    ),
    Mutation(
        "a file that failed counts as loaded",
        "loading.load_history:_LOADED",
        being("TRUE"),
        ("load history: a file that failed is tried again",),
    ),
    Mutation(
        "FORCE is ignored",
        "loading.copy_statement:parse_copy",
        changing(is_forced=False),
        ("load history: FORCE=TRUE loads again",),
    ),
    Mutation(
        "every COPY loads everything",
        "loading.copy_statement:parse_copy",
        changing(is_forced=True),
        ("load history: a loaded file is skipped",),
    ),
)
