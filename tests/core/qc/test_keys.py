"""Keys across the files of a month, held against a naive count of them."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.errors import ScratchSpaceError
from sfetl_provider.core.events import Event, Progress
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.plan.month_plan import ByteRange, Cutting, SourceFile
from sfetl_provider.core.qc.beginning import read_beginning
from sfetl_provider.core.qc.check import CheckPaths, MonthCheck, check_month
from sfetl_provider.core.qc.key_hashes import HashLimits
from sfetl_provider.core.qc.key_report import KeyPlace, KeyReport
from sfetl_provider.core.qc.key_scan import KeyScan, KeySource
from sfetl_provider.core.qc.keys import KeyLimits, check_keys
from sfetl_provider.core.qc.report import Finding
from sfetl_provider.core.qc.verdict import decide
from tests.core.fakes import feed, source_file
from tests.core.tsv.test_compressed import PACKERS

MONTH = Month(2013, 2)
ROOMY = KeyLimits()
TIGHT = KeyLimits(HashLimits(run=3, merge=2), candidates=1, group_bytes=100)


def _feed(*key: str, **sections: Any) -> FeedConfig:
    qc = {"expected_days": "any", "key": list(key), **sections.pop("qc", {})}
    return feed(qc=qc, **sections)


def _files(folder: Path, *contents: bytes) -> list[SourceFile]:
    return [source_file(folder / f"{chr(97 + at)}.tsv", content) for at, content in enumerate(contents)]


def _lines(*keys: object) -> bytes:
    return "".join(f"{key}\t2013-02-01\ttext\n" for key in keys).encode()


class Record(NamedTuple):
    """A record that was written: its key's fields, and where it stands."""

    fields: tuple[str, str]
    place: tuple[str, int, int]


TEXTS = st.sampled_from(["", "\\N", "a", "A", "0", "00", "0.0", "a b", 'q"q', "two\nlines", "é"])


@st.composite
def _months(draw: st.DrawFn) -> tuple[list[bytes], list[Record]]:
    """Quoted files with a header and empty lines, and the records in them."""
    contents, records = [], []
    for name in "abc"[: draw(st.integers(1, 3))]:
        content = "id\tday\ttext\n"
        for fields in draw(st.lists(st.none() | st.tuples(TEXTS, TEXTS), max_size=12)):
            if fields is not None:
                records.append(
                    Record(fields, (f"{name}.tsv", content.count("\n") + 1, len(content.encode())))
                )
            content += "\n" if fields is None else _written(fields, draw(st.booleans()))
        contents.append(content.encode())
    return contents, records


def _written(fields: tuple[str, str], always_quoted: bool) -> str:
    texts = [
        '"' + text.replace('"', '""') + '"' if always_quoted or '"' in text or "\n" in text else text
        for text in fields
    ]
    return f"{texts[0]}\t2013-02-01\t{texts[1]}\n"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(
    month=_months(), key=st.sampled_from([("id",), ("text", "id")]), limits=st.sampled_from([ROOMY, TIGHT])
)
def test_what_is_found_is_what_a_naive_count_finds(
    tmp_path: Path, month: tuple[list[bytes], list[Record]], key: tuple[str, ...], limits: KeyLimits
) -> None:
    contents, records = month
    config = _feed(*key, format={"quote": '"', "header": True, "null_markers": ["", "\\N"]})
    places, missing = defaultdict(list), 0
    for record in records:
        values = (record.fields[0],) if key == ("id",) else (record.fields[1], record.fields[0])
        if {"", "\\N"} & set(values):
            missing += 1
        else:
            places[values].append(record.place)

    report = check_keys(_files(tmp_path, *contents), config, tmp_path / "scratch", limits=limits)

    doubled = {values: found for values, found in places.items() if len(found) > 1}
    assert [file.file for file in report.files] == ["a.tsv", "b.tsv", "c.tsv"][: len(contents)]
    assert sum(file.records for file in report.files) == len(records)
    assert sum(file.missing for file in report.files) == missing
    assert report.duplicated_keys == len(doubled)
    assert report.surplus_records == sum(len(found) - 1 for found in doubled.values())
    ordered = sorted(doubled.items(), key=lambda item: (-len(item[1]), [text.encode() for text in item[0]]))
    assert [
        (sample.values, sample.records, [(at.file, at.line, at.byte_offset) for at in sample.places])
        for sample in report.samples
    ] == [(values, len(found), found[:3]) for values, found in ordered[:5]]
    assert list((tmp_path / "scratch").iterdir()) == []
    assert KeyReport.from_json(report.to_json()) == report


