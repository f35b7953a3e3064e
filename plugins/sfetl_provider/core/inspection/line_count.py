"""Counting the lines of a file, all of them."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO

import numpy as np

from sfetl_provider.core.events import Listener, Progress, ignore_events
from sfetl_provider.core.inspection.content import open_content
from sfetl_provider.core.inspection.report import Inspection, LineCount
from sfetl_provider.core.inspection.sampling import NEWLINE, RETURN, Unit
from sfetl_provider.core.tsv.source import open_source

BLOCK_BYTES = 256 * 1024
PART_BYTES = 256 * 1024 * 1024
THREADS = 2
_BEFORE = 2


class _Tally:
    """What was counted in a run of blocks.

    Its arrays are made once: fresh ones for each block would cost more than the counting. The first two
    characters are those before the block, oldest first.
    """

    def __init__(self, unit: Unit, before: tuple[int, int]) -> None:
        self.lines = 0
        self.empty_lines = 0
        self.size_bytes = 0
        self.unit = unit
        self._text = np.zeros(_BEFORE + BLOCK_BYTES // unit.width, unit.dtype)
        self._text[:_BEFORE] = before
        self._is_end = np.empty(self._text.shape, np.bool_)
        self._is_empty = np.empty(self._text.shape, np.bool_)

    @property
    def last(self) -> int:
        """The last character counted."""
        return int(self._text[_BEFORE - 1])

    def add_all(self, stream: IO[bytes], limit_bytes: int | None = None) -> None:
        """Count a stream to its end or up to a limit, which is a multiple of a character's width."""
        buffer = memoryview(self._text.view(np.uint8).data)[_BEFORE * self.unit.width :]
        filled = 0
        while limit_bytes is None or self.size_bytes < limit_bytes:
            left = len(buffer) if limit_bytes is None else min(len(buffer), limit_bytes - self.size_bytes)
            found = stream.readinto(buffer[filled:left])  # type: ignore[attr-defined]
            if not found:
                break
            filled += found
            whole = filled // self.unit.width
            self._add(_BEFORE + whole)
            rest = bytes(buffer[whole * self.unit.width : filled])
            self._text[:_BEFORE] = self._text[whole : whole + _BEFORE].copy()
            buffer[: len(rest)] = rest
            self.size_bytes += found
            filled = len(rest)

    def _add(self, size: int) -> None:
        text, is_end, is_empty = self._text[:size], self._is_end[:size], self._is_empty[_BEFORE:size]
        np.equal(text, self.unit.newline, out=is_end)
        self.lines += int(np.count_nonzero(is_end[_BEFORE:]))
        np.logical_and(is_end[_BEFORE:], is_end[1:-1], out=is_empty)
        self.empty_lines += int(np.count_nonzero(is_empty))
        if self.unit.newline != RETURN:
            np.equal(text[1:-1], RETURN, out=is_empty)
            if is_empty.any():
                is_empty &= is_end[_BEFORE:]
                is_empty &= is_end[:-_BEFORE]
                self.empty_lines += int(np.count_nonzero(is_empty))


def count_lines(
    path: Path,
    found: Inspection,
    monotonic: Callable[[], float],
    listener: Listener = ignore_events,
    part_bytes: int = PART_BYTES,
) -> LineCount:
    """Count lines and empty lines of an inspected file; two threads on a plain one, one on compressed content.

    A last line without newline counts. Memory: a few MiB; `part_bytes`, what a thread counts at a time, is a
    multiple of four. Raises SourceFileError.
    """
    started, unit = monotonic(), _unit(found)
    if found.packing:
        with open_content(path, found.packing) as content:
            tallies = [_at_start(unit)]
            tallies[0].add_all(content.stream)
    else:
        tallies = _count_parts(path, unit, listener, part_bytes)
    size_bytes = sum(tally.size_bytes for tally in tallies)
    is_missing = size_bytes > 0 and tallies[-1].last != unit.newline
    return LineCount(
        lines=sum(tally.lines for tally in tallies) + is_missing,
        empty_lines=sum(tally.empty_lines for tally in tallies),
        is_last_newline_missing=is_missing,
        content_bytes=size_bytes,
        seconds=round(monotonic() - started, 3),
    )


def _unit(found: Inspection) -> Unit:
    ends = found.line_ends
    has_returns_only = ends is not None and ends.cr > 0 and not ends.lf and not ends.crlf
    return Unit(
        width=2 if found.codec.startswith("utf-16") else 1,
        is_big_endian=found.codec == "utf-16-be",
        newline=RETURN if has_returns_only else NEWLINE,
    )


def _at_start(unit: Unit) -> _Tally:
    # The file's start counts as a line's end, so that an empty first line is one.
    return _Tally(unit, (0, unit.newline))


def _count_parts(path: Path, unit: Unit, listener: Listener, part_bytes: int) -> list[_Tally]:
    with open_source(path) as file:
        size_bytes = os.fstat(file.fileno()).st_size
        starts = range(0, size_bytes, part_bytes)
        with ThreadPoolExecutor(THREADS, thread_name_prefix="count") as executor:
            tallies = []
            for tally in executor.map(lambda start: _count_part(path, start, part_bytes, unit), starts):
                tallies.append(tally)
                done = min(len(tallies) * part_bytes, size_bytes)
                listener(Progress("count", path.name, done, size_bytes, "bytes"))
    return tallies


def _count_part(path: Path, start: int, part_bytes: int, unit: Unit) -> _Tally:
    with path.open("rb", buffering=0) as file:
        tally = _at_start(unit) if start == 0 else _Tally(unit, _before(file, start, unit))
        file.seek(start)
        tally.add_all(file, part_bytes)
    return tally


def _before(file: IO[bytes], start: int, unit: Unit) -> tuple[int, int]:
    file.seek(start - _BEFORE * unit.width)
    found = unit.view(file.read(_BEFORE * unit.width))
    return (int(found[0]), int(found[1])) if len(found) == _BEFORE else (0, 0)
