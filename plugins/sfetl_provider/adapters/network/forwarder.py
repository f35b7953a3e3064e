"""A proxy of our own on loopback, for what the connector cannot: NTLM, TLS to the proxy, lists, PAC, any password.

It listens on a random port and serves only who knows its random token, which other users of the machine do not. It
goes on to the next proxy of a list only when one cannot be reached. Once a credential was refused it refuses
everything, so that no account is locked. Idle tunnels are never cut: Snowflake's long polls last 45 s.
"""

from __future__ import annotations

import asyncio
import hmac
import secrets
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from sfetl_provider.adapters.network.faults import (
    HOST_UNKNOWN,
    HOST_UNREACHABLE,
    PROXY_UNREACHABLE,
    PROXY_UNTRUSTED,
    ROUTE_UNKNOWN,
)
from sfetl_provider.adapters.network.measures import (
    CONNECT,
    FAILOVERS,
    NEGOTIATION,
    REJECTED,
    Measure,
    ignore,
)
from sfetl_provider.adapters.network.proxy_login import ProxyLogin
from sfetl_provider.adapters.network.relay import Streams, relay
from sfetl_provider.adapters.network.tunnel import Answer, Patience, basic_authorization
from sfetl_provider.adapters.network.upstream import (
    STREAM_LIMIT_BYTES,
    Door,
    TunnelRefusedError,
    Upstream,
)
from sfetl_provider.core.errors import SfetlError
from sfetl_provider.core.network.proxy_settings import ProxyAddress, ProxySettings

USER = "sfetl"
_REST_SECONDS = 60.0
_START_SECONDS = 20.0
_HOP_FIELDS = ("proxy-authorization", "proxy-connection", "connection", "keep-alive")

# Gives the ways to a host, the best first; None is direct. May block, runs in a thread.
Route = Callable[[str, int], Sequence[ProxyAddress | None]]


class Forwarder:
    """Runs in a thread of its own until `close`; memory: up to 3 MB a tunnel."""

    def __init__(
        self, settings: ProxySettings, route: Route, context: ssl.SSLContext, measure: Measure = ignore
    ) -> None:
        self.token = secrets.token_urlsafe(24)
        self.port = 0
        self._measure = measure
        self._expected = basic_authorization(USER, self.token)
        self.ways = route
        self._context = context
        self._patience = Patience(settings.connect_timeout_seconds, settings.answer_timeout_seconds)
        self._login = ProxyLogin(settings)
        self._resting_until: dict[ProxyAddress, float] = {}
        self._loop = asyncio.new_event_loop()
        self._ready, self._end = threading.Event(), asyncio.Event()
        self._first = asyncio.Lock()
        self._thread = threading.Thread(target=self._run, name="sfetl-forwarder", daemon=True)
        self._thread.start()
        if not self._ready.wait(_START_SECONDS):
            raise RuntimeError("The forwarder did not start.")

    @property
    def is_rejected(self) -> bool:
        """Tell whether a credential was refused; this forwarder will serve nobody any more."""
        return self._login.is_rejected

    def close(self) -> None:
        """Cut all tunnels and end the thread."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(_START_SECONDS)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._listen())
        self._loop.close()

    async def _listen(self) -> None:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=STREAM_LIMIT_BYTES)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._end.wait()
        server.close()
        served = asyncio.all_tasks() - {asyncio.current_task()}
        for task in served:
            task.cancel()
        await asyncio.gather(*served, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")[:-2]
            await self._answer(head, (reader, writer))
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
            pass  # the client is gone, or speaks no HTTP
        finally:
            writer.close()

    async def _answer(self, head: list[str], client: Streams) -> None:
        if not self._is_ours(head):
            await _refuse(client, Answer(407, "this forwarder is not yours"))
            return
        method, target, version = head[0].split(" ")
        url = urlsplit(f"//{target}" if method == "CONNECT" else target)
        try:
            upstream = await self._open(url.hostname or "", url.port or 80)
        except TunnelRefusedError as refusal:
            await _refuse(client, refusal.answer)
            return
        try:
            if method == "CONNECT":
                client[1].write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                upstream[1].write(_origin_head(method, url.path, url.query, version, head[1:]))
            await relay(client, upstream)
        finally:
            upstream[1].close()

    def _is_ours(self, head: list[str]) -> bool:
        fields = dict(line.partition(":")[::2] for line in head[1:])
        given = {name.lower(): value.strip() for name, value in fields.items()}.get("proxy-authorization", "")
        return hmac.compare_digest(given.encode(), self._expected.encode())

    async def _open(self, host: str, port: int) -> Streams:
        try:
            ways = await asyncio.to_thread(self.ways, host, port)
        except SfetlError as error:
            raise TunnelRefusedError(Answer(502, ROUTE_UNKNOWN)) from error
        reason = ROUTE_UNKNOWN
        for number, way in enumerate(self._awake_first(ways)):
            if number:
                self._measure(FAILOVERS, 1)
            try:
                return await (self._through(way, host, port) if way else self._direct(host, port))
            except OSError as error:
                reason = _reason(error, way)
                if way is not None:
                    self._resting_until[way] = time.monotonic() + _REST_SECONDS
        raise TunnelRefusedError(Answer(502, reason))

    def _awake_first(self, ways: Sequence[ProxyAddress | None]) -> list[ProxyAddress | None]:
        """Put proxies behind that could not be reached within the last minute."""
        now = time.monotonic()
        return sorted(ways, key=lambda way: way is not None and self._resting_until.get(way, 0.0) > now)

    async def _through(self, proxy: ProxyAddress, host: str, port: int) -> Streams:
        door = Door(proxy, self._login, self._patience, self._context)
        authority = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        if self._login.is_proven:
            return self._measured(await door.open_tunnel(authority))
        # One at a time until a credential is accepted: several at once would be refused several times.
        async with self._first:
            if self._login.is_rejected:
                raise TunnelRefusedError(Answer(407, "refused before"))
            try:
                return self._measured(await door.open_tunnel(authority))
            finally:
                if self._login.is_rejected:
                    self._measure(REJECTED, 1)

    def _measured(self, upstream: Upstream) -> Streams:
        self._measure(CONNECT, upstream.connect_seconds)
        self._measure(NEGOTIATION, upstream.negotiation_seconds)
        return upstream.streams

    async def _direct(self, host: str, port: int) -> Streams:
        async with asyncio.timeout(self._patience.connect_seconds):
            return await asyncio.open_connection(host, port, limit=STREAM_LIMIT_BYTES)


def _reason(error: OSError, way: ProxyAddress | None) -> str:
    if way is None:
        return HOST_UNKNOWN if isinstance(error, socket.gaierror) else HOST_UNREACHABLE
    return PROXY_UNTRUSTED if isinstance(error, ssl.SSLCertVerificationError) else PROXY_UNREACHABLE


def _origin_head(method: str, path: str, query: str, version: str, fields: list[str]) -> bytes:
    """Give the head of a plain request as its server wants it; one request a connection."""
    target = (path or "/") + (f"?{query}" if query else "")
    kept = [line for line in fields if line.partition(":")[0].lower() not in _HOP_FIELDS]
    return "\r\n".join([f"{method} {target} {version}", *kept, "Connection: close", "", ""]).encode("latin-1")


async def _refuse(client: Streams, answer: Answer) -> None:
    head = f"HTTP/1.1 {answer.status} {answer.reason}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    client[1].write(head.encode("latin-1"))
    await client[1].drain()
