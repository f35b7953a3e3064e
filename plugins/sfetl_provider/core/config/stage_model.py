"""The config's section `stage`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, PlainValidator

from sfetl_provider.core.compression import Compression
from sfetl_provider.core.config.section import Section
from sfetl_provider.core.config.size import MIB


def _check_level(value: Any) -> Any:
    if value == "auto" or (isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 19):
        return value
    raise ValueError('a whole number from 1 to 19, or "auto"')


# Checked by hand: the faults of a union would not point at the field.
ZstdLevel = Annotated[
    int | Literal["auto"],
    PlainValidator(_check_level, json_schema_input_type=Annotated[int, Field(ge=1, le=19)] | Literal["auto"]),
]


class StageConfig(Section):
    """How files become chunks on the stage."""

    chunk_mib: int = Field(default=400, ge=1)
    """Uncompressed text per chunk; 400 MiB compress to about 150 MB, which Snowflake loads best (none: 150)."""
    range_mib: int | None = Field(default=10240, ge=1)
    """A larger file that is not compressed is divided evenly into byte ranges of at most so much text, rounded
    up to whole chunks, and each is staged by a task of its own; null: one task stages the whole file."""
    compression: Compression = "zstd"
    """How chunks are compressed: zstd, gzip (at one level) or none. A task whose setting was changed stages its
    file afresh."""
    as_is_mib: int | None = Field(default=None, ge=1, le=5000)
    """A .gz or .zst file of at most so many MiB, of one member or frame and without a byte order mark, is uploaded
    as it was delivered, as one chunk. Snowflake loads a file on one core, and 100 to 250 MB best; null: never."""
    zstd_level: ZstdLevel = "auto"
    """Compression level of zstd chunks, 1 to 19; 1 is fastest. auto: each chunk's level follows the link: one of
    1, 3, 6, 9, 12, harder while finished chunks wait for their upload, lighter while uploads wait for chunks."""
    workers: int = Field(default=2, ge=1, le=64)
    """Chunks compressed at the same time (of a compressed source: threads for its one chunk); disk and memory
    needed grow with it."""
    upload_workers: int = Field(default=2, ge=1, le=16)
    """Chunks uploaded at the same time, each by a process with a Snowflake session of its own."""
    upload_tries: int = Field(default=5, ge=1, le=20)
    """How often a chunk's upload is tried before the task fails; what a retry cannot help fails at once."""
    upload_delay_seconds: float = Field(default=2, ge=0, le=600)
    """Delay before a chunk's second try; it doubles each time, up to a minute."""
    upload_timeout_seconds: float = Field(default=120, gt=0)
    """An upload that takes longer than this, plus the chunk's size by upload_timeout_mib_per_second, is
    ended and tried again; a login has this time alone."""
    upload_timeout_mib_per_second: float = Field(default=0.25, gt=0)
    """The slowest upload of one chunk that is borne; with several at once they share the line."""

    @property
    def chunk_bytes(self) -> int:
        """Uncompressed bytes per chunk."""
        return self.chunk_mib * MIB

    @property
    def as_is_bytes(self) -> int | None:
        """Size up to which a compressed file is uploaded as it is; None for never."""
        return None if self.as_is_mib is None else self.as_is_mib * MIB

    @property
    def range_bytes(self) -> int | None:
        """Size above which a file is divided, in bytes; None for never."""
        return None if self.range_mib is None else self.range_mib * MIB

    @property
    def upload_timeout_bytes_per_second(self) -> float:
        """The slowest upload that is borne, in bytes."""
        return self.upload_timeout_mib_per_second * MIB
