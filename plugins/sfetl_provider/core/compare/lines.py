"""The lines of rows that DuckDB numbered: a pass over the bytes, and only where rows differ."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from sfetl_provider.core.compare.matching import DIFFERENCES, SideName
from sfetl_provider.core.compare.text_file import TextFile
from sfetl_provider.core.compare.workspace import Workspace
from sfetl_provider.core.qc.record_block import Block, record_blocks
from sfetl_provider.core.tsv.line_counter import Positions
from sfetl_provider.core.tsv.text_file import open_text_file

LINES_TABLE = "CREATE TABLE lines (side VARCHAR, file INTEGER, n BIGINT, line BIGINT)"


def find_lines(workspace: Workspace, side: SideName, number: int, file: TextFile, rejected: set[int]) -> None:
    """Add the lines of one file's differing rows to table `lines`; memory is that of a block and its records.

    `rejected` are the lines of records that DuckDB left out, so did not number; empty ones it leaves out too.
    """
    wanted = f"SELECT n{side} FROM {DIFFERENCES} WHERE f{side} = $file AND n{side} BETWEEN $first AND $last"
    for first, lines in _numbered(file, rejected):
        binds = {"file": number, "first": first, "last": first + len(lines) - 1}
        found = np.sort(workspace.run(wanted, binds).fetchnumpy()[f"n{side}"].astype(np.int64))
        if len(found):
            count = len(found)
            columns = {"side": [side] * count, "file": [number] * count, "n": found}
            workspace.add_rows("lines", {**columns, "line": lines[found - first]})


def _numbered(file: TextFile, rejected: set[int]) -> Iterator[tuple[int, Positions]]:
    """Give blocks of records that were numbered: the first one's number, and the lines of all."""
    number, line = 1, file.beginning.header_lines + 1
    left_out = np.array(sorted(rejected), np.int64)
    with open_text_file(Path(file.source.path)) as text:
        for block in record_blocks(text, file.beginning.start, file.shape):
            lines = _lines(block, line)
            lines = lines[~np.isin(lines, left_out)]
            yield number, lines
            number += len(lines)
            line += len(block.newlines)


def _lines(block: Block, first_line: int) -> Positions:
    lines: Positions = first_line + np.searchsorted(block.newlines, block.starts)
    return lines[~block.is_empty]
