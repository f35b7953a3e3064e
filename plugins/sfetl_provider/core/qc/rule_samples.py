"""Where the records stand that break a rule: found in a pass of its own, and only once some do.

DuckDB numbers the records, and a pass over the bytes finds their lines. That holds for files in which both count
the same records, which QC has made sure of before.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from sfetl_provider.core.qc.record_block import Shape, record_blocks
from sfetl_provider.core.qc.report import BadLine
from sfetl_provider.core.qc.structure import bad_records
from sfetl_provider.core.tsv.text_file import open_text_file

RULE_SAMPLES = 5


def numbers_statement(conditions: Sequence[str], reading: str, limit: int) -> str:
    """Give the query for the numbers (from 1) of the first `limit` records that meet each condition, as lists.

    Numbering needs the file's order, so this reads with one core.
    """
    lists = ", ".join(f"min(number, {limit}) FILTER (WHERE {condition})" for condition in conditions)
    return f"SELECT {lists} FROM (SELECT *, row_number() OVER () AS number FROM {reading})"


class Place(NamedTuple):
    """A file, the offset of its first data record in its text, and the number of lines before it.

    Of a file `without_bad` records, only the others have numbers.
    """

    path: Path
    start: int
    header_lines: int
    without_bad: bool = False


def quote_records(place: Place, shape: Shape, numbers: Collection[int]) -> dict[int, BadLine]:
    """Quote records by their numbers, which count from 1 and leave empty ones out; without a reason.

    Reads no further than the last one wanted.
    """
    wanted = sorted(numbers)
    quoted: dict[int, BadLine] = {}
    lines, records = place.header_lines, 0
    with open_text_file(place.path) as text:
        for block in record_blocks(text, place.start, shape):
            left_out = block.is_empty | bad_records(block) if place.without_bad else block.is_empty
            full = np.flatnonzero(~left_out)
            for number in wanted[len(quoted) :]:
                if number > records + len(full):
                    break
                quoted[number] = block.quote_line(int(full[number - records - 1]), lines + 1, "")
            if len(quoted) == len(wanted):
                break
            lines += len(block.newlines)
            records += len(full)
    return quoted
