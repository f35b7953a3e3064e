"""The first records of a file, put aside to see what its columns may hold before all of it is read."""

from __future__ import annotations

from pathlib import Path

from sfetl_provider.core.qc.record_block import Shape, record_blocks
from sfetl_provider.core.text_encoding import to_utf8
from sfetl_provider.core.tsv.compressed import DamagedSourceError
from sfetl_provider.core.tsv.text_file import open_text_file

FIRST_BYTES = 1024 * 1024


def put_aside(source: Path, start: int, shape: Shape, path: Path) -> bool:
    """Write the whole records of the MiB at `start` to a file, in UTF-8; tell whether there are some.

    A text that cannot be read gives none: who reads all of it tells of that.
    """
    try:
        with open_text_file(source) as text:
            block = next(record_blocks(text, start, shape, FIRST_BYTES), None)
    except DamagedSourceError:
        return False
    if block is None or block.is_open:
        return False
    path.write_bytes(to_utf8(block.content, shape.encoding))
    return True
