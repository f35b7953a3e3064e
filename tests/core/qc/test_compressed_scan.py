"""QC of compressed files says what it says of their text."""

from __future__ import annotations

import random
import threading
from pathlib import Path
from typing import Any

import pytest

from sfetl_provider.core.errors import SourceFileError
from sfetl_provider.core.events import Event, Progress
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.qc.rejects import open_rejects
from sfetl_provider.core.qc.report import QcReport
from sfetl_provider.core.qc.scan import Places, scan_file
from tests.core.fakes import feed, source_file
from tests.core.tsv.test_compressed import PACKERS

MONTH = Month(2013, 2)
LINE = b"1\t2013-02-01\ttext\n"
OWN = {"file", "fingerprint", "size_bytes", "seconds", "text_bytes", "rejects"}
TEXTS: dict[str, tuple[bytes, dict[str, Any]]] = {
    "sound": (LINE * 3, {}),
    "empty": (b"", {}),
    "header only": (b"id\tday\ttext\n", {"format": {"header": True}}),
    "header without newline": (b"id\tday\ttext", {"format": {"header": True}}),
    "header, mark and body": (b"\xef\xbb\xbfid\tday\ttext\r\n" + LINE, {"format": {"header": True}}),
    "no last newline": (LINE + LINE[:-1], {}),
    "bad lines": (LINE + b"x\n\n" + b"\xff" + LINE + b"1\t2013-02-01\t\0\n", {}),
    "quoted": (b'1\t2013-02-01\t"a\nb"\n2\t2013-02-01\t"open\n', {"format": {"quote": '"'}}),
    "foreign": (b"\xff\xfe1\x00", {}),
    "misfits": (
        b"1\t2013-02-01\t500\n2\t2013-02-01\tx\n3\t2013-02-01\t5\n",
        {
            "columns": ["id", "day", {"name": "small", "type": "NUMBER(2,0)"}],
            "qc": {"target": "config"},
        },
    ),
    "rules": (
        LINE * 5 + b"200\t2013-02-02\t\n" + LINE + b"300\t2013-02-03\t\n",
        {"qc": {"rules": [{"name": "small", "condition": "id < 100"}]}},
    ),
}


def scan(folder: Path, name: str, content: bytes, listener: Any = None, **sections: Any) -> QcReport:
    folder.mkdir(exist_ok=True)
    with open_rejects(folder / "rejects", 1_000_000) as rejects:
        places = Places(folder / "scratch", rejects)
        source = source_file(folder / name, content)
        return scan_file(source, feed(**sections), MONTH, places, listener or (lambda event: None))


def told(report: QcReport) -> dict[str, Any]:
    return {key: value for key, value in report.to_json().items() if key not in OWN}


@pytest.mark.parametrize("suffix", PACKERS)
@pytest.mark.parametrize("case", TEXTS)
def test_a_compressed_file_is_judged_as_its_text(tmp_path: Path, suffix: str, case: str) -> None:
    text, sections = TEXTS[case]
    plain = scan(tmp_path / "plain", "f.tsv", text, **sections)
    packed = scan(tmp_path / "packed", f"f.tsv{suffix}", PACKERS[suffix](text), **sections)

    refused = {"the file is": "the text in it is"} if case == "foreign" else {}
    expected = told(plain)
    for bad in expected["bad_lines"]:
        for old, new in refused.items():
            bad["reason"] = bad["reason"].replace(old, new)
    assert told(packed) == expected
    assert packed.text_bytes == (len(text) if case != "foreign" else 0)
    assert list((tmp_path / "packed" / "scratch").glob("*")) == []
    if plain.rejects and case != "foreign":
        listed = (tmp_path / "packed" / "rejects").read_bytes().replace(b".tsv" + suffix.encode(), b".tsv")
        assert listed == (tmp_path / "plain" / "rejects").read_bytes()


def test_a_text_of_several_buffers_is_read_whole(tmp_path: Path) -> None:
    text = b"".join(b"%d\t2013-02-01\t%s\n" % (number, b"x" * (number % 900)) for number in range(160_000))

    report = scan(tmp_path, "f.zst", PACKERS[".zst"](text), qc={"memory_mib": 128})

    assert (report.good_records, report.bad_records, report.text_bytes) == (160_000, 0, len(text))


@pytest.mark.parametrize("suffix", PACKERS)
@pytest.mark.parametrize("cut", [0.3, 0.999])
def test_a_cut_file_is_refused_with_the_place(tmp_path: Path, suffix: str, cut: float) -> None:
    chance = random.Random(1)  # noqa: S311 - bytes that do not shrink to nothing
    packed = PACKERS[suffix](b"".join(b"%d\t2013-02-01\tx\n" % chance.getrandbits(60) for _ in range(20_000)))

    report = scan(tmp_path, f"f{suffix}", packed[: int(len(packed) * cut)])

    assert report.bad_records == 1
    assert report.bad_lines[0].reason.startswith("the file cannot be decompressed: ")
    assert list((tmp_path / "scratch").glob("*")) == []


def test_a_changed_byte_is_found_by_the_checksum(tmp_path: Path) -> None:
    packed = bytearray(PACKERS[".gz"](LINE * 100))
    packed[-8] ^= 1

    report = scan(tmp_path, "f.gz", bytes(packed))

    assert "CRC" in report.bad_lines[0].reason


def test_a_damaged_file_with_suspect_values_is_reported_too(tmp_path: Path) -> None:
    text, sections = TEXTS["misfits"]
    packed = bytearray(PACKERS[".gz"](text))
    packed[-8] ^= 1

    report = scan(tmp_path, "f.gz", bytes(packed), **sections)

    assert [bad.reason.split(":")[0] for bad in report.bad_lines] == ["the file cannot be decompressed"]


@pytest.mark.parametrize(("name", "kind"), [("f.gz", "not compressed so"), ("f.zst", "gzip-compressed")])
def test_a_name_that_promises_something_else_is_told(tmp_path: Path, name: str, kind: str) -> None:
    content = LINE if kind.startswith("not") else PACKERS[".gz"](LINE)

    report = scan(tmp_path, name, content)

    assert report.bad_lines[0].reason == f"its name ends with {name[1:]}, but the file is {kind}"


def test_progress_counts_the_compressed_file(tmp_path: Path) -> None:
    packed, events = PACKERS[".gz"](LINE * 1000), list[Event]()

    scan(tmp_path, "f.gz", packed, events.append)

    assert events == [Progress("qc", "f.gz", len(packed), len(packed), "bytes")]


def test_an_interruption_ends_all_threads_and_cleans_up(tmp_path: Path) -> None:
    def interrupt(event: Event) -> None:
        raise KeyboardInterrupt

    before = threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        scan(tmp_path, "f.gz", PACKERS[".gz"](LINE * 200_000), interrupt)

    assert threading.active_count() == before
    assert list((tmp_path / "scratch").iterdir()) == []


def test_a_file_that_vanishes_meanwhile_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceFileError, match="cannot be read"):
        scan(tmp_path, "f.gz", PACKERS[".gz"](LINE), lambda event: (tmp_path / "f.gz").unlink())
