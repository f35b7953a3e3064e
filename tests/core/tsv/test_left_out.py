"""Lists of what is left out, and cutting it out of a text."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sfetl_provider.core.errors import LeftOutListError
from sfetl_provider.core.plan.month_plan import LeftOut
from sfetl_provider.core.tsv.left_out import LeftOutWriter, open_left_out
from sfetl_provider.core.tsv.spans import Span, SpanCutter

SPANS = st.lists(st.tuples(st.integers(0, 9), st.integers(1, 9)), max_size=40)


def _spans(pieces: list[tuple[int, int]]) -> list[Span]:
    """Give spans of pairs of a gap and a size."""
    spans, at = [], 0
    for number, (gap, size) in enumerate(pieces, start=1):
        spans.append(Span(at + gap, size, number, 1))
        at += gap + size
    return spans


def written(path: Path, spans: list[Span]) -> LeftOut:
    writer = LeftOutWriter(path)
    writer.add(spans)
    sha256 = writer.finish()
    assert sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    return LeftOut(
        path=str(path),
        sha256=sha256,
        fingerprint="f",
        file_records=100,
        records=writer.records,
        lines=writer.lines,
        size_bytes=writer.size_bytes,
    )


@given(SPANS, st.integers(1, 30), st.integers(0, 9))
def test_what_is_cut_out_does_not_depend_on_the_blocks(
    pieces: list[tuple[int, int]], block_bytes: int, rest: int
) -> None:
    spans = _spans(pieces)
    text = bytes(range(250)) * 2 + b"x" * (spans[-1].end_byte if spans else 0)
    cutter = SpanCutter(iter(spans), 0)

    kept = b"".join(cutter.kept(text[at : at + block_bytes]) for at in range(0, len(text), block_bytes))

    expected = bytearray(text)
    for span in reversed(spans):
        del expected[span.start_byte : span.end_byte]
    assert kept == expected
    assert (cutter.records, cutter.size_bytes) == (len(spans), len(text) - len(kept))
    assert not cutter.is_within_span


def test_a_text_that_ends_within_a_span_is_noticed() -> None:
    cutter = SpanCutter(iter([Span(2, 5, 1, 1)]), 0)

    assert cutter.kept(b"abcd") == b"ab"
    assert cutter.is_within_span
    assert cutter.records == 0


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(SPANS, st.integers(0, 800), st.booleans())
def test_a_list_is_read_from_any_byte_on(
    tmp_path: Path, pieces: list[tuple[int, int]], start_byte: int, is_far: bool
) -> None:
    far = 10**15 * is_far
    spans = [span._replace(start_byte=span.start_byte + far) for span in _spans(pieces)]
    left_out = written(tmp_path / "f.left-out.tsv", spans)

    with open_left_out(left_out, "f") as opened:
        assert list(opened.spans()) == spans
        assert list(opened.spans(start_byte + far)) == [
            span for span in spans if span.start_byte >= start_byte + far
        ]


def test_a_list_that_is_gone_changed_or_of_another_content_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "f.left-out.tsv"
    left_out = written(path, [Span(10, 5, 2, 1), Span(15, 5, 3, 1)])

    with pytest.raises(LeftOutListError, match="The file changed since"), open_left_out(left_out, "g"):
        pass
    path.write_bytes(path.read_bytes().replace(b"10\t5", b"11\t5"))
    with pytest.raises(LeftOutListError, match="was changed since QC wrote it"), open_left_out(left_out, "f"):
        pass
    path.unlink()
    with pytest.raises(LeftOutListError, match=r"cannot be read.*reports_dir"), open_left_out(left_out, "f"):
        pass


def test_a_list_that_takes_the_path_meanwhile_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "f.left-out.tsv"
    spans = [Span(10, 5, 2, 1)]
    with open_left_out(written(path, spans), "f") as opened:
        written(path, [Span(99, 5, 2, 1)])

        assert list(opened.spans()) == spans
