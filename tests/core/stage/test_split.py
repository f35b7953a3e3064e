from __future__ import annotations

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sfetl_provider.core.stage.compress import ChunkSource, compress_chunk
from sfetl_provider.core.stage.split import ChunkRange, chunk_ranges
from sfetl_provider.core.tsv.line_counter import LineCounter
from tests.core.fakes import InMemoryStage

RECORDS = st.lists(
    st.text(alphabet="ab\t\r", max_size=12) | st.text(alphabet="a\n\r", max_size=9).map('x\t"{}"'.format),
    max_size=12,
)


def _write(folder: Path, records: list[str], ending: str, has_last_newline: bool) -> tuple[Path, bytes]:
    text = (ending.join(records) + (ending if has_last_newline else "")).encode()
    path = folder / "source.tsv"
    path.write_bytes(text)
    return path, text


def _ranges(path: Path, chunk_bytes: int, quote: bytes | None, start: int = 0) -> list[ChunkRange]:
    with path.open("rb") as file:
        return list(chunk_ranges(file, start, chunk_bytes, quote))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    RECORDS,
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
    st.sampled_from([None, b'"']),
    st.integers(1, 40),
    st.integers(1, 9),
)
def test_chunks_joined_are_the_file_and_records_add_up(
    tmp_path: Path,
    records: list[str],
    ending: str,
    has_last_newline: bool,
    quote: bytes | None,
    chunk_bytes: int,
    block_bytes: int,
) -> None:
    path, text = _write(tmp_path, records, ending, has_last_newline)
    source = ChunkSource(path, len(text), quote, block_bytes=block_bytes)
    stage, lines, counted, empty = InMemoryStage(), 0, 0, 0
    for chunk in _ranges(path, chunk_bytes, quote):
        made = compress_chunk(source, chunk, tmp_path / f"{chunk.number:05}.zst", 1)
        stage.upload(made.path, "@s/")
        lines, counted, empty = lines + made.lines, counted + made.records, empty + made.empty_records
    whole = LineCounter(quote)
    if text:
        whole.feed(text)
    whole.finish()

    assert stage.text() == text
    assert (lines, counted, empty) == (whole.lines, whole.records, whole.empty_records)


@given(RECORDS, st.sampled_from([None, b'"']), st.integers(1, 40))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_ranges_meet_are_never_empty_and_end_with_a_record(
    tmp_path: Path, records: list[str], quote: bytes | None, chunk_bytes: int
) -> None:
    path, text = _write(tmp_path, records, "\n", has_last_newline=True)
    ranges = _ranges(path, chunk_bytes, quote)
    is_paired = quote is None or text.count(quote) % 2 == 0

    edges = [0, *(chunk.end_byte for chunk in ranges)]
    assert [chunk.start_byte for chunk in ranges] == edges[:-1]
    assert edges[-1] == len(text)
    assert all(chunk.size_bytes > 0 for chunk in ranges)
    assert [chunk.number for chunk in ranges] == list(range(1, len(ranges) + 1))
    for end in edges[1:-1] if is_paired else []:
        assert text[end - 1 : end] == b"\n"
        assert quote is None or text[:end].count(quote) % 2 == 0


@given(RECORDS, st.sampled_from([None, b'"']), st.integers(1, 40), st.integers(0, 5))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_going_on_from_any_chunk_gives_the_same_chunks(
    tmp_path: Path, records: list[str], quote: bytes | None, chunk_bytes: int, done: int
) -> None:
    path, _ = _write(tmp_path, records, "\n", has_last_newline=True)
    ranges = _ranges(path, chunk_bytes, quote)
    done = min(done, len(ranges))
    start = ranges[done - 1].end_byte if done else 0

    again = _ranges(path, chunk_bytes, quote, start)

    assert [(chunk.start_byte, chunk.end_byte) for chunk in again] == [
        (chunk.start_byte, chunk.end_byte) for chunk in ranges[done:]
    ]


def test_boundaries_are_the_first_record_ends_at_multiples_of_the_chunk_size(tmp_path: Path) -> None:
    path, _ = _write(tmp_path, ["aaa", "bbb", "c" * 20, "d", "e"], "\n", has_last_newline=True)

    edges = [(chunk.start_byte, chunk.end_byte) for chunk in _ranges(path, 4, None)]

    assert edges == [(0, 4), (4, 8), (8, 29), (29, 33)]
