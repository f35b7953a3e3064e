"""What staging remembers between tries: the source it read and the chunks that lie verified on the stage.

Keys: `staging.source` holds the identity of what is being staged, `staging.chunks.0`, `.1`, … hold up to 100
chunks each (about 16 KB of JSON), so one store entry is rewritten per chunk whatever the file's size.
"""

from __future__ import annotations

from collections.abc import Sequence

from sfetl_provider.core.compression import Compression
from sfetl_provider.core.plan.month_plan import ByteRange
from sfetl_provider.core.ports import CheckpointStore, JsonValue
from sfetl_provider.core.record import Record
from sfetl_provider.core.stage.staged_file import Chunk

PAGE_CHUNKS = 100
_SOURCE_KEY = "staging.source"
_FIELDS = tuple(Chunk.model_fields)


class StagingIdentity(Record):
    """What must be unchanged for recorded chunks to be of use: the file, its place on the stage, the cutting.

    `left_out` is the hash of the list of what is left out, empty without one. The compression level is not part of
    it: it is recorded with each chunk. `is_as_is`: the file is the chunk.
    `mask` is `Masking.identity`: other columns or another key start afresh.
    """

    fingerprint: str
    stage_folder: str
    chunk_bytes: int
    compression: Compression
    header: bool
    quote: str | None
    left_out: str
    byte_range: ByteRange | None = None
    is_as_is: bool = False
    mask: str = ""


class RecordedSource(Record):
    """The identity that recorded chunks belong to, and the plan for which staging was started over last."""

    identity: StagingIdentity
    started_over_for: str


class StagingCheckpoints:
    """The recorded chunks of one file, in order; all changes are durable when a method returns."""

    def __init__(self, store: CheckpointStore) -> None:
        self._store = store
        self._written = 0

    def source(self) -> RecordedSource | None:
        """Give what the recorded chunks belong to, None when nothing is recorded.

        Raises pydantic's ValidationError when another version wrote it.
        """
        value = self._store.get(_SOURCE_KEY)
        return None if value is None else RecordedSource.from_json(value)

    def chunks(self) -> list[Chunk]:
        """Give the recorded chunks."""
        chunks: list[Chunk] = []
        page = 0
        while isinstance(rows := self._store.get(_page_key(page)), list):
            chunks.extend(_chunk(row) for row in rows)
            page += 1
        self._written = len(chunks)
        return chunks

    def start(self, source: RecordedSource) -> None:
        """Forget every chunk and begin with this source."""
        self.forget()
        self._store.set(_SOURCE_KEY, source.to_json())

    def save(self, chunks: Sequence[Chunk], position: int) -> None:
        """Write the page that holds the chunk at a position, counted from 1; `chunks` are all known, in order.

        Pages before it that hold chunks not yet written are written first, so that no page ever lacks one.
        """
        page = (position - 1) // PAGE_CHUNKS
        for earlier in range(min(self._written // PAGE_CHUNKS, page), page + 1):
            rows = [_row(chunk) for chunk in chunks[earlier * PAGE_CHUNKS : (earlier + 1) * PAGE_CHUNKS]]
            self._store.set(_page_key(earlier), rows)
            self._written = max(self._written, earlier * PAGE_CHUNKS + len(rows))

    def forget(self) -> None:
        """Remove all; from the last page on, so that an interrupted removal leaves no page unreachable."""
        self._store.delete(_SOURCE_KEY)
        self._written = 0
        pages = 0
        while self._store.get(_page_key(pages)) is not None:
            pages += 1
        for page in reversed(range(pages)):
            self._store.delete(_page_key(page))


def _page_key(page: int) -> str:
    return f"staging.chunks.{page}"


def _row(chunk: Chunk) -> JsonValue:
    return [getattr(chunk, name) for name in _FIELDS]


def _chunk(row: JsonValue) -> Chunk:
    values = row if isinstance(row, list) else []
    return Chunk.from_json(dict(zip(_FIELDS, values, strict=True)))