def test_keys_are_compared_by_value_where_their_hashes_are_equal(tmp_path: Path) -> None:
    class OneHash(KeyScan):
        @property
        def hash_text(self) -> str:
            return "7::UBIGINT"

    config = _feed("id")
    (file,) = _files(tmp_path, _lines(1, 2, 3, 2))
    with OneHash(config, tmp_path) as scan:
        scan.note_repeated([np.array([7], np.uint64)])
        scan.keep_keys(0, KeySource(file, read_beginning(tmp_path / "a.tsv", config)), all_keys=False)

        assert scan.compare() == (1, 2)
        assert [(key.values, key.files) for key in scan.most_frequent(5)] == [(("2",), ((0, 2),))]


def test_a_file_that_stands_once_per_range_is_compared_once(tmp_path: Path) -> None:
    (file,) = _files(tmp_path, _lines(1, 2, 3))
    cutting = Cutting(fingerprint="", chunk_bytes=1, header=False, quote=None)
    parts = [
        ByteRange(
            number=number,
            of=2,
            start_byte=0,
            end_byte=1,
            first_chunk=number,
            chunks=1,
            file_chunks=2,
            cutting=cutting,
        )
        for number in (1, 2)
    ]
    ranges = [file.model_copy(update={"byte_range": part}) for part in parts]

    report = check_keys(ranges, _feed("id"), tmp_path / "scratch")

    assert (report.compared_records, report.duplicated_keys) == (3, 0)


def test_progress_of_each_file_ends_with_its_size(tmp_path: Path) -> None:
    events: list[Event] = []
    files = _files(tmp_path, _lines(1, 2), _lines(3))

    check_keys(files, _feed("id"), tmp_path / "scratch", events.append)

    ends = {event.subject: (event.done, event.total) for event in events if isinstance(event, Progress)}
    assert ends == {file.name: (file.size_bytes, file.size_bytes) for file in files}


def test_a_scratch_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "scratch").write_text("a file")

    with pytest.raises(ScratchSpaceError, match="scratch cannot be used"):
        check_keys(_files(tmp_path, _lines(1)), _feed("id"), tmp_path / "scratch")


def test_too_little_memory_names_setting_and_folder(tmp_path: Path) -> None:
    config = _feed("id")
    config = config.model_copy(update={"qc": config.qc.model_copy(update={"memory_mib": 1})})

    with pytest.raises(ScratchSpaceError, match=r"scratch.*or give it more than qc.memory_mib = 1,"):
        check_keys(_files(tmp_path, _lines("x" * 8_000_000)), config, tmp_path / "scratch")
    assert list((tmp_path / "scratch").iterdir()) == []


def _month(folder: Path, config: FeedConfig, *contents: bytes) -> MonthCheck:
    return check_month(_files(folder, *contents), config, MONTH, CheckPaths(folder / "scratch"))


def _told(findings: tuple[Finding, ...]) -> list[str]:
    return [
        f"{finding.severity} {finding.code}: {finding.message}"
        for finding in findings
        if finding.code != "rows_per_day"
    ]


@pytest.mark.parametrize("severity", ["CRITICAL", "WARNING"])
def test_a_key_in_two_files_is_told_with_its_places(tmp_path: Path, severity: str) -> None:
    check = _month(tmp_path, _feed("id", qc={"key_severity": severity}), _lines(1, 2, 7), _lines(7, 3, 7, 7))

    assert check.verdict.is_passed == (severity != "CRITICAL")
    assert _told(check.verdict.findings) == [
        f"{severity} duplicate_keys: 2013-02: 1 value of the key (ID) stands more than once, "
        "3 records too many of 7: ('7') 4 times: a.tsv line 3 (byte 36), b.tsv line 1 (byte 0), "
        "b.tsv line 3 (byte 36), …."
    ]


def test_keys_without_a_value_equal_none_and_are_told(tmp_path: Path) -> None:
    check = _month(tmp_path, _feed("id", "text"), _lines("", "", 1))

    assert check.verdict.is_passed
    assert _told(check.verdict.findings) == [
        "WARNING keys_missing: 2013-02: 2 records without a value in the key (ID, TEXT); such keys equal no other."
    ]


def test_of_a_file_with_bad_lines_what_can_be_read_is_compared_and_no_line_is_named(tmp_path: Path) -> None:
    check = _month(tmp_path, _feed("id"), b"bad\n" + _lines(1, 1), _lines(1))

    told = [text for text in _told(check.verdict.findings) if "key" in text]
    assert told == [
        "INFO keys_incomplete: a.tsv: the keys of 2 records were compared, as far as the file can be read.",
        "CRITICAL duplicate_keys: 2013-02: 1 value of the key (ID) stands more than once, "
        "2 records too many of 3: ('1') 3 times: a.tsv, b.tsv line 1 (byte 0), ….",
    ]


