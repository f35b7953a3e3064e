"""Which line of the source a line of a chunk is, also where QC left lines out of the chunk."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from sfetl_provider.core.copy_into.batches import StagedChunk, chunk_tail
from sfetl_provider.core.errors import LeftOutListError
from sfetl_provider.core.plan.month_plan import LeftOut
from sfetl_provider.core.tsv.left_out import open_left_out
from sfetl_provider.core.tsv.spans import Span


class SourcePlace(NamedTuple):
    """A source file and lines of it, from 1; both are the same unless it is only known between which it is."""

    source: str
    line: int | None
    last_line: int | None


class SourcePlaces:
    """Places of chunks in their source files; `left_out` are QC's lists by source file.

    A list that is gone or was changed makes places inexact and fails nothing. Memory: 16 bytes for each record
    that was left out of the chunk asked about last.
    """

    def __init__(self, chunks: Sequence[StagedChunk], left_out: Mapping[str, LeftOut]) -> None:
        self._chunks = {chunk.path: chunk for chunk in chunks}
        self._left_out = left_out
        self._gaps: tuple[str, _Gaps | None] = ("", None)

    def find(self, file: str, line: int | None) -> SourcePlace:
        """Find a line of a file as Snowflake names it; of a file that is none of ours it is given as it came."""
        chunk = self._chunks.get(chunk_tail(file))
        if chunk is None:
            return SourcePlace(file, line, line)
        if line is None:
            return SourcePlace(chunk.source, None, None)
        first = chunk.first_line + line - 1
        if not chunk.left_out_lines:
            return SourcePlace(chunk.source, first, first)
        gaps = self._gaps_of(chunk)
        if gaps is None:
            return SourcePlace(chunk.source, first, first + chunk.left_out_lines)
        exact = first + gaps.lines_before(line)
        return SourcePlace(chunk.source, exact, exact)

    def _gaps_of(self, chunk: StagedChunk) -> _Gaps | None:
        if self._gaps[0] != chunk.path:
            self._gaps = (chunk.path, self._read(chunk))
        return self._gaps[1]

    def _read(self, chunk: StagedChunk) -> _Gaps | None:
        left_out = self._left_out.get(chunk.source)
        if left_out is None:
            return None
        try:
            with open_left_out(left_out, left_out.fingerprint) as opened:
                return _Gaps(chunk, opened.spans())
        except LeftOutListError:
            return None


class _Gaps:
    """Where lines are missing from a chunk: after how many of its own, and how many up to there."""

    def __init__(self, chunk: StagedChunk, spans: Iterable[Span]) -> None:
        self._places, self._sums = array("q"), array("q", [0])
        for span in spans:
            missing = self._sums[-1]
            if missing >= chunk.left_out_lines:
                break
            if span.line >= chunk.first_line:
                self._places.append(span.line - chunk.first_line - missing)
                self._sums.append(missing + span.lines)

    def lines_before(self, line: int) -> int:
        """Count the lines that are missing before a line of the chunk."""
        return self._sums[bisect_right(self._places, line - 1)]
