"""The sample of a file's records: systematic, of good records only, whatever the blocks."""

from __future__ import annotations

from pathlib import Path

import pytest

from sfetl_provider.core.qc.record_block import Block, Shape
from sfetl_provider.core.qc.record_sample import SAMPLE_BYTES, RecordSample
from sfetl_provider.core.qc.structure import Structure

SHAPE = Shape(2, b"\t", None)


@pytest.mark.parametrize("block_records", [1, 7, 100])
def test_every_so_many_good_records_are_taken_across_blocks(tmp_path: Path, block_records: int) -> None:
    records = [b"bad\n" if at % 10 == 3 else f"{at}\tx\n".encode() for at in range(100)]
    good = [record for record in records if record != b"bad\n"]
    sample = RecordSample(tmp_path / "sample", 4 * SAMPLE_BYTES)
    structure = Structure(SHAPE, 20, sample=sample)
    for start in range(0, 100, block_records):
        structure.add(Block(0, b"".join(records[start : start + block_records]), SHAPE))
    sample.close()

    assert sample.step == 5
    assert sample.path.read_bytes() == b"".join(good[::5])


def test_small_file_is_taken_whole(tmp_path: Path) -> None:
    sample = RecordSample(tmp_path / "sample", SAMPLE_BYTES)
    assert sample.step == 1
    sample.close()