@pytest.mark.parametrize("content", [b"PK\x03\x04", b"", b"\n\n", b"\xff\xfe1\t2\n"])
def test_a_file_without_records_has_no_keys(tmp_path: Path, content: bytes) -> None:
    check = _month(tmp_path, _feed("id"), content)

    assert check.keys is not None
    assert (check.keys.duplicated_keys, check.keys.compared_records) == (0, 0)
    assert not check.verdict.is_passed


def test_of_one_column_empty_lines_are_no_records(tmp_path: Path) -> None:
    config = _feed("day", columns=("day",))

    check = _month(tmp_path, config, b"2013-02-01\n\n\n2013-02-02\n\n")

    assert [text for text in _told(check.verdict.findings) if "key" in text] == []
    doubled = _month(tmp_path, config, b"2013-02-01\n\n2013-02-01\n")
    assert "1 record too many of 2: ('2013-02-01') 2 times: a.tsv, …." in doubled.verdict.findings[-1].message


def test_what_was_compared_must_be_what_was_checked(tmp_path: Path) -> None:
    config = _feed("id")
    check = _month(tmp_path, config, _lines(1, 2), _lines(3))
    assert check.keys is not None
    assert check.verdict.is_passed
    first, second = check.keys.files

    def told(*files: Any) -> list[str]:
        keys = check.keys.model_copy(update={"files": files}) if check.keys else None
        verdict = decide(check.reports, config, MONTH, "file", keys)
        assert not verdict.is_passed
        return [text.partition(": ")[2] for text in _told(verdict.findings)]

    assert told(first) == ["b.tsv: its keys were not compared; clear the run's tasks from plan on."]
    assert told(first, second.model_copy(update={"fingerprint": "other"})) == [
        "b.tsv: it changed between file_qc and qc_keys; clear the run's tasks from plan on."
    ]
    assert told(first.model_copy(update={"records": 1}), second) == [
        "a.tsv: 2 records by file_qc, but keys of 1 record were compared; report this as a defect."
    ]
    other = decide(check.reports, _feed("text"), MONTH, "file", check.keys)
    absent = decide(check.reports, config, MONTH, "file")
    text = "CRITICAL keys_not_checked: 2013-02: the key ({}) was not compared across the files; "
    assert _told((*other.findings, *absent.findings)) == [
        f"{text.format(name)}clear task qc_keys." for name in ("TEXT", "ID")
    ]
    assert not other.is_passed
    assert not absent.is_passed


def test_a_mode_that_skips_the_keys_warns_of_it() -> None:
    skipped, audited = (decide((), _feed("id"), MONTH, mode) for mode in ("skip", "snowflake"))

    assert skipped.is_passed
    text = "WARNING keys_not_checked: The key (ID) was not compared, as that needs QC mode file or snowflake."
    assert text in _told(skipped.findings)
    assert [finding.code for finding in audited.findings] == ["file_qc_not_run"]


@pytest.mark.parametrize("suffix", PACKERS)
def test_keys_of_compressed_files_are_read_as_a_stream(tmp_path: Path, suffix: str) -> None:
    text = b"id\tday\ttext\n" + b"".join(
        b"%d\t2013-02-01\t%s\n" % (number, b"x" * 90) for number in range(40_000)
    )
    config = _feed("id", format={"header": True})
    files = [
        source_file(tmp_path / "a.tsv", text),
        source_file(tmp_path / f"b.tsv{suffix}", PACKERS[suffix](text + b"7\t2013-02-01\t\n")),
    ]

    found = check_keys(files, config, tmp_path / "scratch")

    assert (found.duplicated_keys, found.surplus_records) == (40_000, 40_001)
    assert found.samples[0].values == ("7",)
    assert found.samples[0].places == (
        KeyPlace(file="a.tsv", line=9, byte_offset=text.index(b"\n7\t") + 1),
        KeyPlace(file=f"b.tsv{suffix}", line=9, byte_offset=text.index(b"\n7\t") + 1),
        KeyPlace(file=f"b.tsv{suffix}", line=40_002, byte_offset=len(text)),
    )
    assert list((tmp_path / "scratch").iterdir()) == []


def test_a_damaged_file_is_not_compared(tmp_path: Path) -> None:
    packed = bytearray(PACKERS[".gz"](_lines(1, 1)))
    packed[-8] ^= 1

    found = check_keys([source_file(tmp_path / "f.gz", bytes(packed))], _feed("id"), tmp_path / "scratch")

    assert (found.files[0].is_read, found.duplicated_keys) == (False, 0)
