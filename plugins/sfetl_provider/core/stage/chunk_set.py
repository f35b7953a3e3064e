"""A month's chunks in a folder, to be carried to another network: what the folder holds, and whether it is whole.

The folder has one sub-folder a source file, named by its key, with its chunks, and the manifest, which is written
last: a folder without one is not finished.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.errors import ChunkSetError, QcFailedError
from sfetl_provider.core.events import Listener, Progress, ignore_events
from sfetl_provider.core.plan.month_plan import MonthPlan, SourceFile
from sfetl_provider.core.plan.names import MANIFEST, chunk_name, file_key
from sfetl_provider.core.qc.report import QcVerdict
from sfetl_provider.core.record import Record
from sfetl_provider.core.stage.masking import masked_how
from sfetl_provider.core.stage.scratch import scratch_error
from sfetl_provider.core.stage.staged_file import Chunk, StagedFile
from sfetl_provider.core.tsv.source import open_source

VERSION = 1
_BLOCK_BYTES = 4 * 1024 * 1024
_UNTOUCHED = "Nothing was changed, here or in Snowflake."
_CARRY_AGAIN = "Carry the set again, or make it again with `stage … --to`, which keeps the chunks that fit."


class CarriedFile(Record):
    """One source file of a set: what staging it gave, and its chunks, all of them confirmed."""

    staged: StagedFile
    chunks: tuple[Chunk, ...]

    def chunk_name(self, chunk: Chunk) -> str:
        """Give the file name of one of its chunks."""
        return chunk_name(chunk.number, self.staged.compression)


class ChunkSet(Record):
    """All files of a month of a feed; `chunk_bytes` is where they were cut.

    `verdict` is QC's, of the very files, when they were checked before.
    """

    feed: str
    month: str
    chunk_bytes: int
    files: tuple[CarriedFile, ...]
    verdict: QcVerdict | None

    def file_of(self, key: str) -> CarriedFile:
        """Give the file of a key that the set named before; raises ChunkSetError when it no longer has it."""
        found = [file for file in self.files if file.staged.key == key]
        if not found:
            raise _fault(f"the set no longer holds the file {key}")
        return found[0]

    def require_month_of(self, plan: MonthPlan) -> None:
        """Raise ChunkSetError unless it is of the plan's feed and month."""
        if (self.feed, self.month) != (plan.feed, plan.month):
            raise _fault(f"it is of {self.feed} {self.month}, not of {plan.feed} {plan.month}")

    def require_masks_of(self, config: FeedConfig) -> None:
        """Raise ChunkSetError unless its columns were masked as the feed wants them, all files with one key."""
        masks = {file.staged.mask for file in self.files}
        if len(masks) > 1 or any(mask.partition(":")[0] != masked_how(config) for mask in masks):
            raise _fault("its columns are not masked as the feed's config says")


def read_chunk_set(folder: Path) -> ChunkSet:
    """Read a folder's manifest; raises ChunkSetError when there is none, or not one that was written so."""
    path = folder / MANIFEST
    if not path.exists():
        raise ChunkSetError(
            f"{folder} holds no {MANIFEST}: it is no set of chunks, or one that is not finished.",
            safe=_UNTOUCHED,
            next_step="Finish it with the same `stage … --to`, or carry it whole; name the folder itself.",
        )
    with open_source(path) as file:
        text = file.read()
    try:
        return _parsed(json.loads(text))
    except (ValueError, KeyError, TypeError):
        raise _fault(f"{path} is damaged or was edited") from None


def _parsed(document: Any) -> ChunkSet:
    if document["version"] != VERSION:
        raise _fault(
            f"its manifest has version {document['version']!r}, this program reads version {VERSION}"
        )
    if document["sha256"] != _digest(document["chunk_set"]):
        raise ValueError("the checksum differs")
    try:
        chunk_set = ChunkSet.from_json(document["chunk_set"])
    except ValidationError as error:
        raise ValueError from error
    # The key becomes part of a path.
    if any(file.staged.key != file_key(file.staged.file) for file in chunk_set.files):
        raise ValueError("a key is not that of its file")
    return chunk_set


