"""A tunnel through one proxy, for the forwarder: asynchronous, with any login."""

from __future__ import annotations

import asyncio
import ssl
import time
from dataclasses import dataclass

from sfetl_provider.adapters.network.proxy_login import Conversation, ProxyLogin
from sfetl_provider.adapters.network.relay import Streams
from sfetl_provider.adapters.network.tunnel import OK, Answer, Patience, connect_request, parse_answer
from sfetl_provider.core.network.proxy_settings import ProxyAddress

STREAM_LIMIT_BYTES = 1 << 16
_AUTHENTICATION_REQUIRED = 407
_LONGEST_TALK = 6


@dataclass
class Upstream:
    """An open tunnel and how long its making took."""

    streams: Streams
    connect_seconds: float
    negotiation_seconds: float


class TunnelRefusedError(Exception):
    """The proxy, or the forwarder in its place, answered something else than 200."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"{answer.status} {answer.reason}")
        self.answer = answer


@dataclass
class Door:
    """One proxy, as a forwarder reaches it."""

    proxy: ProxyAddress
    login: ProxyLogin
    patience: Patience
    context: ssl.SSLContext

    async def open_tunnel(self, authority: str) -> Upstream:
        """Ask for a tunnel; raises OSError when the proxy is not there, TunnelRefusedError when it says no."""
        began = time.monotonic()
        streams = await self._connect()
        reached = time.monotonic()
        try:
            async with asyncio.timeout(self.patience.answer_seconds):
                streams = await self._talk(streams, authority, self.login.begin(self.proxy.host))
        except BaseException:
            streams[1].close()
            raise
        return Upstream(streams, reached - began, time.monotonic() - reached)

    async def _connect(self) -> Streams:
        async with asyncio.timeout(self.patience.connect_seconds):
            return await asyncio.open_connection(
                self.proxy.host,
                self.proxy.port,
                limit=STREAM_LIMIT_BYTES,
                ssl=self.context if self.proxy.is_tls else None,
            )

    async def _talk(self, streams: Streams, authority: str, talk: Conversation) -> Streams:
        header = talk.first()
        for _ in range(_LONGEST_TALK):
            answer = await _ask(streams, connect_request(authority, header))
            if answer.status == OK:
                self.login.is_proven = True
                return streams
            header = talk.respond(answer) if answer.status == _AUTHENTICATION_REQUIRED else ""
            if not header:
                break
            if not answer.keeps_connection and not talk.needs_same_connection:
                streams[1].close()
                streams = await self._connect()
        streams[1].close()
        raise TunnelRefusedError(answer)


async def _ask(streams: Streams, request: bytes) -> Answer:
    reader, writer = streams
    writer.write(request)
    await writer.drain()
    try:
        answer = parse_answer(await reader.readuntil(b"\r\n\r\n"))
        if answer.status != OK and answer.body_bytes:
            await reader.readexactly(answer.body_bytes)
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
        raise ConnectionResetError("no complete answer") from error
    return answer
