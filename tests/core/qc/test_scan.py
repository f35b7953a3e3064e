from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sfetl_provider.core.errors import ReconciliationError, ScratchSpaceError, SourceFileError
from sfetl_provider.core.events import Event, Progress
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.qc.date_tally import DateTally
from sfetl_provider.core.qc.reading import emptied, out_of_resources, working_folder
from sfetl_provider.core.qc.record_block import Shape
from sfetl_provider.core.qc.report import BadLine, QcReport
from sfetl_provider.core.qc.scan import Places, reconcile, scan_file
from sfetl_provider.core.qc.structure import Structure
from sfetl_provider.core.qc.values import Values
from tests.core.fakes import feed, source_file

MONTH = Month(2013, 2)
LINE = b"1\t2013-02-01\ttext\n"
NO_DATES = DateTally(MONTH).counts()


def _scan(folder: Path, content: bytes, name: str = "flights.tsv", **sections: Any) -> QcReport:
    return scan_file(source_file(folder / name, content), feed(**sections), MONTH, Places(folder / "scratch"))


def test_wildcards_in_a_name_are_no_wildcards(tmp_path: Path) -> None:
    (tmp_path / "fa.tsv").write_bytes(LINE)

    assert _scan(tmp_path, LINE * 2, name="f[a]*.tsv").good_records == 2


def test_a_file_larger_than_the_memory_limit_fits_into_the_smallest(tmp_path: Path) -> None:
    line = b"1\t2013-02-01\t" + b"x" * 1000 + b"\n"

    report = _scan(tmp_path, line * 140_000, qc={"memory_mib": 128})

    assert report.good_records == 140_000


def test_nothing_is_left_in_scratch(tmp_path: Path) -> None:
    _scan(tmp_path, LINE)

    assert list((tmp_path / "scratch").iterdir()) == []


def test_progress_ends_with_the_whole_file(tmp_path: Path) -> None:
    events: list[Event] = []

    scan_file(source_file(tmp_path / "f.tsv", LINE * 3), feed(), MONTH, Places(tmp_path), events.append)

    assert events == [Progress("qc", "f.tsv", 3 * len(LINE), 3 * len(LINE), "bytes")]


def test_a_file_that_changes_meanwhile_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "f.tsv"

    def change(event: Event) -> None:
        path.write_bytes(LINE * 4)

    with pytest.raises(SourceFileError, match="changed while it was read"):
        scan_file(source_file(path, LINE * 3), feed(), MONTH, Places(tmp_path), change)


def test_an_interruption_ends_the_scan_and_cleans_up(tmp_path: Path) -> None:
    def interrupt(event: Event) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        scan_file(
            source_file(tmp_path / "f.tsv", LINE), feed(), MONTH, Places(tmp_path / "scratch"), interrupt
        )

    assert list((tmp_path / "scratch").iterdir()) == []


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    source = source_file(tmp_path / "f.tsv", LINE)
    (tmp_path / "f.tsv").unlink()

    with pytest.raises(SourceFileError, match=r"f\.tsv cannot be read"):
        scan_file(source, feed(), MONTH, Places(tmp_path))


def test_what_a_killed_try_left_in_its_scratch_is_removed(tmp_path: Path) -> None:
    (tmp_path / "qc-file" / "qc-killed").mkdir(parents=True)
    (tmp_path / "qc-file" / "qc-killed" / "run").write_bytes(b"keys")
    (tmp_path / "qc-other").mkdir()
    with working_folder(emptied(tmp_path / "qc-file")) as folder:
        assert list((tmp_path / "qc-file").iterdir()) == [folder]
    assert (tmp_path / "qc-other").exists()


def test_a_scratch_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "scratch").write_bytes(b"")

    with pytest.raises(ScratchSpaceError, match="scratch cannot be used"):
        _scan(tmp_path, LINE)


def test_too_little_memory_says_which_setting_to_raise(tmp_path: Path) -> None:
    source = source_file(tmp_path / "f.tsv", LINE)

    error = out_of_resources(source, feed(), duckdb.OutOfMemoryException("could not allocate"))

    assert "qc.memory_mib = 512" in str(error)
    assert error.stage == "qc"


