"""Which records of a file may be left out: found while it is read, decided when all of it was read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.config.reject_limit import most_rejects
from sfetl_provider.core.config.size import MIB
from sfetl_provider.core.plan.month_plan import LeftOut
from sfetl_provider.core.qc.bad_spans import bad_spans
from sfetl_provider.core.qc.record_block import Block, Mask
from sfetl_provider.core.qc.rejects import list_errors
from sfetl_provider.core.qc.structure import Structure
from sfetl_provider.core.tsv.left_out import LeftOutWriter


class Checked(NamedTuple):
    """The file that is checked; `text_bytes` is the size of its text, None when that is not known before."""

    fingerprint: str
    header_records: int
    text_bytes: int | None


class Rejection:
    """The bad records of one file, listed as they come, as long as they may be within `qc.reject_limit`.

    What counts against the limit are their lines: a quote too many makes one record of all lines up to the next
    quote. `left_out` and `refusal` are known once it is settled; one of them is empty. Raises ScratchSpaceError
    when the disk does not take the list.
    """

    def __init__(self, path: Path | None, config: FeedConfig, checked: Checked) -> None:
        self.left_out: LeftOut | None = None
        self.refusal = ""
        self._limit = config.qc.reject_limit
        self._list_limit_bytes = config.qc.rejects_mib * MIB
        self._columns = len(config.columns)
        self._checked = checked
        self._path = path if config.qc.may_reject else None
        self._writer: LeftOutWriter | None = None
        if self._path is not None:
            with list_errors(self._path):
                self._writer = LeftOutWriter(self._path)

    @property
    def is_wanted(self) -> bool:
        """Tell whether bad records may be left out at all."""
        return self._path is not None

    def add(self, block: Block, bad: Mask, first_line: int) -> None:
        """Take the bad records of the next block."""
        writer = self._writer
        if writer is None or self._path is None or not bad.any():
            return
        with list_errors(self._path):
            writer.add(bad_spans(block, bad, first_line))
        if writer.lines > self._most_lines(writer) or writer.list_bytes > self._list_limit_bytes:
            self.give_up()

    def settle(self, structure: Structure) -> LeftOut | None:
        """Decide, once the text was read as far as it can be; gives the list when records are left out."""
        writer, path = self._writer, self._path
        self.refusal = self._reason(structure) if structure.bad_records and path else ""
        if writer is None or path is None or not structure.bad_records or self.refusal:
            self.give_up()
            return None
        with list_errors(path):
            sha256 = writer.finish()
        self._writer = None
        self.left_out = LeftOut(
            path=str(path),
            sha256=sha256,
            fingerprint=self._checked.fingerprint,
            file_records=self._checked.header_records + structure.records,
            records=writer.records,
            lines=writer.lines,
            size_bytes=writer.size_bytes,
        )
        return self.left_out

    def give_up(self) -> None:
        """Leave nothing out, and no list behind unless records are left out."""
        if self._writer is not None:
            self._writer.give_up()
            self._writer = None

    def _most_lines(self, writer: LeftOutWriter) -> int:
        """Give what the limit allows at most in a file of which this was read; no text has more good records."""
        if self._checked.text_bytes is None:
            return most_rejects(self._limit, 0) if isinstance(self._limit, int) else writer.lines
        return most_rejects(self._limit, writer.records + self._checked.text_bytes // self._columns)

    def _reason(self, structure: Structure) -> str:
        named = f"qc.reject_limit = {self._limit}"
        if structure.is_end_bad:
            return (
                f"Nothing is left out by {named}: the file's end is bad, as where a file was cut off, and what is "
                "missing after it is not known"
            )
        most = most_rejects(self._limit, structure.records - structure.empty_records)
        if self._writer is None or self._writer.lines > most:
            return f"More lines than {named} lets be left out of this file (at most {most:,})"
        if self._writer.records != structure.bad_records:
            return f"Nothing is left out by {named}, as not every bad record has known bytes"
        return ""


@contextmanager
def open_rejection(path: Path | None, config: FeedConfig, checked: Checked) -> Iterator[Rejection]:
    """Open the list of what may be left out (no path: nothing may); it lies there at the end if something is."""
    rejection = Rejection(path, config, checked)
    try:
        yield rejection
    finally:
        rejection.give_up()
