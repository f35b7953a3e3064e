"""Bringing a file's chunks from a carried set to the stage."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.events import Listener, Notice, ignore_events
from sfetl_provider.core.plan.month_plan import MonthPlan, SourceFile
from sfetl_provider.core.plan.names import stage_folder
from sfetl_provider.core.stage.checkpoints import StagingCheckpoints, StagingIdentity
from sfetl_provider.core.stage.chunk_set import (
    CarriedFile,
    read_chunk_set,
    require_content,
    require_listed,
)
from sfetl_provider.core.stage.compress import ChunkFile
from sfetl_provider.core.stage.level import LADDER
from sfetl_provider.core.stage.pipeline import Crew, Happening, Pipeline
from sfetl_provider.core.stage.resume import (
    explain_resume,
    require_on_stage,
    require_only_chunks,
    resume_or_restart,
    verified_numbers,
)
from sfetl_provider.core.stage.run import StagePorts
from sfetl_provider.core.stage.split import ChunkRange
from sfetl_provider.core.stage.staged_file import Chunk, StagedFile
from sfetl_provider.core.stage.staging_progress import StagingProgress


def stage_carried(
    source: SourceFile,
    plan: MonthPlan,
    config: FeedConfig,
    ports: StagePorts,
    listener: Listener = ignore_events,
) -> StagedFile:
    """Upload the chunks of one file of `plan.chunk_set`, each after its SHA-256 was found to fit.

    Resumes as `stage_file` does, with the same checkpoints, threads and errors, and gives what staging the file
    itself would have given: counts are those of the set. Nothing in the set is changed, no scratch is needed.
    Raises ChunkSetError when the set is of another month, or chunks are missing, too many, cut or altered.
    """
    started = ports.clock.monotonic()
    folder = Path(plan.chunk_set)
    chunk_set = read_chunk_set(folder)
    chunk_set.require_month_of(plan)
    file = chunk_set.file_of(source.key)
    require_listed(folder, file)
    chunk_set.require_masks_of(config)
    identity = StagingIdentity(
        fingerprint=f"{file.staged.fingerprint} in chunks",
        stage_folder=stage_folder(plan, source.key),
        chunk_bytes=chunk_set.chunk_bytes,
        compression=file.staged.compression,
        header=config.format.header,
        quote=config.format.quote,
        left_out="",
        mask=file.staged.mask,
    )
    uploading = _Uploading(folder, file, identity, ports, listener)
    try:
        reused = uploading.resume(plan)
        uploading.upload_rest(config)
        uploading.verify()
    except BaseException as error:
        explain_resume(error, uploading.on_stage)
        raise
    seconds = round(ports.clock.monotonic() - started, 3)
    return file.staged.model_copy(update={"chunks_reused": reused, "seconds": seconds})


class _Uploading:
    """One try of one file."""

    def __init__(
        self,
        folder: Path,
        file: CarriedFile,
        identity: StagingIdentity,
        ports: StagePorts,
        listener: Listener,
    ) -> None:
        self._folder = folder
        self._file = file
        self._identity = identity
        self._ports = ports
        self._listener = listener
        self._checkpoints = StagingCheckpoints(ports.checkpoints)
        self._recorded = [_unconfirmed(chunk) for chunk in file.chunks]
        self.on_stage: set[int] = set()

    def resume(self, plan: MonthPlan) -> int:
        """Find what an earlier try uploaded; gives the number of chunks."""
        name, identity = self._file.staged.file, self._identity
        known = resume_or_restart(self._checkpoints, identity, plan, name, self._listener)
        if known:
            entries = self._ports.warehouse.list_stage(identity.stage_folder)
            # Only what this very set holds: it may have been made again in between.
            same = [chunk for chunk in known if chunk in self._file.chunks]
            self.on_stage = verified_numbers(same, entries, identity.compression)
            require_only_chunks(identity.stage_folder, entries)
        for number in self.on_stage:
            self._recorded[number - 1] = self._file.chunks[number - 1]
        return len(self.on_stage)

    def upload_rest(self, config: FeedConfig) -> None:
        """Verify, upload and record every chunk that is not on the stage."""
        chunks = self._file.chunks
        done = sum(chunk.compressed_bytes for chunk in chunks if chunk.number in self.on_stage)
        total = self._file.staged.compressed_bytes
        progress = StagingProgress(self._file.staged.file, total, done, self._listener, making="verify")
        progress.report()
        settings = config.stage
        pipeline = Pipeline(self._crew(progress), settings.workers, settings.upload_workers)
        with closing(pipeline.run(self._ranges())) as steps:
            for step in steps:
                match step:
                    case (Happening.UPLOADED, made):
                        self._record(made.chunk.number)
                        progress.add_uploaded(made.compressed_bytes)
                progress.report()

    def _ranges(self) -> Iterator[ChunkRange]:
        for chunk in self._file.chunks:
            if chunk.number not in self.on_stage:
                yield ChunkRange(chunk.number, chunk.start_byte, chunk.end_byte)

    def _crew(self, progress: StagingProgress) -> Crew:
        stage_path = self._identity.stage_folder

        def verify(chunk_range: ChunkRange, _level: int, _is_stopped: Callable[[], bool]) -> ChunkFile:
            chunk = self._file.chunks[chunk_range.number - 1]
            require_content(self._folder, self._file, chunk)
            progress.add_compressed(chunk.compressed_bytes)
            return self._chunk_file(chunk, chunk_range)

        return Crew(
            make=verify,
            upload=lambda made: self._ports.uploader.upload(made.path, stage_path),
            stop_uploads=self._ports.uploader.stop,
            choose_level=lambda _backlog: LADDER[0],
        )

    def _chunk_file(self, chunk: Chunk, chunk_range: ChunkRange) -> ChunkFile:
        return ChunkFile(
            path=self._folder / self._file.staged.key / self._file.chunk_name(chunk),
            chunk=chunk_range,
            source_bytes=chunk.compressed_bytes,
            lines=chunk.lines,
            records=chunk.records,
            empty_records=chunk.empty_records,
            compressed_bytes=chunk.compressed_bytes,
            compressed_sha256=chunk.compressed_sha256,
            zstd_level=chunk.zstd_level,
            rejected_records=chunk.rejected_records,
            left_out_lines=chunk.left_out_lines,
            left_out_bytes=chunk.left_out_bytes,
        )

    def _record(self, number: int) -> None:
        self._recorded[number - 1] = self._file.chunks[number - 1]
        self._checkpoints.save(self._recorded, number)
        self.on_stage.add(number)

    def verify(self) -> None:
        """Make sure that LIST shows each chunk with its size."""
        staged = self._file.staged
        if not self._file.chunks:
            self._listener(
                Notice("stage", f"{staged.file}: it holds no records, so nothing is on the stage.")
            )
            return
        entries = self._ports.warehouse.list_stage(self._identity.stage_folder)
        self.on_stage = verified_numbers(self._recorded, entries, staged.compression)
        require_only_chunks(self._identity.stage_folder, entries)
        require_on_stage(staged.file, self._recorded, self.on_stage)


def _unconfirmed(chunk: Chunk) -> Chunk:
    return chunk.model_copy(update={"compressed_bytes": 0, "compressed_sha256": ""})
