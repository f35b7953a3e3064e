"""Passing bytes between two connections, as fast as Python can: without a task's wake-up for each piece.

asyncio's streams copy each byte three times and wake a task for it. So once a tunnel stands, both connections get
a protocol that writes to the other what it reads, and stops reading while the other cannot take more.
"""

from __future__ import annotations

import asyncio
from typing import Any, cast

_HIGH_WATER_BYTES = 1 << 20

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def relay(one: Streams, other: Streams) -> None:
    """Pass bytes both ways until one side ends; what was read is written before the other side is closed.

    Takes the connections away from their streams; the writers can still be closed. Must be called without a pause
    after the last read of either: what a stream holds by then is passed on first.
    """
    over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    for (reader, writer), (_, sink) in ((one, other), (other, one)):
        transport = cast(asyncio.Transport, writer.transport)
        transport.set_write_buffer_limits(high=_HIGH_WATER_BYTES)
        transport.set_protocol(_Pipe(cast(asyncio.Transport, sink.transport), over))
        sink.write(_held(reader))
        if reader.at_eof() or transport.is_closing():
            _end(over)
        else:
            transport.resume_reading()
    await over


def _held(reader: asyncio.StreamReader) -> bytes:
    """Take what a stream has read and nobody has asked for; there is no public way that does not wait."""
    buffer = cast(Any, reader)._buffer
    held = bytes(buffer)
    buffer.clear()
    return held


def _end(over: asyncio.Future[None]) -> None:
    if not over.done():
        over.set_result(None)


class _Pipe(asyncio.Protocol):
    """What one connection reads goes to the other; either's end is the end of both."""

    def __init__(self, sink: asyncio.Transport, over: asyncio.Future[None]) -> None:
        self._sink = sink
        self._over = over

    def data_received(self, data: bytes) -> None:
        self._sink.write(data)

    def pause_writing(self) -> None:
        self._sink.pause_reading()

    def resume_writing(self) -> None:
        self._sink.resume_reading()

    def eof_received(self) -> None:
        _end(self._over)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio's signature
        _end(self._over)
