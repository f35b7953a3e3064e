"""How chunks are compressed, and how their names tell it.

Upload processes load this instead of the feed's config, which would take a second and ten megabytes of each.
"""

from __future__ import annotations

from typing import Literal

Compression = Literal["zstd", "gzip", "none"]
SUFFIXES: dict[Compression, str] = {"zstd": ".zst", "gzip": ".gz", "none": ""}


def compression_of(name: str) -> Compression:
    """Tell from a chunk's name how it is compressed."""
    return next(kind for kind, suffix in SUFFIXES.items() if name.endswith(suffix))
