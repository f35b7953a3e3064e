"""The text of a source file for DuckDB, which reads paths, and for the pass over the bytes beside it."""

from __future__ import annotations

import queue
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Lock, Thread
from typing import NamedTuple

from sfetl_provider.core.errors import ReconciliationError, ScratchSpaceError
from sfetl_provider.core.plan.month_plan import LeftOut
from sfetl_provider.core.qc.named_pipe import WAIT_SECONDS, NamedPipe
from sfetl_provider.core.text_encoding import EncodingName, to_utf8
from sfetl_provider.core.tsv.compressed import is_compressed
from sfetl_provider.core.tsv.fingerprint import fingerprint
from sfetl_provider.core.tsv.left_out import open_left_out
from sfetl_provider.core.tsv.text_file import SourceText, open_text_file

BLOCK_BYTES = 4 * 1024 * 1024
_BLOCKS_WAITING = 2


class TextFeed:
    """Gives the text of one file under paths that DuckDB can read, below a folder.

    A plain file is linked to: DuckDB takes brackets and stars in a path for wildcards, and the link's name has
    none. A compressed one is decompressed by a thread into a named pipe, without touching the disk; so is one
    written there of which records are left out, to `readable` alone, and one of another encoding than UTF-8:
    `readable` gives it in UTF-8, `shared` as it is. Memory: 5 blocks of 4 MiB a pass. Used by one
    DuckDB thread and one other; `close` ends all passes, from any thread.
    """

    def __init__(
        self, path: Path, folder: Path, encoding: EncodingName = "UTF8", left_out: LeftOut | None = None
    ) -> None:
        self._path = path.absolute()
        self._encoding = encoding
        self._left_out = left_out
        self._is_link = not is_compressed(self._path) and encoding == "UTF8"
        with _scratch_errors(folder):
            self._folder = Path(tempfile.mkdtemp(prefix="text-", dir=folder))
        self._lock = Lock()
        self._is_closed = False
        self._shared: _Pass | None = None
        self._running: list[_Pass] = []
        self._passes = 0

    @contextmanager
    def readable(self) -> Iterator[Path]:
        """Give a path that can be opened once and read from its start to its end, while the block lasts.

        What was read is not all of the text when the feed is closed meanwhile. Raises SourceFileError at the
        block's end when the text could not be read, unless `shared` tells of that.
        """
        if self._is_link and self._left_out is None:
            yield self._link()
            return
        shared, self._shared = self._shared, None
        if shared is not None:
            try:
                yield shared.path
            finally:
                shared.pipe.close()
            return
        with self._pass(None, self._left_out) as own:
            yield own.path
        own.raise_failure()

    @contextmanager
    def shared(self) -> Iterator[SourceText]:
        """Give the text to read forward, of the same pass as the next `readable`, so it is read once.

        The other reader must take part, or call `give_up`.
        """
        if self._is_link:
            with open_text_file(self._path) as text:
                yield text
            return
        with self._pass(_BlockQueue()) as both:
            self._shared = both
            try:
                yield both.text
            finally:
                self._shared = None

    def give_up(self) -> None:
        """Say that there will be no other reader of what is shared."""
        shared, self._shared = self._shared, None
        if shared is not None:
            shared.pipe.close()

    @property
    def is_closed(self) -> bool:
        """Tell whether it was closed."""
        return self._is_closed

    def close(self) -> None:
        """End every pass; who reads meets the end of the text, or finds no file."""
        with self._lock:
            self._is_closed = True
            for running in self._running:
                running.close()

    def _link(self) -> Path:
        link = self._folder / "plain"
        if not link.is_symlink():
            with _scratch_errors(self._folder):
                link.symlink_to(self._path)
        return link

    @contextmanager
    def _pass(self, text: _BlockQueue | None, left_out: LeftOut | None = None) -> Iterator[_Pass]:
        with self._lock:
            self._passes += 1
            with _scratch_errors(self._folder):
                target = _Target(self._folder / f"text-{self._passes}", self._encoding, text)
                started = _Pass(self._path, target, left_out)
            self._running.append(started)
            if self._is_closed:
                started.close()
        try:
            yield started
        finally:
            started.close()
            started.join()
            with self._lock:
                self._running.remove(started)


