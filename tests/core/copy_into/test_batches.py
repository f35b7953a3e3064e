"""Batches hold every chunk once, in order, and name it as the stage does."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.config.size import MIB
from sfetl_provider.core.copy_into.batches import make_batches
from tests.core.load_samples import sample_config, sample_staged_file


def config(batch_files: int) -> FeedConfig:
    return sample_config(load={"batch_files": batch_files})


@given(
    files=st.lists(st.lists(st.integers(min_value=0, max_value=9), max_size=7), max_size=5),
    batch_files=st.integers(min_value=1, max_value=8),
)
def test_every_chunk_is_in_one_batch(files: list[list[int]], batch_files: int) -> None:
    staged = [sample_staged_file(tuple(chunks), f"f{index}.tsv") for index, chunks in enumerate(files)]
    batches = make_batches(staged, config(batch_files))
    chunks = [chunk for batch in batches for chunk in batch.chunks]
    assert [chunk.records for chunk in chunks] == [records for file in files for records in file]
    assert len({chunk.path for chunk in chunks}) == len(chunks)
    assert all(1 <= len(batch.chunks) <= batch_files for batch in batches)
    assert [(batch.number, batch.of) for batch in batches] == [
        (n + 1, len(batches)) for n in range(len(batches))
    ]


def test_chunk_names_its_place_on_the_stage_and_in_the_source() -> None:
    (batch,) = make_batches([sample_staged_file((3, 2), "a.tsv")], sample_config())
    assert batch.paths == ("a.tsv-00000001/part-00001.tsv.zst", "a.tsv-00000001/part-00002.tsv.zst")
    assert [(chunk.source, chunk.first_line) for chunk in batch.chunks] == [("a.tsv", 1), ("a.tsv", 101)]
    assert batch.records == 5


def test_a_batch_holds_chunks_of_one_compression() -> None:
    gzipped = sample_staged_file((4,), "b.tsv").model_copy(update={"compression": "gzip"})

    batches = make_batches([sample_staged_file((3, 2), "a.tsv"), gzipped], sample_config())

    assert [(batch.number, batch.of, batch.compression) for batch in batches] == [
        (1, 2, "zstd"),
        (2, 2, "gzip"),
    ]
    assert batches[1].paths == ("b.tsv-00000001/part-00001.tsv.gz",)


def test_a_batch_has_no_more_bytes_than_it_may_and_batches_are_alike() -> None:
    staged = sample_staged_file((1,) * 10, "a.tsv").model_copy(update={"compressed_bytes": 10 * 3 * MIB})

    batches = make_batches([staged], sample_config(load={"batch_mib": 10}))

    assert [len(batch.chunks) for batch in batches] == [3, 3, 4]
    assert len(make_batches([staged], sample_config(load={"batch_mib": 1}))) == 10


def test_an_empty_line_is_a_row_of_a_feed_with_one_column_only() -> None:
    staged = sample_staged_file((3, 2), "a.tsv").model_copy(update={"chunk_empty_records": (0, 4)})

    (several,) = make_batches([staged], sample_config())
    (one,) = make_batches([staged], sample_config(columns=["flight_date"]))

    assert [(chunk.records, chunk.blank_lines) for chunk in several.chunks] == [(3, 0), (2, 4)]
    assert [(chunk.records, chunk.blank_lines) for chunk in one.chunks] == [(3, 0), (6, 0)]
