"""Inputs that no feed should send, each with what QC says of it; those that are small files are golden cases."""

from __future__ import annotations

import os
import tracemalloc
from pathlib import Path

import pytest

from sfetl_provider.core.errors import ScratchSpaceError, SourceFileError
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.qc.check import CheckPaths, check_files, check_month
from sfetl_provider.core.qc.keys import check_keys
from sfetl_provider.core.qc.other_delimiter import other_delimiter
from sfetl_provider.core.qc.scan import Places, scan_file
from tests.core.fakes import feed, source_file
from tests.core.stage.test_scratch_faults import files_of_at_most
from tests.core.tsv.test_compressed import PACKERS

MONTH = Month(2013, 2)
LINE = b"1\t2013-02-01\ttext\n"
GIB = 1024**3


@pytest.mark.parametrize(("quote", "key"), [(None, []), ('"', ["id"])])
def test_a_line_of_2_gib_is_refused_after_its_first_mib(
    tmp_path: Path, quote: str | None, key: list[str]
) -> None:
    source = source_file(tmp_path / "f.tsv", LINE + b'2\t2013-02-01\t"')
    os.truncate(source.path, 2 * GIB)
    config = feed(format={"quote": quote}, qc={"memory_mib": 128, "key": key})

    tracemalloc.start()
    found = check_month([source_file(Path(source.path))], config, MONTH, CheckPaths(tmp_path / "scratch"))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert [line.reason for line in found.reports[0].bad_lines] == [
        "longer than 16 MiB: no newline ends it, or a quote is not closed; what follows it was not read"
    ]
    assert (found.reports[0].records, found.reports[0].bad_records) == (2, 1)
    assert not found.verdict.is_passed
    assert peak < 256 * 1024**2
    assert list((tmp_path / "scratch").iterdir()) == []


@pytest.mark.parametrize("name", ["f.tsv", "f.gz"])
def test_a_file_that_vanishes_is_named(tmp_path: Path, name: str) -> None:
    source = source_file(tmp_path / name, PACKERS[".gz"](LINE) if name == "f.gz" else LINE)

    with pytest.raises(SourceFileError, match=f"{name} cannot be read: No such file"):
        scan_file(source, feed(), MONTH, Places(tmp_path), lambda event: Path(source.path).unlink())


@pytest.mark.parametrize("name", ["f.tsv", "f.gz"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()

    with pytest.raises(SourceFileError, match=f"{name} cannot be read: Is a directory"):
        scan_file(source_file(tmp_path / name), feed(), MONTH, Places(tmp_path))


def test_a_compressed_file_that_changes_meanwhile_is_told_as_changed(tmp_path: Path) -> None:
    source = source_file(tmp_path / "f.gz", PACKERS[".gz"](LINE * 3))

    with pytest.raises(SourceFileError, match="changed while it was read"):
        scan_file(
            source, feed(), MONTH, Places(tmp_path), lambda event: Path(source.path).write_bytes(b"\x1f\x8b")
        )


def test_a_full_disk_under_the_list_of_bad_lines_is_named(tmp_path: Path) -> None:
    source = source_file(tmp_path / "f.tsv", b"bad\n" * 10_000)
    (tmp_path / "rejects.part").symlink_to("/dev/full")
    paths = CheckPaths(tmp_path / "scratch", tmp_path / "rejects")

    with pytest.raises(ScratchSpaceError, match=r"rejects cannot be written: No space left on device"):
        check_files([source], feed(), MONTH, paths)

    assert list((tmp_path / "scratch").iterdir()) == []


def test_a_scratch_that_does_not_take_the_keys_is_named(tmp_path: Path) -> None:
    lines = b"".join(b"%d\t2013-02-01\ttext\n" % number for number in range(100_000))
    source = source_file(tmp_path / "f.tsv", lines)
    config, scratch = feed(qc={"key": ["id"]}), tmp_path / "scratch"

    with (
        files_of_at_most(100_000),
        pytest.raises(
            ScratchSpaceError, match=r"keys \(ID\) could not be compared: File too large.*Make room"
        ),
    ):
        check_keys([source], config, scratch)

    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize(
    ("head", "found"),
    [
        (b"a;b;c\nd;e;f\n", ";"),
        (b"a\tb\tc\nd;e;f\n", ""),
        (b"a,1;b,2;c,3\n", ";"),
        (b"a,1;b,2;c\n", ""),
        (b"a;b;c\nd;e\n", ""),
        (b"", ""),
        (b"\xff;b;c\n", ""),
        (b"a;b;c", ";"),
    ],
)
def test_another_delimiter_is_named_where_it_alone_fits_every_line(head: bytes, found: str) -> None:
    assert other_delimiter(head, 3, feed().format) == found
