"""Waiting for a submitted statement."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from sfetl_provider.core.copy_into.job import UNKNOWN_GRACE
from sfetl_provider.core.errors import SfetlError
from sfetl_provider.core.ports import QueryState
from sfetl_provider.triggers.settling import settle
from sfetl_provider.triggers.task_life import goes_on

if TYPE_CHECKING:
    from sfetl_provider.adapters.snowflake_session import SnowflakeSession
    from sfetl_provider.hooks.snowflake import SfetlSnowflakeHook

_FAULTS_BORNE = 20
_ENDING: set[asyncio.Task[None]] = set()
"""What cancels queries at the moment: the event loop itself would let go of them."""


class AsyncCopyTrigger(BaseTrigger):
    """Fires when a query is no longer running; the operator then asks for its outcome itself.

    Network faults are borne: the session is opened anew at each poll after one, 20 times in a row, before the
    trigger gives up with the fault's type and text (which holds no secret). The query goes on meanwhile.
    """

    def __init__(
        self, *, snowflake_conn_id: str, proxy_conn_id: str | None, query_id: str, poll_seconds: float
    ) -> None:
        super().__init__()
        self.snowflake_conn_id = snowflake_conn_id
        self.proxy_conn_id = proxy_conn_id
        self.query_id = query_id
        self.poll_seconds = poll_seconds
        self._session: SnowflakeSession | None = None

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Give what the triggerer stores: names of connections, never their content."""
        names = ("snowflake_conn_id", "proxy_conn_id", "query_id", "poll_seconds")
        return (
            "sfetl_provider.triggers.async_copy.AsyncCopyTrigger",
            {name: getattr(self, name) for name in names},
        )

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Poll with the ordinary connector, one short call at a time in a thread."""
        await settle()
        hook = await self._hook()
        started, faults = time.monotonic(), 0
        try:
            while True:
                try:
                    state = await asyncio.to_thread(self._ask, hook)
                    faults = 0
                    if state.is_terminal or self._is_lost(state, started):
                        yield TriggerEvent({"status": "ended", "query_id": self.query_id})
                        return
                except SfetlError as error:
                    faults += 1
                    self.log.warning("Query %s: %s", self.query_id, error)
                    if faults > _FAULTS_BORNE or not error.is_retryable:
                        yield TriggerEvent({"status": "unreachable", "query_id": self.query_id})
                        return
                    await asyncio.to_thread(self._log_out)
                await asyncio.sleep(self.poll_seconds)
        finally:
            await asyncio.to_thread(self._log_out)

    async def on_kill(self) -> None:
        """Cancel the query of a task that a person marked or deleted; a cleared one finds it again.

        So does another triggerer when this one stops, which calls nothing of this. When Airflow cannot be asked
        which it was, the query goes on.
        """
        # Airflow 3.3 cancels this call too, a second later and each second from then on: it asks anew for the end
        # of every trigger that has not ended. A login takes longer, and so the work must outlive the call.
        ending = asyncio.create_task(self._end())
        _ENDING.add(ending)
        ending.add_done_callback(_ENDING.discard)
        await asyncio.shield(ending)

    async def _end(self) -> None:
        if await goes_on(self.task_instance):
            self.log.info("The task was cleared: query %s goes on and is found again.", self.query_id)
            return
        try:
            hook = await self._hook()
            await asyncio.to_thread(self._cancel, hook)
        except SfetlError as error:
            self.log.warning("Query %s could not be cancelled and goes on: %s", self.query_id, error)

    async def _hook(self) -> SfetlSnowflakeHook:
        # Late, as operators import this module and every task parses the DAG file; in a thread, as it takes a
        # second or more, in which all other triggers would stand still.
        hook_class, fetch_connections = await asyncio.to_thread(_imported)
        return hook_class(
            self.snowflake_conn_id,
            proxy_conn_id=self.proxy_conn_id,
            connections=await fetch_connections(self.snowflake_conn_id, self.proxy_conn_id),
        )

    def _cancel(self, hook: SfetlSnowflakeHook) -> None:
        with hook.open_session() as session:
            session.cancel(self.query_id)

    def _ask(self, hook: SfetlSnowflakeHook) -> QueryState:
        if self._session is None:
            self._session = hook.open_session()
        return self._session.query_status(self.query_id).state

    def _log_out(self) -> None:
        """Leave no session behind: it would keep itself alive for as long as the triggerer runs."""
        session, self._session = self._session, None
        if session is not None:
            session.close()

    @staticmethod
    def _is_lost(state: QueryState, started: float) -> bool:
        return state is QueryState.UNKNOWN and time.monotonic() - started > UNKNOWN_GRACE.total_seconds()


def _imported() -> tuple[type[SfetlSnowflakeHook], Callable[..., Awaitable[dict[str, Any]]]]:
    from sfetl_provider.hooks.snowflake import SfetlSnowflakeHook, fetch_connections

    return SfetlSnowflakeHook, fetch_connections
