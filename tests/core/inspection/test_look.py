from __future__ import annotations

import bz2
import gzip
import lzma
import os
import random
from pathlib import Path

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sfetl_provider.core.errors import SourceFileError
from sfetl_provider.core.inspection.content import open_content
from sfetl_provider.core.inspection.line_count import count_lines
from sfetl_provider.core.inspection.look import inspect_file
from sfetl_provider.core.inspection.report import Inspection, TimeEstimate
from sfetl_provider.core.inspection.text import render_inspection
from tests.core.inspection.inspection_cases import ticking

ROWS = "".join(f"{at}\t2024-01-{at % 31 + 1:02}\tsome text of a row\n" for at in range(500_000)).encode()
NOISE = random.Random(1).randbytes(5000)  # noqa: S311 - a sample


def _look(path: Path, content: bytes) -> Inspection:
    path.write_bytes(content)
    return inspect_file(path, ticking().__next__)


def test_a_large_file_is_told_from_samples_all_over_it(tmp_path: Path) -> None:
    content = ROWS + "é\t2024-02-29\t\n".encode() * 10

    found = _look(tmp_path / "f.tsv", content)

    assert found.lines is not None
    assert found.lines.low is not None
    assert found.lines.high is not None
    assert found.lines.low <= content.count(b"\n") <= found.lines.high
    assert found.columns[1].low == "2024-01-01"
    assert found.columns[1].high == "2024-02-29"
    assert found.columns[1].values > 1000
    text = render_inspection(found)
    assert "% (" in text
    assert "with 99 % confidence, from 16.78 MB all over the file" in text


def test_a_middling_file_is_read_whole_and_its_end_is_in_the_sample(tmp_path: Path) -> None:
    found = _look(tmp_path / "f.tsv", ROWS[: 3 * 2**20] + b"\nx\t2024-02-29\t\n" * 2000)

    assert found.lines is not None
    assert found.lines.is_exact
    assert found.columns[1].high == "2024-02-29"


def test_of_compressed_content_the_beginning_is_told(tmp_path: Path) -> None:
    path = tmp_path / "f.tsv.gz"

    found = _look(path, gzip.compress(ROWS, 1))

    assert found.lines is not None
    assert (found.lines.low, found.lines.high) == (None, None)
    assert abs(found.lines.lines - 500_000) < 50_000
    assert "guessed from the first 4.19 MB of the content; --count counts them" in render_inspection(found)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("cut.gz", gzip.compress(NOISE)[:2500]),
        ("cut.bz2", bz2.compress(NOISE)[:2500]),
        ("cut.xz", lzma.compress(NOISE)[:2500]),
        ("junk.gz", b"\x1f\x8b" + NOISE),
        ("junk.bz2", b"BZh9" + NOISE),
        ("junk.xz", b"\xfd7zXZ\x00" + NOISE),
        ("junk.zst", b"\x28\xb5\x2f\xfd" + NOISE),
        ("junk.zip", b"PK\x03\x04" + NOISE),
    ],
)
def test_broken_content_is_an_error_that_says_so(tmp_path: Path, name: str, content: bytes) -> None:
    with pytest.raises(SourceFileError, match=r"but its content is broken: .*Have it delivered again"):
        _look(tmp_path / name, content)


def test_content_of_a_file_that_is_gone_is_no_broken_content(tmp_path: Path) -> None:
    with (
        pytest.raises(SourceFileError, match="cannot be read: No such file"),
        open_content(tmp_path / "absent.gz", "gzip-compressed"),
    ):
        pass


def test_null_markers_and_quotes_are_named(tmp_path: Path) -> None:
    found = _look(tmp_path / "f.csv", b'"a",1\n"b",NA\n"c",\n"d",2\n')

    text = render_inspection(found)

    assert "nulls       empty fields, NA" in text
    assert 'quotes      "' in text


def test_what_is_no_file_is_an_error(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    for name, message in (
        ("pipe", "a device or a pipe"),
        (".", "Is a directory"),
        ("absent", "No such file"),
    ):
        with pytest.raises(SourceFileError, match=message):
            inspect_file(tmp_path / name, ticking().__next__)


def test_one_endless_line_needs_no_memory_for_it(tmp_path: Path) -> None:
    path = tmp_path / "f.txt"
    path.write_bytes(b"a" * 1000)
    os.truncate(path, 3 * 2**30)
    with path.open("r+b") as file:
        file.write(b"a" * 2 * 2**20)

    found = inspect_file(path, ticking().__next__)

    assert found.is_text
    assert found.columns[0].longest <= 2**20
    assert "No line ends in what was read of its beginning" in found.remarks[0]


def test_times_are_shown_as_estimates(tmp_path: Path) -> None:
    found = _look(tmp_path / "f.tsv", ROWS[:1000])
    times = TimeEstimate(
        measured_bytes=64_000_000,
        text_bytes=1000,
        qc_seconds=90,
        compress_seconds=7300,
        compressed_share=0.25,
    )

    text = render_inspection(found, times=times)
    quick = render_inspection(found, times=times.model_copy(update={"qc_seconds": 1.25}))

    assert "  QC        about 1.2 s" in quick
    assert "estimate    from running both on the first 64.00 MB here, now; the upload is not in it" in text
    assert "  QC        about 2 min" in text
    assert "  compress  about 2 h 02 min, to about 250 bytes (25 %)" in text


def test_zstd_of_several_frames_is_read_to_its_end(tmp_path: Path) -> None:
    frames = b"".join(zstandard.ZstdCompressor().compress(ROWS[at : at + 1000]) for at in (0, 1000, 2000))

    assert _look(tmp_path / "f.zst", frames).sample_rows == _look(tmp_path / "f", ROWS[:3000]).sample_rows


_LIKELY = st.sampled_from(
    [
        b"a",
        b"1",
        b"2024-01-31",
        b"1.5e9",
        b"-",
        b"NA",
        b"\t",
        b",",
        b";",
        b"|",
        b" ",
        b'"',
        b"'",
        b"\n",
        b"\r\n",
        b"\r",
        b"\0",
        b"\xe9",
        b"\x80",
        b"\x81",
        "é".encode(),
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b"\xfe\xff",
        b"\x1f\x8b",
        b"PK\x03\x04",
        b"BZh9",
    ]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=200)
@given(st.binary(max_size=60) | st.lists(_LIKELY, max_size=40).map(b"".join))
def test_whatever_a_file_holds_it_is_told_or_refused(tmp_path: Path, content: bytes) -> None:
    try:
        found = _look(tmp_path / "f", content)
    except SourceFileError:
        return
    text = render_inspection(found)

    assert all(line.isprintable() for line in text.split("\n"))
    assert found.is_text == bool(found.encoding)
    assert Inspection.from_json(found.to_json()) == found
    if found.is_text:
        count = count_lines(tmp_path / "f", found, ticking().__next__)
        assert found.lines is None or found.lines.lines == count.lines
