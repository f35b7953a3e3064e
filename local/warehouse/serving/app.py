"""The HTTP face: routes that Snowflake's connector calls, and a few of our own."""

from __future__ import annotations

import asyncio
import functools
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from local.warehouse.errors import SqlError, as_sql_error
from local.warehouse.notice import NOTICE
from local.warehouse.serving import wire
from local.warehouse.serving.control import Control
from local.warehouse.serving.faulty_connections import FaultyConnections
from local.warehouse.sessions.queries import Query
from local.warehouse.sessions.query_history import HistoryEntry
from local.warehouse.sessions.sessions import Session
from local.warehouse.warehouse import Warehouse

SYNCHRONOUS_SECONDS = 45.0
_log = logging.getLogger("local.warehouse")

Answer = dict[str, Any]


class Endpoints:
    """What each route does.

    Every failure is answered with status 200 and a failed statement: the connector would repeat a 500 for ever.
    `synchronous_seconds` is how long an answer is held back for a query to end (45 at Snowflake).
    """

    def __init__(self, warehouse: Warehouse, synchronous_seconds: float) -> None:
        self._warehouse = warehouse
        self._synchronous_seconds = synchronous_seconds

    def session_of(self, request: Request) -> Session:
        """The session of a request; raises SqlError 390104, 390111 or 390112."""
        self._warehouse.expiry.look()
        return self._warehouse.sessions.get(wire.token_of(request))

    async def renew(self, request: Request) -> Answer:
        """POST /session/token-request: a new session token for a master token"""
        self._warehouse.expiry.look()
        return wire.renewal_answer(self._warehouse.sessions.renew(wire.token_of(request)))

    async def log_in(self, request: Request) -> Answer:
        """POST /session/v1/login-request"""
        login = wire.login_of(request, await wire.body_of(request))
        session = await asyncio.to_thread(self._warehouse.log_in, login)
        _log.info("%s Session %s of user %s.", NOTICE, session.id, session.user)
        return wire.login_answer(session)

    async def session(self, request: Request) -> Answer:
        """POST /session (?delete=true logs out) and /session/heartbeat"""
        session = self.session_of(request)
        if request.query_params.get("delete"):
            await asyncio.to_thread(self._warehouse.expiry.log_out, session)
        return wire.success()

    async def submit(self, request: Request) -> Answer:
        """POST /queries/v1/query-request"""
        session = self.session_of(request)
        body = await wire.body_of(request)
        query = self._warehouse.queries.submit(session, wire.submission_of(request, body))
        if body.get("asyncExec"):
            return wire.in_progress(query, wire.IN_PROGRESS_DETACHED)
        return await self._answer(query, session, request)

    async def _answer(self, query: Query, session: Session, request: Request) -> Answer:
        with session.attended(self._warehouse.clock):
            await asyncio.wait([asyncio.wrap_future(query.done)], timeout=self._synchronous_seconds)
        if not query.done.done():
            return wire.in_progress(query, wire.IN_PROGRESS)
        address = f"{request.url.scheme}://{request.url.netloc}"
        return await asyncio.to_thread(wire.query_answer, query, session, address)

    async def result(self, request: Request) -> Answer:
        """GET /queries/{id}/result, from any session"""
        session = self.session_of(request)
        return await self._answer(self._query(request.path_params["query_id"]), session, request)

    def _query(self, query_id: str) -> Query:
        query = self._warehouse.queries.get(query_id)
        if query is None:
            raise SqlError(709, "02000", f"Statement {query_id} not found")
        return query

    async def status(self, request: Request) -> Answer:
        """GET /monitoring/queries/{id}, from any session"""
        self.session_of(request)
        entry = self._warehouse.queries.entry(request.path_params["query_id"])
        return wire.success({"queries": [_monitored(entry)] if entry else []})

    async def abort(self, request: Request) -> Answer:
        """POST /queries/{id}/abort-request"""
        self.session_of(request)
        self._warehouse.queries.cancel(self._query(request.path_params["query_id"]).id)
        return wire.success()

    async def abort_request(self, request: Request) -> Answer:
        """POST /queries/v1/abort-request, which names the request and not the query"""
        self.session_of(request)
        body = await wire.body_of(request)
        query = self._warehouse.queries.by_request(str(body.get("requestId")))
        if query is not None:
            self._warehouse.queries.cancel(query.id)
        return wire.success()

    async def ignore(self, _request: Request) -> Answer:
        """What clients send and nobody here needs: telemetry."""
        return wire.success()

    async def health(self, _request: Request) -> Answer:
        """GET /health: ready as soon as it answers"""
        return {"status": "ready", "notice": NOTICE, "sessions": len(self._warehouse.sessions.all())}


def _monitored(entry: HistoryEntry) -> Answer:
    return {
        "id": entry.query_id,
        "status": entry.execution_status,
        "sqlText": entry.query_text,
        "sessionId": entry.session_id,
        "errorCode": entry.error_code or "",
        "errorMessage": entry.error_message or "",
    }


async def _front(_request: Request) -> Response:
    return PlainTextResponse(f"{NOTICE}\n")


def _guarded(endpoint: Callable[[Request], Awaitable[Answer]]) -> Callable[[Request], Awaitable[Response]]:
    @functools.wraps(endpoint)
    async def answer(request: Request) -> Response:
        try:
            return JSONResponse(await endpoint(request))
        except Exception as error:  # noqa: BLE001 - the connector would repeat a 500 for ever
            if not isinstance(error, SqlError):
                _log.exception("a request failed")
            return JSONResponse(wire.failure(as_sql_error(error)))

    return answer


def create_app(warehouse: Warehouse, synchronous_seconds: float = SYNCHRONOUS_SECONDS) -> Starlette:
    """The ASGI application of a warehouse."""
    on = Endpoints(warehouse, synchronous_seconds)
    answered = (
        ("POST", "/session/v1/login-request", on.log_in),
        ("POST", "/session/heartbeat", on.session),
        ("POST", "/session/token-request", on.renew),
        ("POST", "/session", on.session),
        ("POST", "/queries/v1/query-request", on.submit),
        ("POST", "/queries/v1/abort-request", on.abort_request),
        ("POST", "/queries/{query_id}/abort-request", on.abort),
        ("GET", "/queries/{query_id}/result", on.result),
        ("GET", "/monitoring/queries/{query_id}", on.status),
        ("POST", "/telemetry/send", on.ignore),
        ("POST", "/telemetry/send/sessionless", on.ignore),
        *Control(warehouse.faults, warehouse.clock, warehouse.pace).routes(),
        ("GET", "/health", on.health),
    )
    routes: list[BaseRoute] = [
        Route(path, _guarded(endpoint), methods=[method]) for method, path, endpoint in answered
    ]
    routes += warehouse.storage.routes()
    routes.append(Route("/", _front, methods=["GET"]))
    return Starlette(routes=routes, middleware=[Middleware(FaultyConnections, faults=warehouse.faults)])
