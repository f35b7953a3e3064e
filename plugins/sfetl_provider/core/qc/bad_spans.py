"""Where the bad records of a block lie in the text."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sfetl_provider.core.qc.record_block import Block, Mask
from sfetl_provider.core.tsv.spans import Span


def bad_spans(block: Block, bad: Mask, first_line: int) -> Iterator[Span]:
    """Give the spans of the records that are marked; `first_line` is the number of the block's first line.

    A last record without newline ends with the text.
    """
    starts, ends = block.starts[bad], block.ends[bad] + 1
    before, after = np.searchsorted(block.newlines, starts), np.searchsorted(block.newlines, ends)
    sizes = np.minimum(ends, len(block.content) - block.is_completed) - starts
    columns = (starts + block.offset, sizes, before + first_line, after - before)
    return map(Span, *(column.tolist() for column in columns))
