from __future__ import annotations

import gzip
import random
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sfetl_provider.core.errors import SourceFileError
from sfetl_provider.core.events import Event
from sfetl_provider.core.inspection.line_count import BLOCK_BYTES, count_lines
from sfetl_provider.core.inspection.line_estimate import estimate_lines
from sfetl_provider.core.inspection.look import inspect_file
from sfetl_provider.core.inspection.report import Inspection, LineCount
from sfetl_provider.core.inspection.sampling import BLOCKS, LEAST_BLOCKS, RETURN, Unit, scatter
from sfetl_provider.core.inspection.text import render_inspection
from tests.core.inspection.inspection_cases import ticking

SIZE = 17 * 1024 * 1024


def _varied(size_bytes: int, seed: int = 1) -> bytes:
    """Lines whose length changes along the file, as it does when a busy season follows a quiet one."""
    chance = random.Random(seed)  # noqa: S311 - a sample
    lines = []
    total = 0
    while total < size_bytes:
        line = b"x" * chance.randint(1, 40 + 60 * total // size_bytes) + b"\n"
        lines.append(line)
        total += len(line)
    return b"".join(lines)[:size_bytes]


@pytest.mark.parametrize("seed", range(3))
def test_the_true_number_lies_within_the_bounds(seed: int) -> None:
    content = _varied(SIZE, seed)

    found = estimate_lines(SIZE, scatter(BytesIO(content), SIZE, Unit(), lambda: 0.0))

    assert found.low is not None
    assert found.high is not None
    assert found.low <= content.count(b"\n") <= found.high
    assert found.high - found.low < 0.05 * found.lines
    assert not found.is_exact


def test_a_slow_disk_ends_the_sample_early_and_widens_the_bounds() -> None:
    content, seconds = _varied(SIZE), iter(range(10_000))

    slow = scatter(BytesIO(content), SIZE, Unit(), lambda: float(next(seconds)))
    found, whole = estimate_lines(SIZE, slow), scatter(BytesIO(content), SIZE, Unit(), lambda: 0.0)

    assert len(slow.lines) == LEAST_BLOCKS
    assert len(whole.lines) == BLOCKS
    assert found.low is not None
    assert found.high is not None
    assert found.low <= content.count(b"\n") <= found.high


def test_blocks_of_two_byte_characters_are_cut_between_characters() -> None:
    content = "äöü\n".encode("utf-16-be") * (SIZE // 8)

    found = scatter(BytesIO(content), len(content), Unit(2, is_big_endian=True), lambda: 0.0)

    assert set(b"".join(found.pieces).decode("utf-16-be").split("\n")) == {"äöü", ""}


def _count(path: Path, content: bytes, part_bytes: int, **known: str) -> LineCount:
    path.write_bytes(content)
    found = Inspection(path=str(path), size_bytes=len(content), kind="", is_text=True, **known)
    return count_lines(path, found, ticking().__next__, part_bytes=part_bytes)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.text(alphabet="ab\r\n", max_size=40),
    st.sampled_from([4, 8, 1000]),
    st.sampled_from(["utf-8", "utf-16-le"]),
)
def test_all_lines_are_counted_wherever_the_parts_begin(
    tmp_path: Path, text: str, part_bytes: int, codec: str
) -> None:
    found = _count(tmp_path / "f", text.encode(codec), part_bytes, codec=codec)
    lines = text.split("\n")
    is_missing = lines[-1] != ""

    assert found.lines == len(lines) - 1 + is_missing
    assert found.empty_lines == sum(line in ("", "\r") for line in lines[:-1])
    assert found.is_last_newline_missing == is_missing
    assert found.content_bytes == len(text.encode(codec))


def test_all_lines_are_counted_wherever_the_blocks_begin(tmp_path: Path) -> None:
    chance = random.Random(2)  # noqa: S311 - a sample
    content = bytes(chance.choices(b"a\r\n", k=3 * BLOCK_BYTES + 5))
    lines = content.split(b"\n")

    found = _count(tmp_path / "f", content, 2 * BLOCK_BYTES)

    assert found.lines == len(lines) - 1 + (lines[-1] != b"")
    assert found.empty_lines == sum(line in (b"", b"\r") for line in lines[:-1])


def test_lines_that_carriage_returns_end_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "mac.csv"
    path.write_bytes(b"a\r\rb\r")

    found = count_lines(path, inspect_file(path, ticking().__next__), ticking().__next__)

    assert (found.lines, found.empty_lines) == (3, 1)
    assert Unit(newline=RETURN).lines(b"a\r") == 1


def test_progress_of_a_count_ends_with_the_whole_file(tmp_path: Path) -> None:
    path, events = tmp_path / "f", list[Event]()
    path.write_bytes(b"a\n" * 5)
    found = inspect_file(path, ticking().__next__)

    count_lines(path, found, ticking().__next__, events.append, part_bytes=4)

    assert [getattr(event, "done", 0) for event in events] == [4, 8, 10]


def test_compressed_content_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "f.gz"
    path.write_bytes(gzip.compress(b"a\n\nb"))

    found = count_lines(path, inspect_file(path, ticking().__next__), ticking().__next__)

    assert (found.lines, found.empty_lines, found.is_last_newline_missing, found.content_bytes) == (
        3,
        1,
        True,
        4,
    )


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (
            LineCount(
                lines=12_000_000,
                empty_lines=3,
                is_last_newline_missing=True,
                content_bytes=2 * 10**9,
                seconds=2,
            ),
            ["12,000,000 (counted in 2.0 s, 1.00 GB/s)", "empty lines 3", "has no newline at its end"],
        ),
        (
            LineCount(lines=5, empty_lines=0, is_last_newline_missing=False, content_bytes=10, seconds=0.001),
            ["5 (counted in 0.0 s)\n", "empty lines 0", "ends with a newline"],
        ),
    ],
)
def test_a_count_is_shown_in_place_of_the_estimate(
    tmp_path: Path, count: LineCount, shown: list[str]
) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"a\n" * 5)

    text = render_inspection(inspect_file(path, ticking().__next__), count)

    assert all(part in text for part in shown)
    assert "all counted" not in text


def test_a_file_that_is_gone_cannot_be_counted(tmp_path: Path) -> None:
    found = Inspection(path="", size_bytes=1, kind="", is_text=True)

    with pytest.raises(SourceFileError, match="cannot be read"):
        count_lines(tmp_path / "f", found, ticking().__next__)
