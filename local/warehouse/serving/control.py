"""What tests can ask of a running server over HTTP: faults, and its clock."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import fields
from typing import Any

from starlette.requests import Request

from local.warehouse.access.pace import Pace
from local.warehouse.clock import Clock
from local.warehouse.errors import SqlError
from local.warehouse.serving.faults import ActiveFault, Fault, Faults
from local.warehouse.serving.wire import body_of, success

Answer = dict[str, Any]


class Control:
    """The routes below /control; none of them is Snowflake's."""

    def __init__(self, faults: Faults, clock: Clock, pace: Pace) -> None:
        self._faults = faults
        self._clock = clock
        self._pace = pace

    def routes(self) -> tuple[tuple[str, str, Callable[[Request], Awaitable[Answer]]], ...]:
        """Method, path and what answers it."""
        return (
            ("POST", "/control/faults", self.add_fault),
            ("GET", "/control/faults", self.list_faults),
            ("DELETE", "/control/faults", self.clear_faults),
            ("GET", "/control/clock", self.tell_time),
            ("POST", "/control/clock", self.advance),
            ("POST", "/control/pace", self.set_pace),
        )

    async def add_fault(self, request: Request) -> Answer:
        """The fields of `Fault` as JSON; `error` as {"code", "sqlstate", "message"}."""
        try:
            said = await body_of(request)
            if said.get("error") is not None:
                said["error"] = _error(**said["error"])
            number = self._faults.add(Fault(**said))
        except (TypeError, ValueError) as error:
            raise SqlError(1003, "42000", f"This is no fault: {error}") from None
        return success({"id": number})

    async def list_faults(self, _request: Request) -> Answer:
        """All that were added, each with how often it has struck."""
        return success([_described(active) for active in self._faults.all()])

    async def clear_faults(self, _request: Request) -> Answer:
        """Take all back."""
        self._faults.clear()
        return success()

    async def tell_time(self, _request: Request) -> Answer:
        """The server's time."""
        return success({"now": self._clock.now().isoformat()})

    async def advance(self, request: Request) -> Answer:
        """{"advance_seconds": n} moves the clock forward."""
        try:
            self._clock.advance(float((await body_of(request))["advance_seconds"]))
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise SqlError(1003, "42000", f"The clock cannot be moved so: {error!r}") from None
        return await self.tell_time(request)

    async def set_pace(self, request: Request) -> Answer:
        """{"bytes_per_second": n} slows COPY down, null takes it back."""
        self._pace.set(await body_of(request))
        return success()


def _error(code: int, message: str, sqlstate: str = "42000") -> SqlError:
    return SqlError(int(code), str(sqlstate), str(message))


def _described(active: ActiveFault) -> Answer:
    said = {part.name: getattr(active.fault, part.name) for part in fields(Fault)}
    said = {name: value for name, value in said.items() if value not in (None, "")}
    if active.fault.error is not None:
        said["error"] = {"code": active.fault.error.code, "message": active.fault.error.message}
    return {"id": active.id, "struck": active.struck, **said}
