"""Waiting for a submitted statement."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from sfetl_provider.core.errors import SfetlError
from sfetl_provider.core.ports import QueryState

if TYPE_CHECKING:
    from sfetl_provider.adapters.snowflake_session import SnowflakeSession

_FAULTS_BORNE = 20
# Snowflake may not know a query yet in the first moments after it was submitted.
_UNKNOWN_SECONDS = 120.0


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

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Give what the triggerer stores: names of connections, never their content."""
        names = ("snowflake_conn_id", "proxy_conn_id", "query_id", "poll_seconds")
        return (
            "sfetl_provider.triggers.async_copy.AsyncCopyTrigger",
            {name: getattr(self, name) for name in names},
        )

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Poll with the ordinary connector, one short call at a time in a thread."""
        # Imported late: operators import this module, and every task parses the DAG file.
        from sfetl_provider.hooks.snowflake import SfetlSnowflakeHook, fetch_connections

        hook = SfetlSnowflakeHook(
            self.snowflake_conn_id,
            proxy_conn_id=self.proxy_conn_id,
            connections=await fetch_connections(self.snowflake_conn_id, self.proxy_conn_id),
        )
        session: SnowflakeSession | None = None
        started = time.monotonic()
        faults = 0
        while True:
            try:
                if session is None:
                    session = await asyncio.to_thread(hook.open_session)
                status = await asyncio.to_thread(session.query_status, self.query_id)
                faults = 0
                if status.state.is_terminal or self._is_lost(status.state, started):
                    await asyncio.to_thread(session.close)
                    yield TriggerEvent({"status": "ended", "query_id": self.query_id})
                    return
            except SfetlError as error:
                session, faults = None, faults + 1
                self.log.warning("Query %s: %s", self.query_id, error)
                if faults > _FAULTS_BORNE or not error.is_retryable:
                    yield TriggerEvent({"status": "unreachable", "query_id": self.query_id})
                    return
            await asyncio.sleep(self.poll_seconds)

    @staticmethod
    def _is_lost(state: QueryState, started: float) -> bool:
        return state is QueryState.UNKNOWN and time.monotonic() - started > _UNKNOWN_SECONDS