def write_chunk_set(folder: Path, chunk_set: ChunkSet) -> Path:
    """Write the manifest, whole or not at all, and give its path; raises ScratchSpaceError."""
    content = chunk_set.to_json()
    document = {"version": VERSION, "sha256": _digest(content), "chunk_set": content}
    path, partial = folder / MANIFEST, folder / f"{MANIFEST}.part"
    try:
        with partial.open("w", encoding="utf-8") as file:
            json.dump(document, file, indent=1, ensure_ascii=False)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        raise scratch_error(folder, error) from error
    finally:
        partial.unlink(missing_ok=True)
    return path


def carried_verdict(plan: MonthPlan) -> QcVerdict:
    """Give QC's verdict that came with the plan's set; raises QcFailedError when none did, ChunkSetError."""
    chunk_set = read_chunk_set(Path(plan.chunk_set))
    chunk_set.require_month_of(plan)
    if chunk_set.verdict is None:
        raise QcFailedError(
            f"The set {plan.chunk_set} was made without QC, and chunks cannot be checked as a file.",
            safe="Nothing was loaded.",
            next_step="Trigger the month with qc_mode snowflake or skip, or make the set with `stage … --qc`.",
        )
    return chunk_set.verdict


def set_sources(folder: Path, chunk_set: ChunkSet) -> list[SourceFile]:
    """Give the files of a set as those of a month: the path is their chunks' folder."""
    manifest = (folder / MANIFEST).stat()
    return [
        SourceFile(
            path=str(folder / file.staged.key),
            name=file.staged.file,
            key=file.staged.key,
            size_bytes=file.staged.compressed_bytes,
            modified_ns=manifest.st_mtime_ns,
            sha256=file.staged.sha256,
        )
        for file in chunk_set.files
    ]


def check_chunk_set(folder: Path, listener: Listener = ignore_events) -> ChunkSet:
    """Read a set and all of its chunks; raises ChunkSetError with every fault of the first file that has any."""
    chunk_set = read_chunk_set(folder)
    for file in chunk_set.files:
        require_listed(folder, file)
        done, total = 0, file.staged.compressed_bytes
        for chunk in file.chunks:
            require_content(folder, file, chunk)
            done += chunk.compressed_bytes
            listener(Progress("verify", file.staged.file, done, total, "bytes"))
    return chunk_set


def require_listed(folder: Path, file: CarriedFile) -> None:
    """Raise ChunkSetError unless a file's folder holds its chunks, each of its size, and nothing else."""
    if faults := list(_listing_faults(folder, file)):
        raise _fault("; ".join(faults))


def require_content(folder: Path, file: CarriedFile, chunk: Chunk) -> None:
    """Raise ChunkSetError unless a chunk's bytes are those that were written. Costs one read."""
    if _sha256(folder / file.staged.key / file.chunk_name(chunk)) != chunk.compressed_sha256:
        raise _fault(f"{file.staged.key}/{file.chunk_name(chunk)} was altered: its SHA-256 is another one")


def altered_chunks(folder: Path, file: CarriedFile) -> list[Path]:
    """Give the chunks that are there with other bytes than were written. Costs one read of all."""
    paths = {folder / file.staged.key / file.chunk_name(chunk): chunk for chunk in file.chunks}
    return [path for path, chunk in paths.items() if _sha256(path) != chunk.compressed_sha256]


def _listing_faults(folder: Path, file: CarriedFile) -> Iterator[str]:
    key = file.staged.key
    there = {path.name: path.stat().st_size for path in (folder / key).glob("*") if path.is_file()}
    for chunk in file.chunks:
        name = file.chunk_name(chunk)
        size_bytes = there.pop(name, None)
        if size_bytes is None:
            yield f"{key}/{name} is missing"
        elif size_bytes != chunk.compressed_bytes:
            yield f"{key}/{name} has {size_bytes:,} bytes instead of {chunk.compressed_bytes:,}"
    yield from (f"{key}/{name} does not belong to it" for name in sorted(there))


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with open_source(path) as file:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def _digest(content: object) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _fault(what: str) -> ChunkSetError:
    return ChunkSetError(
        f"The set of chunks cannot be used: {what}.", safe=_UNTOUCHED, next_step=_CARRY_AGAIN
    )
