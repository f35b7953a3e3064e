"""The faults of requests: answered with a status, late, or cut off at a byte by closing the socket."""

from __future__ import annotations

import asyncio
import gzip
import json
from http import HTTPStatus
from typing import Any

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from local.warehouse.serving.faults import ActiveFault, Faults, kill_this_process
from local.warehouse.stages.stage_routes import PRESIGNED, STORAGE

_TRANSPORT = "local_warehouse_transport"
_PREFIXES = (
    ("/session/v1/login-request", "login"),
    ("/session", "session"),
    ("/queries/v1/query-request", "query"),
    ("/queries/v1/abort-request", "abort"),
    ("/monitoring/queries/", "monitoring"),
    (PRESIGNED, "upload"),
    (STORAGE, "upload"),
)


class OpenProtocol(AutoHTTPProtocol):  # type: ignore[misc, valid-type]
    """uvicorn's protocol, which also lets the application close the connection."""

    app_state: dict[str, Any]

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Hand the transport to each request of this connection."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, _TRANSPORT: transport}


class FaultyConnections:
    """ASGI middleware that carries out the faults of requests."""

    def __init__(self, app: ASGIApp, faults: Faults) -> None:
        self._app = app
        self._faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, with the fault that is in force for it."""
        route = _route(scope["path"]) if scope["type"] == "http" else None
        if route is None or not self._faults.all():
            await self._app(scope, receive, send)
            return
        active = self._faults.take(lambda fault: fault.route == route)
        if active is None and route == "query":
            body = await _whole_body(receive)
            receive, text = _again(body, receive), _statement(body)
            active = self._faults.take(
                lambda fault: bool(fault.statement) and fault.is_of_request and fault.matches(text)
            )
        if active is None:
            await self._app(scope, receive, send)
        else:
            await self._strike(active, scope, receive, send)

    async def _strike(self, active: ActiveFault, scope: Scope, receive: Receive, send: Send) -> None:
        fault = active.fault
        if fault.status is not None:
            headers = {"Retry-After": str(fault.retry_after_seconds)} if fault.retry_after_seconds else {}
            phrase = HTTPStatus(fault.status).phrase if fault.status in set(HTTPStatus) else "fault"
            await PlainTextResponse(phrase, fault.status, headers)(scope, receive, send)
            return
        if fault.kill == "before":
            kill_this_process()
        await _delay(active)
        transport = scope["state"][_TRANSPORT]
        if fault.drop_request_at is not None:
            receive = _cut_request(receive, fault.drop_request_at, transport.abort)
        if (byte := fault.kills_at("byte")) is not None:
            receive = _cut_request(receive, byte, kill_this_process)
        if fault.kill == "after":
            send = _CutAnswer(send, 0, kill_this_process)
        if fault.drop_response_at is not None:
            send = _CutAnswer(send, fault.drop_response_at, transport.close)
        await self._app(scope, receive, send)


def _route(path: str) -> str | None:
    if path.startswith("/queries/") and path.endswith("/result"):
        return "result"
    if path.startswith("/queries/") and path.endswith("/abort-request"):
        return "abort"
    return next((route for prefix, route in _PREFIXES if path.startswith(prefix)), None)


async def _delay(active: ActiveFault) -> None:
    left = active.fault.delay_seconds or 0.0
    while left > 0 and not active.released.is_set():
        await asyncio.sleep(min(left, 0.05))
        left -= 0.05


async def _whole_body(receive: Receive) -> list[Message]:
    messages = [await receive()]
    while messages[-1]["type"] == "http.request" and messages[-1].get("more_body"):
        messages.append(await receive())
    return messages


def _again(messages: list[Message], receive: Receive) -> Receive:
    waiting = iter(messages)

    async def replay() -> Message:
        return next(waiting, None) or await receive()

    return replay


def _statement(messages: list[Message]) -> str:
    body = b"".join(message.get("body", b"") for message in messages)
    try:
        found = json.loads(gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body)
        return str(found.get("sqlText"))
    except (ValueError, AttributeError, OSError, EOFError):
        return ""


def _cut_request(receive: Receive, limit: int, cut: Any) -> Receive:
    """Passes on what comes until `limit` bytes of the body have come, then cuts."""
    came = 0

    async def receive_some() -> Message:
        nonlocal came
        message = await receive()
        came += len(message.get("body", b""))
        if message["type"] == "http.request" and came >= limit:
            cut()
            while message["type"] != "http.disconnect":
                message = await receive()
        return message

    return receive_some


class _CutAnswer:
    """Sends on what the application answers until `limit` bytes of the body are out, then cuts."""

    def __init__(self, send: Send, limit: int, cut: Any) -> None:
        self._send = send
        self._left = limit
        self._cut = cut
        self._is_cut = False

    async def __call__(self, message: Message) -> None:
        if self._is_cut:
            return
        body = message.get("body", b"")
        if self._left > 0 and len(body) < self._left:
            self._left -= len(body)
            await self._send(message)
            return
        if body and self._left:
            await self._send({**message, "body": body[: self._left], "more_body": True})
        self._is_cut = True
        self._cut()
