"""A forward proxy on loopback, as slow and as faulty as a test wants: `with throttling_proxy() as proxy: …`.

It speaks CONNECT and plain HTTP. What is sent through it shares one rate; a fault strikes when a request's body
(in a tunnel: what the client sent) has passed so many bytes, so that small requests are spared.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from urllib.parse import urlsplit

_PIECE_BYTES = 64 * 1024
_START_SECONDS = 20.0
ALWAYS = 1_000_000


class Kind(Enum):
    """What happens: the connection is cut, is held open for ever, or the proxy itself dies."""

    CUT = "cut"
    FREEZE = "freeze"
    DIE = "die"


@dataclass
class Fault:
    """Strikes `times` times after so many bytes; with -1 as soon as a client connects."""

    kind: Kind
    after_bytes: int
    times: int = ALWAYS


@dataclass
class ThrottlingProxy:
    """A running proxy; its fields may be changed while it runs. `struck` is set by the first fault."""

    bytes_per_second: float | None = None
    fault: Fault | None = None
    port: int = 0
    strikes: int = 0
    bytes_sent: int = 0
    struck: threading.Event = field(default_factory=threading.Event)
    _free_at: float = 0.0
    _server: asyncio.Server | None = None
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)

    async def serve(self, ready: threading.Event, end: asyncio.Event) -> None:
        """Listen until the end."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=1 << 20)
        self.port = self._server.sockets[0].getsockname()[1]
        ready.set()
        await end.wait()
        self._die()

    def _die(self) -> None:
        assert self._server is not None
        self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections = [writer]
        self._writers.add(writer)
        try:
            await self._strike_if_due(-1)
            await self._requests(reader, writer, connections)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            for connection in connections:
                self._writers.discard(connection)
                connection.transport.abort()

    async def _requests(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        connections: list[asyncio.StreamWriter],
    ) -> None:
        upstream: asyncio.StreamWriter | None = None
        answers: asyncio.Task[None] | None = None
        while head := await _head(reader):
            method, target, version = head[0].split(" ")
            is_tunnel = method == "CONNECT"
            url = urlsplit(f"//{target}" if is_tunnel else target)
            if upstream is None:
                downstream, upstream = await asyncio.open_connection(url.hostname, url.port or 80)
                connections.append(upstream)
                self._writers.add(upstream)
                if is_tunnel:
                    writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                answers = asyncio.create_task(_relay(downstream, writer))
            if is_tunnel:
                await self._send(reader, upstream, None)
                return
            path = url.path + (f"?{url.query}" if url.query else "")
            upstream.write("\r\n".join([f"{method} {path} {version}", *head[1:], "", ""]).encode("latin-1"))
            await self._send(reader, upstream, _content_length(head))
        if answers is not None:
            answers.cancel()

    async def _send(
        self, reader: asyncio.StreamReader, upstream: asyncio.StreamWriter, size: int | None
    ) -> None:
        passed = 0
        while size is None or passed < size:
            want = _PIECE_BYTES if size is None else min(_PIECE_BYTES, size - passed)
            piece = await reader.read(want)
            if not piece:
                return
            passed += len(piece)
            await self._strike_if_due(passed)
            await self._wait_for_rate(len(piece))
            upstream.write(piece)
            await upstream.drain()
            self.bytes_sent += len(piece)

    def _is_due(self, passed: int) -> bool:
        fault = self.fault
        if fault is None or self.strikes >= fault.times:
            return False
        return passed == -1 if fault.after_bytes == -1 else passed > fault.after_bytes

    async def _strike_if_due(self, passed: int) -> None:
        if self.fault is None or not self._is_due(passed):
            return
        self.strikes += 1
        self.struck.set()
        if self.fault.kind is Kind.FREEZE:
            await asyncio.Event().wait()
        if self.fault.kind is Kind.DIE:
            self._die()
        raise ConnectionResetError

    async def _wait_for_rate(self, size: int) -> None:
        if self.bytes_per_second is None:
            return
        now = asyncio.get_running_loop().time()
        self._free_at = max(self._free_at, now) + size / self.bytes_per_second
        await asyncio.sleep(self._free_at - now)


async def _head(reader: asyncio.StreamReader) -> list[str]:
    try:
        text = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return []
    return text.decode("latin-1").split("\r\n")[:-2]


def _content_length(head: list[str]) -> int:
    lengths = (line.partition(":")[2] for line in head[1:] if line.lower().startswith("content-length:"))
    return int(next(lengths, "0"))


async def _relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while piece := await reader.read(_PIECE_BYTES):
            writer.write(piece)
            await writer.drain()
    writer.close()


async def _all_ended(tasks: set[asyncio.Task[None]]) -> None:
    await asyncio.gather(*tasks, return_exceptions=True)


@contextlib.contextmanager
def throttling_proxy(
    bytes_per_second: float | None = None, fault: Fault | None = None
) -> Iterator[ThrottlingProxy]:
    """A proxy in a thread until the block ends."""
    proxy = ThrottlingProxy(bytes_per_second, fault)
    loop, ready = asyncio.new_event_loop(), threading.Event()
    end = asyncio.Event()

    def run() -> None:
        loop.run_until_complete(proxy.serve(ready, end))
        tasks = asyncio.all_tasks(loop)
        for task in tasks:
            task.cancel()
        loop.run_until_complete(_all_ended(tasks))
        loop.close()

    thread = threading.Thread(target=run, name="throttling-proxy", daemon=True)
    thread.start()
    if not ready.wait(_START_SECONDS):
        raise RuntimeError("The throttling proxy did not start.")
    try:
        yield proxy
    finally:
        loop.call_soon_threadsafe(end.set)
        thread.join(_START_SECONDS)
