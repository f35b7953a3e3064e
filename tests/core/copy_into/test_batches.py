"""Batches hold every chunk once, in order, and name it as the stage does."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sfetl_provider.core.copy_into.batches import make_batches
from tests.core.load_samples import sample_staged_file


@given(
    files=st.lists(st.lists(st.integers(min_value=0, max_value=9), max_size=7), max_size=5),
    batch_files=st.integers(min_value=1, max_value=8),
)
def test_every_chunk_is_in_one_batch(files: list[list[int]], batch_files: int) -> None:
    staged = [sample_staged_file(tuple(chunks), f"f{index}.tsv") for index, chunks in enumerate(files)]
    batches = make_batches(staged, batch_files)
    chunks = [chunk for batch in batches for chunk in batch.chunks]
    assert [chunk.records for chunk in chunks] == [records for file in files for records in file]
    assert len({chunk.path for chunk in chunks}) == len(chunks)
    assert all(1 <= len(batch.chunks) <= batch_files for batch in batches)
    assert [(batch.number, batch.of) for batch in batches] == [
        (n + 1, len(batches)) for n in range(len(batches))
    ]


def test_chunk_names_its_place_on_the_stage_and_in_the_source() -> None:
    (batch,) = make_batches([sample_staged_file((3, 2), "a.tsv")], 200)
    assert batch.paths == ("a.tsv-00000001/part-00001.tsv.zst", "a.tsv-00000001/part-00002.tsv.zst")
    assert [(chunk.source, chunk.first_line) for chunk in batch.chunks] == [("a.tsv", 1), ("a.tsv", 101)]
    assert batch.records == 5


def test_a_batch_holds_chunks_of_one_compression() -> None:
    gzipped = sample_staged_file((4,), "b.tsv").model_copy(update={"compression": "gzip"})

    batches = make_batches([sample_staged_file((3, 2), "a.tsv"), gzipped], 200)

    assert [(batch.number, batch.of, batch.compression) for batch in batches] == [
        (1, 2, "zstd"),
        (2, 2, "gzip"),
    ]
    assert batches[1].paths == ("b.tsv-00000001/part-00001.tsv.gz",)