class _BlockQueue:
    """A text as it comes from another thread; implements SourceText, forward only."""

    def __init__(self) -> None:
        self.source_position = 0
        self._queue: queue.Queue[tuple[bytes, int] | BaseException | None] = queue.Queue(_BLOCKS_WAITING)
        self._closed = Event()
        self._block = b""
        self._position = 0
        self._is_ended = False
        self._failure: BaseException | None = None

    def put(self, item: tuple[bytes, int] | BaseException | None) -> None:
        """Hand over a block and the file's position, a failure or the end (None); dropped once closed."""
        while not self._closed.is_set():
            try:
                self._queue.put(item, timeout=WAIT_SECONDS)
            except queue.Full:
                continue
            return

    def close(self) -> None:
        """Want no more."""
        self._closed.set()

    def read(self, size: int, /) -> bytes:
        """Give up to so many bytes, none at the end; raises what the other thread met."""
        if not self._block:
            self._block = self._next()
        part, self._block = self._block[:size], self._block[size:]
        self._position += len(part)
        return part

    def seek(self, offset: int, /) -> None:
        """Go forward to an offset."""
        while self._position < offset and self.read(offset - self._position):
            pass

    def _next(self) -> bytes:
        while not self._is_ended and not self._closed.is_set():
            try:
                item = self._queue.get(timeout=WAIT_SECONDS)
            except queue.Empty:
                continue
            if isinstance(item, tuple):
                block, self.source_position = item
                return block
            self._is_ended, self._failure = True, item
        if self._failure is not None:
            raise self._failure
        return b""


class _Target(NamedTuple):
    """Where a pass writes: a pipe, which gets the text in UTF-8, and perhaps a queue, which gets it as it is."""

    pipe_path: Path
    encoding: EncodingName
    text: _BlockQueue | None


class _Pass(Thread):
    """A thread that reads the text once, into a pipe and a queue, or without what is left out into a pipe."""

    def __init__(self, path: Path, target: _Target, left_out: LeftOut | None) -> None:
        super().__init__(name="qc-text", daemon=True)
        self.path = target.pipe_path
        self.pipe = NamedPipe(target.pipe_path)
        self._source = path
        self._encoding = target.encoding
        self._text = target.text
        self._left_out = left_out
        self._is_closed = False
        self._failure: BaseException | None = None
        self.start()

    @property
    def text(self) -> _BlockQueue:
        """What is shared."""
        assert self._text is not None  # noqa: S101
        return self._text

    def run(self) -> None:
        """Read until the end, a failure or `close`."""
        try:
            if self._left_out is None:
                self._hand_on()
            else:
                self._hand_on_rest(self._left_out)
        except BaseException as error:  # noqa: BLE001  # it is raised where the text is read
            self._failure = error
        if self._text is not None:
            self._text.put(self._failure)
        self.pipe.finish()

    def close(self) -> None:
        """End it soon."""
        self._is_closed = True
        self.pipe.close()
        if self._text is not None:
            self._text.close()

    def raise_failure(self) -> None:
        """Raise what the thread met, if anything."""
        if self._failure is not None:
            raise self._failure

    def _hand_on(self) -> None:
        with open_text_file(self._source) as text:
            while not self._is_closed and (block := text.read(BLOCK_BYTES)):
                if self._text is not None:
                    self._text.put((block, text.source_position))
                self.pipe.write(to_utf8(block, self._encoding))

    def _hand_on_rest(self, left_out: LeftOut) -> None:
        is_whole = False
        with (
            open_left_out(left_out, fingerprint(self._source)) as spans,
            open_text_file(self._source) as text,
        ):
            cutter = spans.cutter()
            while not self._is_closed and not is_whole:
                block = text.read(BLOCK_BYTES)
                is_whole = not block
                if kept := cutter.kept(block):
                    self.pipe.write(to_utf8(kept, self._encoding))
        if is_whole and (cutter.records, cutter.size_bytes) != (left_out.records, left_out.size_bytes):
            raise ReconciliationError(
                f"{cutter.records:,} records ({cutter.size_bytes:,} bytes) of {self._source} were left out "
                f"instead of {left_out.records:,} ({left_out.size_bytes:,}).",
                safe="Nothing of it was published.",
                next_step="The file changed in between: clear the run's tasks from wait_for_files on.",
                stage="qc",
            )


@contextmanager
def _scratch_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ScratchSpaceError(
            f"The scratch folder {folder} cannot be used: {error.strerror or error}.",
            safe="The source file is as it was; nothing of it was published.",
            next_step="Make room there and let the worker's user write to it; its disk must know links and, for "
            "compressed files, named pipes. Then clear this task.",
            stage="qc",
        ) from error
