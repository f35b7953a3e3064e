"""Staging a compressed source as it was delivered: one chunk, which is the file."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from sfetl_provider.core.compression import Compression
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.errors import SourceFileError
from sfetl_provider.core.events import Listener, Notice, ignore_events
from sfetl_provider.core.plan.month_plan import MonthPlan, SourceFile
from sfetl_provider.core.plan.names import chunk_name, scratch_folder, stage_folder
from sfetl_provider.core.stage.checkpoints import StagingCheckpoints, StagingIdentity
from sfetl_provider.core.stage.compress import CHUNKS_GIVEN_UP
from sfetl_provider.core.stage.ranges import cutting_of
from sfetl_provider.core.stage.resume import (
    explain_resume,
    is_begun,
    require_on_stage,
    require_only_chunks,
    resume_or_restart,
    verified_numbers,
)
from sfetl_provider.core.stage.run import StagePorts
from sfetl_provider.core.stage.scratch import chunk_folder, scratch_error
from sfetl_provider.core.stage.staged_file import Chunk, StagedFile, empty_records_of
from sfetl_provider.core.stage.staging_progress import StagingProgress
from sfetl_provider.core.tsv.boundaries import BYTE_ORDER_MARK
from sfetl_provider.core.tsv.compressed import SeveralMembersError, open_single_member
from sfetl_provider.core.tsv.file_hash import FileHash
from sfetl_provider.core.tsv.fingerprint import fingerprint
from sfetl_provider.core.tsv.line_counter import LineCounter
from sfetl_provider.core.tsv.source import changed_while_read, open_source

_KINDS: dict[str, Compression] = {".gz": "gzip", ".zst": "zstd"}
_BLOCK_BYTES = 4 * 1024 * 1024


class _UnfitError(Exception):
    """The file cannot be loaded as it is; says why."""


@dataclass
class _AsIs:
    """One file, where it goes, and whom to tell."""

    source: SourceFile
    config: FeedConfig
    identity: StagingIdentity
    ports: StagePorts
    listener: Listener

    @property
    def size_bytes(self) -> int:
        with open_source(Path(self.source.path)) as file:
            return os.fstat(file.fileno()).st_size

    def notice(self, text: str) -> None:
        self.listener(Notice("stage", f"{self.source.label} {text}."))


def stage_as_is(
    source: SourceFile,
    plan: MonthPlan,
    config: FeedConfig,
    ports: StagePorts,
    listener: Listener = ignore_events,
) -> StagedFile | None:
    """Bring a .gz or .zst file to the stage unchanged, or give None and say why when it is not fit for that.

    Fit is a file of at most `stage.as_is_mib` with one gzip member or zstd frame, no byte order mark and nothing
    that QC leaves out. It is read once, decompressed in memory, to find that out and to count its lines and
    records, and then uploaded; a second try does neither again when it was done. The SHA-256 of the file is that
    of its chunk. Memory: 20 MiB, and of a zstd frame its window. Errors, resuming and what is left behind are
    those of `stage_file`.
    """
    kind = _KINDS.get(Path(source.path).suffix.lower())
    if kind is None or config.stage.as_is_bytes is None:
        return None
    started = ports.clock.monotonic()
    identity = StagingIdentity(
        **cutting_of(source, config).model_dump(),
        stage_folder=stage_folder(plan, source.key),
        compression=kind,
        left_out=source.left_out_sha256,
        is_as_is=True,
    )
    staging = _AsIs(source, config, identity, ports, listener)
    try:
        chunk, reused = _staged(staging, plan)
    except _UnfitError as unfit:
        staging.notice(f"is not staged as it is: {unfit}. It is decompressed and made into chunks")
        return None
    return _result(staging, chunk, reused, ports.clock.monotonic() - started)


def _staged(staging: _AsIs, plan: MonthPlan) -> tuple[Chunk, bool]:
    """Give the file's chunk, and whether it was on the stage before; raises _UnfitError."""
    identity, store = staging.identity, StagingCheckpoints(staging.ports.checkpoints)
    label, listener = staging.source.label, staging.listener
    # What was recorded of another way of staging is given up only for a file that is fit.
    was_begun = is_begun(store, identity)
    chunks = resume_or_restart(store, identity, plan, label, listener) if was_begun else []
    if _on_stage(staging, chunks):
        return chunks[0], True
    chunk = chunks[0] if chunks else _examined(staging)
    if not was_begun:
        resume_or_restart(store, identity, plan, label, listener)
    store.save([chunk.model_copy(update={"compressed_bytes": 0})], 1)
    chunk = chunk.model_copy(update={"compressed_bytes": staging.size_bytes})
    try:
        _upload(staging, scratch_folder(staging.ports.scratch, plan, staging.source.key))
        _require_unchanged(staging)
        store.save([chunk], 1)
        require_on_stage(label, [chunk], _on_stage(staging, [chunk]))
    except BaseException as error:
        explain_resume(error, ())
        raise
    return chunk, False


