"""Staging one source file: split, compress, upload, verify, record."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.errors import ReconciliationError, SourceFileError
from sfetl_provider.core.events import Listener, Notice, ignore_events
from sfetl_provider.core.plan.file_columns import with_file_columns
from sfetl_provider.core.plan.month_plan import ByteRange, LeftOut, MonthPlan, SourceFile
from sfetl_provider.core.plan.names import chunk_name, scratch_folder, stage_folder
from sfetl_provider.core.ports import CheckpointStore, Clock, StagedEntry, StageListing, Uploader
from sfetl_provider.core.stage.checkpoints import StagingCheckpoints, StagingIdentity
from sfetl_provider.core.stage.compress import (
    CHUNKS_GIVEN_UP,
    ChunkFile,
    ChunkSource,
    Watch,
    compress_chunk,
    ignore_bytes,
)
from sfetl_provider.core.stage.conservation import left_out_counts, require_conservation
from sfetl_provider.core.stage.layout import Layout, read_layout
from sfetl_provider.core.stage.level import LADDER, LevelChooser
from sfetl_provider.core.stage.masked_source import mask_source
from sfetl_provider.core.stage.masking import Masking
from sfetl_provider.core.stage.pipeline import Crew, Happening, Pipeline
from sfetl_provider.core.stage.ranges import chunks_until, cutting_of, require_same_cutting
from sfetl_provider.core.stage.resume import (
    entries_by_name,
    explain_resume,
    require_on_stage,
    require_only_chunks,
    resume_or_restart,
    verified_numbers,
)
from sfetl_provider.core.stage.scratch import chunk_folder
from sfetl_provider.core.stage.split import ChunkRange, chunk_ranges
from sfetl_provider.core.stage.staged_file import (
    DIVIDE_AGAIN,
    Chunk,
    StagedFile,
    StagedRange,
    empty_records_of,
)
from sfetl_provider.core.stage.staging_progress import StagingProgress
from sfetl_provider.core.stage.stream import TextStream, open_stream
from sfetl_provider.core.tsv.compressed import is_compressed
from sfetl_provider.core.tsv.file_hash import FileHash, require_sha256
from sfetl_provider.core.tsv.fingerprint import fingerprint
from sfetl_provider.core.tsv.left_out import LeftOutList, open_left_out
from sfetl_provider.core.tsv.source import SourceChangedError, changed_while_read, open_source


@dataclass(frozen=True)
class StagePorts:
    """What staging needs of the outside; `scratch` is the root below which each run has its own folder.

    `mask_key` is what columns are hashed with; it is needed where the feed has such columns.
    """

    warehouse: StageListing
    uploader: Uploader
    checkpoints: CheckpointStore
    clock: Clock
    scratch: Path
    mask_key: bytes = field(default=b"", repr=False)


def stage_file(
    source: SourceFile,
    plan: MonthPlan,
    config: FeedConfig,
    ports: StagePorts,
    listener: Listener = ignore_events,
) -> StagedFile:
    """Bring one file to the stage, whole, as chunks of one compressed frame each, and resume what was recorded.

    Chunks are compressed by `stage.workers` threads and uploaded by `stage.upload_workers` others, which call
    the uploader; all other ports and the listener are touched by the calling thread only. Each chunk is
    recorded durably once its upload is confirmed, and its file removed; at the end LIST must show all with
    their sizes. Header and byte order mark are not staged, empty records are, and COPY skips them. A file
    without records gives no chunk. What is `left_out` of the source is cut out of the chunks.

    Disk: (workers + 2 + upload workers) × the largest compressed chunk. Memory, whatever the size of the file:
    workers × (8 MB + what zstd takes: 1 MB at level 1, 3 at 6, 11 at 9, 43 at 12, 86 at 19) in this process,
    which holds 80 MB of program, under Airflow 185; and upload_workers × 65 MB in others, each with its
    compressed chunk, of which on AWS and Azure no more than 64 MB are held. Masks take 10 MB more a worker, of
    records of a few bytes 40. A chunk is longer than `stage.chunk_mib` only when one record is.

    After any failure, an interruption too, threads and uploads are stopped, scratch files removed and the
    recorded chunks kept; the error's text says which they are. Raises SourceFileError when the file cannot be
    read or changed while it was (then nothing is kept), UploadError, UploadDeniedError, ScratchSpaceError,
    ReconciliationError, of a source with `left_out` LeftOutListError, and what the warehouse raises.
    """
    whole = source.model_copy(update={"byte_range": None})
    staging, reused, seconds = _stage(whole, plan, config, ports, listener)
    return staging.result(reused, seconds)


def stage_range(
    source: SourceFile,
    plan: MonthPlan,
    config: FeedConfig,
    ports: StagePorts,
    listener: Listener = ignore_events,
) -> StagedRange:
    """Bring one byte range of a file to the stage, as `stage_file` does; the source must have one.

    Chunks have the numbers and bytes that they have when the file is staged whole. Several workers may stage
    ranges of one file at once: checkpoints and scratch folder are each range's own, the stage folder is shared.
    Raises also SourceChangedError and ReconciliationError when file or settings changed since it was divided.
    """
    if source.byte_range is None:
        raise ValueError(f"{source.name} is a whole file")
    staging, reused, seconds = _stage(source, plan, config, ports, listener)
    return staging.range_result(source.byte_range, reused, seconds)


def _stage(
    source: SourceFile, plan: MonthPlan, config: FeedConfig, ports: StagePorts, listener: Listener
) -> tuple[_Staging, int, float]:
    """Stage a file or a range; gives also how many chunks were there before, and the seconds."""
    started = ports.clock.monotonic()
    cutting = cutting_of(source, config)
    if source.byte_range:
        require_same_cutting(source, source.byte_range, cutting)
    layout = read_layout(Path(source.path), config.format)
    in_file = with_file_columns(config, source.header)
    masking = mask_source(Path(source.path), layout, in_file, ports.mask_key)
    identity = StagingIdentity(
        **cutting.model_dump(),
        stage_folder=stage_folder(plan, source.key),
        compression=config.stage.compression,
        left_out=source.left_out_sha256,
        byte_range=source.byte_range,
        mask=masking.identity if masking else "",
    )
    if source.byte_range:
        layout = layout.of_range(source.byte_range)
    staging = _Staging(source, config, layout, identity, ports, listener, masking)
    with chunk_folder(scratch_folder(ports.scratch, plan, source.key, source.range_number)) as folder:
        try:
            reused = staging.resume(plan)
            with (
                FileHash(None if source.byte_range else Path(source.path)) as file_hash,
                _opened_list(source.left_out, identity.fingerprint) as left_out,
            ):
                staging.stage_rest(folder, file_hash, left_out)
                staging.verify(file_hash.result())
        except BaseException as error:
            cause = staging.cause_of(error)
            staging.explain(cause)
            if cause is error:
                raise
            raise cause from error
    return staging, reused, ports.clock.monotonic() - started


def _opened_list(left_out: LeftOut | None, of_file: str) -> AbstractContextManager[LeftOutList | None]:
    return open_left_out(left_out, of_file) if left_out else nullcontext()


@dataclass
class _Staging:
    """One try of one file: `recorded` are the chunks known so far, `on_stage` names what is verified there."""

    source: SourceFile
    config: FeedConfig
    layout: Layout
    identity: StagingIdentity
    ports: StagePorts
    listener: Listener
    masking: Masking | None
    recorded: list[Chunk] = field(default_factory=list)
    on_stage: set[int] = field(default_factory=set)
    sha256: str = ""

    def __post_init__(self) -> None:
        self.checkpoints = StagingCheckpoints(self.ports.checkpoints)

    def resume(self, plan: MonthPlan) -> int:
        """Find what need not be staged again; gives the number of chunks."""
        self.recorded = resume_or_restart(
            self.checkpoints, self.identity, plan, self.source.label, self.listener
        )
        if self.layout.mark_bytes:
            self._notice("its byte order mark is no data and is left out")
        if not self.recorded:
            return 0
        self._listed()
        confirmed = sum(chunk.is_confirmed for chunk in self.recorded)
        self._notice(f"{len(self.on_stage)} of {confirmed} recorded chunks lie on the stage and are kept")
        return len(self.on_stage)

    def stage_rest(self, folder: Path, file_hash: FileHash, left_out: LeftOutList | None) -> None:
        """Make, upload and record every chunk that is not on the stage; the hash may follow, or go before."""
        path, progress = Path(self.source.path), self._progress()
        source = ChunkSource(
            path,
            self.layout.size_bytes,
            self.layout.quote,
            masking=self.masking,
            compression=self.identity.compression,
            left_out=left_out,
        )
        progress.report()
        if not is_compressed(path):
            self._run(source, self._ranges(file_hash), folder, progress)
        else:
            with open_stream(path, self.layout.quote) as stream:
                threads = self.config.stage.workers
                source = replace(source, size_bytes=-1, stream=stream, threads=threads)
                self._run(source, self._stream_ranges(stream, progress, file_hash), folder, progress)
                self.layout = replace(self.layout, size_bytes=stream.position)
            progress.finish()
        progress.report()

    def _run(
        self, source: ChunkSource, ranges: Generator[ChunkRange], folder: Path, progress: StagingProgress
    ) -> None:
        settings = self.config.stage
        # A stream has one reader; its chunks are compressed by several threads each.
        workers = settings.workers if source.stream is None else 1
        pipeline = Pipeline(self._crew(source, folder, progress), workers, settings.upload_workers)
        with closing(ranges), closing(pipeline.run(ranges)) as steps:
            for step in steps:
                match step:
                    case (Happening.MADE, made):
                        self._expect(made)
                    case (Happening.UPLOADED, made):
                        made.path.unlink(missing_ok=True)  # a folder takes the file itself
                        self._record(made)
                        progress.add_uploaded(made.source_bytes)
                progress.report()

    def _crew(self, source: ChunkSource, folder: Path, progress: StagingProgress) -> Crew:
        uploader, stage_path = self.ports.uploader, self.identity.stage_folder

        def make(chunk: ChunkRange, level: int, is_stopped: Callable[[], bool]) -> ChunkFile:
            watch = Watch(is_stopped, progress.add_compressed if source.stream is None else ignore_bytes)
            made = compress_chunk(source, chunk, folder / self._chunk_name(chunk.number), level, watch)
            if source.stream is not None:
                progress.add_compressed(made.source_bytes)
            return made

        return Crew(
            make=make,
            upload=lambda made: uploader.upload(made.path, stage_path),
            stop_uploads=uploader.stop,
            choose_level=LevelChooser(self._level_setting, self._notice).choose,
        )

    def _stream_ranges(
        self, stream: TextStream, progress: StagingProgress, file_hash: FileHash
    ) -> Generator[ChunkRange]:
        """Give the chunks of a compressed file; what is staged is read past. A new chunk's end is a target.

        Each is asked for when the one before it was made, so that the stream stands at its start.
        """
        known = list(self.recorded)
        stream.skip_to(self.layout.body_start)
        for chunk in known:
            if chunk.number in self.on_stage:
                stream.skip_to(chunk.end_byte)
                progress.skip(stream.source_advance())
            else:
                yield ChunkRange(chunk.number, chunk.start_byte, chunk.end_byte)
            file_hash.allow(stream.source_position)
        number, chunk_bytes = len(known) + 1, self.identity.chunk_bytes
        while not stream.is_at_end:
            start = stream.position
            file_hash.allow(stream.source_position)
            yield ChunkRange(number, start, (start // chunk_bytes + 1) * chunk_bytes)
            number += 1

    def _ranges(self, file_hash: FileHash) -> Generator[ChunkRange]:
        known = list(self.recorded)
        for chunk in known:
            file_hash.allow(chunk.end_byte)
            if chunk.number not in self.on_stage:
                yield ChunkRange(chunk.number, chunk.start_byte, chunk.end_byte)
        start = known[-1].end_byte if known else self.layout.body_start
        if start >= self.layout.end_byte:
            return
        number, quote = self.layout.first_chunk + len(known), self.layout.quote
        with open_source(Path(self.source.path)) as file:
            for chunk_range in chunks_until(
                self.layout.end_byte, chunk_ranges(file, start, self.identity.chunk_bytes, quote, number)
            ):
                file_hash.allow(chunk_range.end_byte)
                yield chunk_range

    def _expect(self, made: ChunkFile) -> None:
        """Take a chunk that was made, in order, as one whose upload is not yet confirmed."""
        place = self._place(made)
        if place == len(self.recorded):
            unconfirmed = made.recorded(self._next_line())
            self.recorded.append(
                unconfirmed.model_copy(update={"compressed_bytes": 0, "compressed_sha256": ""})
            )
            return
        known = self.recorded[place]
        counted = (made.lines, made.records, made.rejected_records)
        if (known.lines, known.records, known.rejected_records) != counted:
            raise self._changed()

    def _record(self, made: ChunkFile) -> None:
        place = self._place(made)
        self.recorded[place] = made.recorded(self.recorded[place].first_line)
        self.checkpoints.save(self.recorded, place + 1)
        self.on_stage.add(made.chunk.number)

    def _place(self, made: ChunkFile) -> int:
        return made.chunk.number - self.layout.first_chunk

    def _next_line(self) -> int:
        last = self.recorded[-1] if self.recorded else None
        return last.first_line + last.lines if last else self.layout.first_line

    def verify(self, sha256: str) -> None:
        """Take the file's hash; make sure that it stayed the same, no byte is missing, LIST shows all chunks."""
        if fingerprint(self.source.path) != self.identity.fingerprint:
            raise self._changed()
        self.sha256 = sha256
        require_sha256(self.source, sha256)
        self._check_conservation()
        if not self.recorded:
            self._notice("it holds no records, so nothing is on the stage")
            return
        entries = self._listed()
        require_on_stage(self.source.label, self.recorded, self.on_stage)
        own = {self._chunk_name(number) for number in self._numbers_of_file()}
        if foreign := sorted(set(entries_by_name(entries)) - own):
            self._notice(
                f"the stage also holds {', '.join(foreign[:10])}; COPY names its files and ignores them"
            )

    def _listed(self) -> list[StagedEntry]:
        """Look at the stage, and take what is verified there."""
        entries = self.ports.warehouse.list_stage(self.identity.stage_folder)
        self.on_stage = verified_numbers(self.recorded, entries, self.identity.compression)
        require_only_chunks(self.identity.stage_folder, entries)
        return entries

    def _numbers_of_file(self) -> range:
        """Other ranges' chunks lie in the same folder."""
        part = self.source.byte_range
        return range(1, 1 + (part.file_chunks if part else len(self.recorded)))

    def _check_conservation(self) -> None:
        try:
            require_conservation(self.source, self.layout, self.recorded)
        except ReconciliationError:
            self.checkpoints.forget()
            raise

    def _changed(self) -> SourceChangedError:
        return changed_while_read(self.source.path, "stage", CHUNKS_GIVEN_UP)

    def cause_of(self, error: BaseException) -> BaseException:
        """Give what lies behind an error: a file that is cut while it is read looks damaged, but changed."""
        if not isinstance(error, SourceFileError) or not Path(self.source.path).exists():
            return error
        is_unchanged = fingerprint(self.source.path) == self.identity.fingerprint
        return error if is_unchanged else self._changed()

    def explain(self, error: BaseException) -> None:
        """Add to an error what is safe and what to do; nothing made of a file that changed is kept."""
        explain_resume(error, self.on_stage, self.layout.first_chunk)
        if not isinstance(error, SourceChangedError):
            return
        self.checkpoints.forget()
        if self.source.byte_range:
            error.reword(next_step=f"Wait until its sender has finished writing, then {DIVIDE_AGAIN}")

    def result(self, reused: int, seconds: float) -> StagedFile:
        """Sum up."""
        staged = sum(chunk.records for chunk in self.recorded)
        empty = sum(chunk.empty_records for chunk in self.recorded)
        rejected = sum(chunk.rejected_records for chunk in self.recorded)
        return StagedFile(
            file=self.source.name,
            key=self.source.key,
            fingerprint=self.identity.fingerprint,
            sha256=self.sha256,
            size_bytes=self.layout.size_bytes,
            records=self.layout.header_records + empty + rejected + staged,
            header_records=self.layout.header_records,
            empty_records=empty,
            staged_records=staged,
            chunk_records=tuple(chunk.records for chunk in self.recorded),
            chunk_first_lines=tuple(chunk.first_line for chunk in self.recorded),
            chunk_empty_records=empty_records_of(self.recorded),
            compression=self.identity.compression,
            compressed_bytes=sum(chunk.compressed_bytes for chunk in self.recorded),
            mask=self.identity.mask,
            chunks_reused=reused,
            seconds=round(seconds, 3),
            **left_out_counts(self.recorded),
        )

    def range_result(self, byte_range: ByteRange, reused: int, seconds: float) -> StagedRange:
        """Sum up a range."""
        return StagedRange(
            file=self.source.name,
            key=self.source.key,
            fingerprint=self.identity.fingerprint,
            sha256=self.source.sha256,
            size_bytes=self.layout.size_bytes,
            byte_range=byte_range,
            header_records=self.layout.header_records,
            lines=sum(chunk.lines for chunk in self.recorded),
            empty_records=sum(chunk.empty_records for chunk in self.recorded),
            staged_records=sum(chunk.records for chunk in self.recorded),
            compression=self.identity.compression,
            chunks=tuple(self.recorded),
            mask=self.identity.mask,
            chunks_reused=reused,
            seconds=round(seconds, 3),
        )

    def _progress(self) -> StagingProgress:
        staged = sum(chunk.size_bytes for chunk in self.recorded if chunk.number in self.on_stage)
        layout, is_packed = self.layout, is_compressed(self.source.path)
        done_before = 0 if is_packed else layout.body_start - layout.origin_byte + staged
        total = self.source.size_bytes if is_packed else layout.end_byte - layout.origin_byte
        return StagingProgress(self.source.label, total, done_before, self.listener)

    def _chunk_name(self, number: int) -> str:
        return chunk_name(number, self.identity.compression)

    @property
    def _level_setting(self) -> int | Literal["auto"]:
        """Only zstd has levels to choose from."""
        return self.config.stage.zstd_level if self.identity.compression == "zstd" else LADDER[0]

    def _notice(self, text: str) -> None:
        self.listener(Notice("stage", f"{self.source.label}: {text}."))
