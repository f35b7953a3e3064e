"""A pace for loading, on request: COPY then takes as long as its bytes need on a warehouse of that size.

Off unless a test or a demonstration asks for it, so that progress can be watched on small files. Snowflake
publishes no such figure; the doubling with each size is its documentation's:
https://docs.snowflake.com/en/user-guide/warehouses-overview
"""

from __future__ import annotations

from typing import Any

from local.warehouse.access.compute import Compute
from local.warehouse.errors import SqlError, canceled
from local.warehouse.sessions.sessions import Session


class Pace:
    """Bytes per second of an X-Small; None for as fast as the machine goes. Real time, not the clock's."""

    def __init__(self, compute: Compute) -> None:
        self._compute = compute
        self.bytes_per_second: float | None = None

    def set(self, body: dict[str, Any]) -> None:
        """What `POST /control/pace` asks for: `bytes_per_second`, null to go as fast as possible."""
        wanted = body.get("bytes_per_second")
        if wanted is not None and not float(wanted) > 0:
            raise SqlError(1008, "22023", f"bytes_per_second is more than 0 or null, not {wanted}.")
        self.bytes_per_second = None if wanted is None else float(wanted)

    def on_bytes(self, session: Session, byte_count: int) -> None:
        """Wait as long as these bytes take; raises SqlError 000604 when the statement is cancelled meanwhile."""
        if self.bytes_per_second is None:
            return
        seconds = byte_count / (self.bytes_per_second * self._compute.factor_of(session.id))
        query = self._compute.query_of(session.id)
        if query is not None and query.cancelled.wait(seconds):
            raise canceled()