def _on_stage(staging: _AsIs, chunks: list[Chunk]) -> set[int]:
    if not chunks:
        return set()
    entries = staging.ports.warehouse.list_stage(staging.identity.stage_folder)
    require_only_chunks(staging.identity.stage_folder, entries)
    return verified_numbers(chunks, entries, staging.identity.compression)


def _examined(staging: _AsIs) -> Chunk:
    """Read the file, and give it as a chunk whose upload is not confirmed; raises _UnfitError."""
    path, limit = Path(staging.source.path), staging.config.stage.as_is_bytes
    if staging.source.left_out:
        raise _UnfitError("QC leaves bad records out of it")
    if limit is not None and staging.size_bytes > limit:
        raise _UnfitError(f"it has {staging.size_bytes:,} bytes, more than stage.as_is_mib")
    try:
        with FileHash(path) as file_hash:
            counter, text_bytes = _counted(staging, file_hash)
            sha256 = file_hash.result()
    except SeveralMembersError:
        raise _UnfitError("more than one compressed member or frame is in it") from None
    except SourceFileError as error:
        if path.exists() and fingerprint(path) != staging.identity.fingerprint:
            raise changed_while_read(path, "stage", CHUNKS_GIVEN_UP) from error
        raise
    if not text_bytes:
        raise _UnfitError("it holds no text")
    _require_unchanged(staging)
    return _chunk(counter, text_bytes, sha256)


def _counted(staging: _AsIs, file_hash: FileHash) -> tuple[LineCounter, int]:
    quote = staging.config.format.quote
    counter, text_bytes, told = LineCounter(quote.encode() if quote else None), 0, 0
    progress = StagingProgress(staging.source.label, staging.size_bytes, 0, staging.listener, "check")
    progress.report()
    with open_single_member(Path(staging.source.path)) as text:
        while block := text.read(_BLOCK_BYTES):
            if not text_bytes and block.startswith(BYTE_ORDER_MARK):
                raise _UnfitError("it begins with a byte order mark")
            counter.feed(block)
            text_bytes += len(block)
            file_hash.allow(text.source_position)
            progress.add_compressed(text.source_position - told)
            told = text.source_position
            progress.report()
    counter.finish()
    return counter, text_bytes


def _chunk(counter: LineCounter, text_bytes: int, sha256: str) -> Chunk:
    return Chunk(
        number=1,
        start_byte=0,
        end_byte=text_bytes,
        first_line=1,
        lines=counter.lines,
        records=counter.records,
        empty_records=counter.empty_records,
        compressed_bytes=0,
        compressed_sha256=sha256,
        zstd_level=0,
    )


def _upload(staging: _AsIs, scratch: Path) -> None:
    """PUT the file under its chunk's name, by a link; what the connector writes lies beside that."""
    progress = StagingProgress(staging.source.label, staging.size_bytes, 0, staging.listener, "check")
    progress.add_compressed(staging.size_bytes)
    progress.report()
    with chunk_folder(scratch) as folder:
        link = folder / chunk_name(1, staging.identity.compression)
        try:
            link.symlink_to(Path(staging.source.path).absolute())
        except OSError as error:
            raise scratch_error(folder, error) from error
        staging.ports.uploader.upload(link, staging.identity.stage_folder)
    progress.add_uploaded(staging.size_bytes)
    progress.report()


def _require_unchanged(staging: _AsIs) -> None:
    if fingerprint(staging.source.path) != staging.identity.fingerprint:
        raise changed_while_read(staging.source.path, "stage", CHUNKS_GIVEN_UP)


def _result(staging: _AsIs, chunk: Chunk, is_reused: bool, seconds: float) -> StagedFile:
    return StagedFile(
        file=staging.source.name,
        key=staging.source.key,
        fingerprint=staging.identity.fingerprint,
        sha256=chunk.compressed_sha256,
        size_bytes=chunk.size_bytes,
        records=chunk.records + chunk.empty_records,
        header_records=0,
        empty_records=chunk.empty_records,
        staged_records=chunk.records,
        chunk_records=(chunk.records,),
        chunk_first_lines=(chunk.first_line,),
        chunk_empty_records=empty_records_of([chunk]),
        compression=staging.identity.compression,
        compressed_bytes=chunk.compressed_bytes,
        chunks_reused=int(is_reused),
        seconds=round(seconds, 3),
    )