@st.composite
def _tables(draw: st.DrawFn) -> tuple[bytes, int, int]:
    """A well-formed quoted file with its numbers of records and of empty lines."""
    records = draw(st.lists(st.none() | st.tuples(_FIELDS, st.booleans()), max_size=8))
    ending = draw(st.sampled_from(["\n", "\r\n"]))
    lines = ["" if record is None else _written(*record) for record in records]
    return ending.join([*lines, ""]).encode(), len(records) - records.count(None), records.count(None)


_FIELDS = st.text(alphabet='ab\t"\né ', max_size=8)


def _written(text: str, is_quoted: bool) -> str:
    doubled = text.replace('"', '""')
    needs_quotes = is_quoted or any(mark in text for mark in '\t"\n')
    field = f'"{doubled}"' if needs_quotes else text
    return f"1\t2013-02-01\t{field}"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(_tables())
def test_both_readers_agree_about_well_formed_files(tmp_path: Path, table: tuple[bytes, int, int]) -> None:
    content, records, empty = table

    report = _scan(tmp_path, content, format={"quote": '"'})

    assert (report.good_records, report.empty_records, report.bad_records) == (records, empty, 0)
    assert sum(report.dates.inside.values()) == records


def test_quoted_text_that_looks_like_records_misleads_nobody_in_a_file_of_several_buffers(
    tmp_path: Path,
) -> None:
    texts = [b"abc", b'"x\n1\t2013-02-03\ty\n2\t2013-02-04\t"', b'"a""b\r\n"', b'"\n\n\n"']
    chance = random.Random(5)  # noqa: S311 - scattered, so that a part begins where a guess goes wrong
    content = b"".join(
        b"%d\t2013-02-01\t%s\n" % (number, text)
        for number in range(200_000)
        for text in [chance.choice([*texts, b'"' + b"1\t2013-02-05\tz\n" * chance.randint(0, 60) + b'"'])]
    )
    content *= 3

    report = _scan(tmp_path, content, format={"quote": '"'}, qc={"expected_days": "any"})

    assert (report.good_records, report.bad_records) == (600_000, 0)
    assert [str(day) for day in report.dates.inside] == ["2013-02-01"]


def _counted(bad: int = 0) -> Structure:
    return Structure(Shape(3, b"\t", None), sample_limit=1, records=10, empty_records=2, bad_records=bad)


REJECT = BadLine(line=1, byte_offset=0, reason="DuckDB's reason", sample="")


def test_readers_that_agree_make_the_counts(tmp_path: Path) -> None:
    counts = reconcile(source_file(tmp_path / "f", b""), _counted(), Values(8, NO_DATES, {}, ()))

    assert (counts.good_records, counts.bad_records) == (8, 0)


def test_what_only_duckdb_rejects_is_bad(tmp_path: Path) -> None:
    values = Values(5, NO_DATES, {}, (REJECT, REJECT, REJECT))

    counts = reconcile(source_file(tmp_path / "f", b""), _counted(), values)

    assert (counts.good_records, counts.bad_records, counts.bad_lines) == (5, 3, [REJECT])


@pytest.mark.parametrize("rows", [0, 7, 9])
def test_a_difference_that_nothing_explains_is_an_error(tmp_path: Path, rows: int) -> None:
    with pytest.raises(ReconciliationError, match=rf"8 records by its bytes, but {rows} were read"):
        reconcile(source_file(tmp_path / "f", b""), _counted(), Values(rows, NO_DATES, {}, ()))


def test_with_a_faulty_header_the_bytes_decide(tmp_path: Path) -> None:
    source = source_file(tmp_path / "f", b"")

    assert (
        reconcile(source, _counted(), Values(9, NO_DATES, {}, ()), has_header_faults=True).good_records == 8
    )


def test_once_records_are_bad_the_bytes_decide(tmp_path: Path) -> None:
    counts = reconcile(source_file(tmp_path / "f", b""), _counted(bad=3), Values(8, NO_DATES, {}, ()))

    assert (counts.good_records, counts.bad_records) == (5, 3)
