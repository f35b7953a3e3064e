"""The ways to compress a chunk, by their names in `stage.compression`."""

from __future__ import annotations

from typing import Protocol

import zstandard

from sfetl_provider.core.compression import Compression
from sfetl_provider.core.tsv.source import Block

# isal's levels differ little: 1 is as fast as zstd's level 1 and nearly as small.
_GZIP_LEVEL = 1
_GZIP_WINDOW_BITS = 31


class Compressor(Protocol):
    """Makes one frame of the bytes that are fed to it; not to be used again after `flush`."""

    def compress(self, data: Block, /) -> Block:
        """Take bytes, give what is finished."""
        ...

    def flush(self) -> bytes:
        """End the frame."""
        ...


class _Unchanged:
    """Gives what it gets."""

    def compress(self, data: Block, /) -> Block:
        return data

    def flush(self) -> bytes:
        return b""


def open_compressor(
    compression: Compression, zstd_level: int, size_bytes: int = -1, threads: int = 0
) -> Compressor:
    """Give a compressor of one zstd frame with checksum, one gzip member, or of nothing.

    Level, threads and the size of what will come (-1: unknown) are of use to zstd only. The same bytes give
    the same frame: gzip's header holds neither time nor name.
    """
    if compression == "none":
        return _Unchanged()
    if compression == "gzip":
        # Imported late: feeds that stage zstd need not load it.
        from isal import isal_zlib

        gzip: Compressor = isal_zlib.compressobj(level=_GZIP_LEVEL, wbits=_GZIP_WINDOW_BITS)
        return gzip
    return zstandard.ZstdCompressor(
        level=zstd_level, write_checksum=True, write_content_size=True, threads=threads
    ).compressobj(size=size_bytes)
