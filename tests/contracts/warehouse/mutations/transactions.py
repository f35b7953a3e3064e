"""Mutations of transactions, locks, sessions and queries."""

from __future__ import annotations

from typing import Any

from tests.contracts.warehouse.mutations.mutation import Mutation, answering, being

FOR_EVER = 10**9


def _ending(right: Any) -> Any:
    return lambda self, is_ending: right(self, True)


def _never_ending(right: Any) -> Any:
    return lambda self, is_ending: right(self, False)


def _unlocking(right: Any) -> Any:
    def after(self: Any, is_ending: bool) -> None:
        right(self, is_ending)
        self._locks.release(self._session)

    return after


def _as_it_is(_right: Any) -> Any:
    return lambda self, is_ending: setattr(self, "_is_half_written", False)


def _without_commit(_right: Any) -> Any:
    return lambda self, *args: self._defined(*args)


def _untagged(right: Any) -> Any:
    return lambda self, name: "" if name == "QUERY_TAG" else right(self, name)


MUTATIONS = (
    Mutation(
        "a failed statement ends the transaction",
        "transactions.transactions:Transaction.after_failure",
        _ending,
        (
            "a transaction stays open after a text too long",
            "a failed COPY in a transaction leaves none of its rows and what was done before",
        ),
    ),
    Mutation(
        "what a failed statement has done to the transaction stays",
        "transactions.transactions:Transaction.after_failure",
        _as_it_is,
        ("two failed statements in a transaction are undone one by one",),
    ),
    Mutation(
        "TRANSACTION_ABORT_ON_ERROR is ignored",
        "transactions.transactions:Transaction.after_failure",
        _never_ending,
        ("TRANSACTION_ABORT_ON_ERROR ends a transaction with the first failure",),
    ),
    Mutation(
        "a failed statement gives the locks back",
        "transactions.transactions:Transaction.after_failure",
        _unlocking,
        ("a failed statement keeps the locks of its transaction",),
    ),
    Mutation(
        "a transaction reads as of its first write",
        "transactions.transactions:Transaction.see",
        answering(None),
        ("a transaction that has inserted sees rows that others have inserted since",),
    ),
    Mutation(
        "a definition does not commit",
        "statements.general_statements:GeneralStatements._define",
        _without_commit,
        ("a definition commits the open transaction",),
    ),
    Mutation(
        "locks block nobody",
        "transactions.table_locks:TableLocks._is_taken",
        answering(True),
        (
            "UPDATE waits for the UPDATE of another transaction, even of another row",
            "MERGE waits for the DELETE of another transaction, even of another row",
        ),
    ),
    Mutation(
        "a lost session is rolled back at once",
        "sessions.expiry:BLOCKING_SECONDS",
        being(0),
        ("a lost session leaves its transaction and its lock",),
    ),
    Mutation(
        "a lost session blocks for ever",
        "sessions.expiry:BLOCKING_SECONDS",
        being(FOR_EVER),
        ("a lost transaction that blocks is rolled back after five idle minutes",),
    ),
    Mutation(
        "idle transactions never end",
        "sessions.expiry:IDLE_TRANSACTION_SECONDS",
        being(FOR_EVER),
        ("a lost transaction that blocks nobody stays open for four hours",),
    ),
    Mutation(
        "sessions never idle out",
        "sessions.sessions:IDLE_SECONDS",
        being(FOR_EVER),
        ("a session that is idle for four hours must log in again",),
    ),
    Mutation(
        "CLIENT_SESSION_KEEP_ALIVE is ignored",
        "sessions.session_parameters:SessionParameters.is_true",
        lambda right: lambda self, name: name != "CLIENT_SESSION_KEEP_ALIVE" and right(self, name),
        ("CLIENT_SESSION_KEEP_ALIVE keeps an idle session",),
    ),
    Mutation(
        "AUTOCOMMIT is always on",
        "sessions.session_parameters:SessionParameters.is_true",
        lambda right: lambda self, name: name == "AUTOCOMMIT" or right(self, name),
        ("without AUTOCOMMIT the first write opens a transaction",),
    ),
    Mutation(
        "the query tag is lost",
        "sessions.session_parameters:SessionParameters.text",
        _untagged,
        ("a query is found by its tag",),
    ),
    Mutation(
        "results are kept for ever",
        "sessions.queries:RESULT_SECONDS",
        being(FOR_EVER),
        ("a result is kept for 24 hours",),
    ),
    Mutation(
        "the history's time range is not applied",
        "sessions.query_history:_is_within",
        answering(True),
        ("END_TIME_RANGE_END leaves out what still runs",),
    ),
    Mutation(
        "the history's limit is not applied",
        "sessions.query_history:_limit",
        answering(10_000),
        ("RESULT_LIMIT keeps the newest",),
    ),
)
