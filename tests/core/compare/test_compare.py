"""Two files compared: what is counted is what a comparison in memory finds, and nothing is lost."""

from __future__ import annotations

import csv
import os
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sfetl_provider.core.compare.comparison import Change, Comparison, Place
from sfetl_provider.core.compare.run import CompareJob, compare
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.errors import ConfigError, SourceFileError
from sfetl_provider.core.report.compare_text import comparison_csv, render_comparison
from tests.core.fakes import feed, source_file
from tests.core.tsv.test_compressed import PACKERS

FEED = feed(["day", "shop", "amount"])
FIRST = "2024-01-01\ta\t1\n2024-01-02\tb\t2\n2024-01-03\tc\t\n"
Row = tuple[str, str, str]


def compared(
    folder: Path, a: str | bytes, b: str | bytes, config: FeedConfig = FEED, **changes: Any
) -> Comparison:
    files = [
        source_file(folder / name, text.encode() if isinstance(text, str) else text)
        for name, text in (("a*.tsv", a), ("b[1].tsv", b))
    ]
    found = compare(files[:1], files[1:], CompareJob(config, folder / "scratch", **changes))
    assert list((folder / "scratch").iterdir()) == []
    return found


def counts(found: Comparison) -> tuple[int, int, int, int]:
    return found.same, found.changed, found.only_a, found.only_b


def test_the_same_rows_in_another_order_and_spelling_of_null_are_equal(tmp_path: Path) -> None:
    config = feed(["day", "shop", "amount"], format={"null_markers": ["", "\\N"]})
    mixed = "2024-01-03\tc\t\\N\r\n\n2024-01-01\ta\t1\r\n2024-01-02\tb\t2"
    found = compared(tmp_path, b"\xef\xbb\xbf" + FIRST.encode(), mixed, config, key=("DAY",))

    assert found.is_equal
    assert counts(found) == (3, 0, 0, 0)
    assert found.b.empty_records == 1


def row(day: str, shop: str, amount: str) -> str:
    return f'{{"DAY":"{day}","SHOP":"{shop}","AMOUNT":{amount}}}'


def test_what_differs_is_told_by_key_line_and_value(tmp_path: Path) -> None:
    second = "\n2024-01-04\td\t9\n2024-01-02\tB\t\n2024-01-01\ta\t1\n"
    found = compared(tmp_path, FIRST, second, key=("DAY",), differences=tmp_path / "all.csv")

    assert counts(found) == (1, 1, 1, 1)
    assert found.columns == {"SHOP": 1, "AMOUNT": 1}
    changed, only_a, only_b = found.samples
    assert (changed.key, changed.a, changed.b) == (
        ("2024-01-02",),
        Place(file="a*.tsv", line=2),
        Place(file="b[1].tsv", line=3),
    )
    assert changed.changes == (
        Change(column="SHOP", a="b", b="B"),
        Change(column="AMOUNT", a="2", b=None),
    )
    assert (only_a.key, only_a.a, only_a.b) == (("2024-01-03",), Place(file="a*.tsv", line=3), None)
    assert (only_b.key, only_b.a, only_b.b) == (("2024-01-04",), None, Place(file="b[1].tsv", line=2))
    rows = list(csv.reader((tmp_path / "all.csv").read_text().splitlines()))
    assert rows[0] == ["difference", "file_a", "line_a", "file_b", "line_b", "DAY", "column", "a", "b"]
    assert rows[1:] == [
        ["only_b", "", "", "b[1].tsv", "2", "2024-01-04", "", "", row("2024-01-04", "d", '"9"')],
        ["changed", "a*.tsv", "2", "b[1].tsv", "3", "2024-01-02", "SHOP", "b", "B"],
        ["changed", "a*.tsv", "2", "b[1].tsv", "3", "2024-01-02", "AMOUNT", "2", ""],
        ["only_a", "a*.tsv", "3", "", "", "2024-01-03", "", row("2024-01-03", "c", "null"), ""],
    ]


def test_duplicates_are_counted_and_compared_as_often_as_they_occur(tmp_path: Path) -> None:
    line = "2024-01-01\ta\t1\n"
    found = compared(tmp_path, 3 * line, line + "2024-01-01\ta\t2\n", key=("DAY", "SHOP"))

    assert counts(found) == (1, 1, 1, 0)
    assert (found.a.duplicate_keys, found.a.duplicate_rows) == (1, 3)
    assert (found.b.duplicate_keys, found.b.duplicate_rows) == (1, 2)
    assert [sample.a and sample.a.line for sample in found.samples] == [2, 3]


def test_rows_without_a_key_are_matched_whole(tmp_path: Path) -> None:
    found = compared(tmp_path, "\ta\t1\n\ta\t2\n", "\ta\t1\n\ta\t3\n", key=("DAY", "SHOP"))

    assert counts(found) == (1, 0, 1, 1)
    assert (found.a.keyless_rows, found.b.keyless_rows, found.a.duplicate_keys) == (2, 2, 0)


def test_a_header_is_told_by_its_names_and_says_which_column_is_which(tmp_path: Path) -> None:
    second = "Amount\tday\tcolour\n1\t2024-01-01\tred\n2\t2024-01-02\tred\n\t2024-01-03\tred\n"
    config = feed(["day", "shop", "amount"], format={"header": True})
    found = compared(tmp_path, FIRST, second, config, key=("DAY",))

    assert counts(found) == (3, 0, 0, 0)
    assert found.not_compared == {"SHOP": "b[1].tsv has no such column"}
    assert not found.is_equal
    assert [remark.partition(": ")[2].partition(":")[0] for remark in found.b.remarks] == [
        "columns missing",
        "columns that the feed does not know",
        "columns in another order than the feed's",
    ]
    assert "no header" in found.a.remarks[0]
    ignored = compared(tmp_path, FIRST, second, config, key=("DAY",), ignored=("SHOP",))
    assert ignored.is_equal


def test_bad_records_are_counted_and_lines_stay_right(tmp_path: Path) -> None:
    second = "2024-01-01\ta\t1\nshort\n2024-01-02\tb\t2\n\n2024-01-03\tc\t4\n"
    found = compared(tmp_path, FIRST, second, key=("DAY",))

    assert counts(found) == (2, 1, 0, 0)
    assert found.b.bad_records == 1
    assert found.samples[0].b == Place(file="b[1].tsv", line=5)
    without = compared(tmp_path, FIRST, FIRST + "short\n", key=("DAY",))
    assert (without.differences, without.is_equal) == (0, False)


def test_quoted_fields_may_hold_newlines(tmp_path: Path) -> None:
    config = feed(["day", "shop", "amount"], format={"quote": '"', "delimiter": ","})
    first = '2024-01-01,"a\nb",1\n2024-01-02,"c,""d",2\n'
    found = compared(tmp_path, first, first.replace("2\n", "3\n"), config, key=("DAY", "SHOP"))

    assert counts(found) == (1, 1, 0, 0)
    assert found.samples[0].key == ("2024-01-02", 'c,"d')
    assert found.samples[0].a == Place(file="a*.tsv", line=3)


@pytest.mark.parametrize(("a", "b", "wanted"), [("", "", (0, 0, 0, 0)), (FIRST, "", (0, 0, 3, 0))])
def test_empty_files_have_no_rows(tmp_path: Path, a: str, b: str, wanted: tuple[int, int, int, int]) -> None:
    assert counts(compared(tmp_path, a, b)) == wanted


def test_what_cannot_be_compared_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no column SHOPS\. .*DAY, SHOP, AMOUNT"):
        compared(tmp_path, FIRST, FIRST, key=("SHOPS",))
    with pytest.raises(ConfigError, match="cannot be matched without DAY"):
        compared(tmp_path, FIRST, FIRST, key=("DAY",), ignored=("DAY",))
    with pytest.raises(SourceFileError, match="gzip"):
        compared(tmp_path, FIRST, b"\x1f\x8b\x08" + b"\0" * 20)
    assert list((tmp_path / "scratch").glob("*")) == []


def in_memory(a: Sequence[Row], b: Sequence[Row]) -> tuple[int, int, int, int]:
    """Compare by the first column, as the product should."""
    same = (Counter(a) & Counter(b)).total()
    left: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    keyless = [0, 0]
    for side, rest in enumerate((Counter(a) - Counter(b), Counter(b) - Counter(a))):
        for row, count in rest.items():
            if row[0]:
                left[row[0]][side] += count
            else:
                keyless[side] += count
    changed = sum(map(min, left.values()))
    only = [sum(pair[side] for pair in left.values()) - changed + keyless[side] for side in (0, 1)]
    return same, changed, only[0], only[1]


ROWS = st.lists(st.tuples(st.sampled_from(["", "1", "2", "3"]), st.sampled_from(["", "x"]), st.just("y")))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(a=ROWS, b=ROWS)
def test_counts_are_those_of_a_comparison_in_memory(tmp_path: Path, a: list[Row], b: list[Row]) -> None:
    texts = ["".join("\t".join(row) + "\n" for row in rows) for rows in (a, b)]
    found = compared(tmp_path, *texts, key=("DAY",), sample_limit=100)

    assert counts(found) == in_memory(a, b)
    assert len(found.samples) == found.differences


def test_text_and_table_hold_all_counts(tmp_path: Path) -> None:
    second = "2024-01-02\tb\x1b\t2\n" + 12 * "2024-01-05\te\t\n"
    found = compared(tmp_path, FIRST, second, key=("DAY",), sample_limit=3, ignored=("AMOUNT",))
    text = render_comparison(found)

    assert text.startswith("flights: DIFFERENT; key: DAY\na  a*.tsv\nb  b[1].tsv\n")
    for words in (
        "SHOP: b → b\\x1b",
        "Only in b, the first 3 of 12:",
        "(b line 4)",
        "ignored as asked: AMOUNT",
    ):
        assert words in text
    assert "only_b,,12\n" in comparison_csv(found)
    assert comparison_csv(found).endswith("\nchanged,SHOP,1\n")


@pytest.mark.parametrize("suffix", PACKERS)
def test_a_compressed_file_is_compared_as_its_text(tmp_path: Path, suffix: str) -> None:
    text = b"".join(b"2024-01-01\t%d\t%s\n" % (number, b"1" * 90) for number in range(40_000))
    a = source_file(tmp_path / "a.tsv", text)
    b = source_file(tmp_path / f"b.tsv{suffix}", PACKERS[suffix](text.replace(b"\t7\t1", b"\t7\t2")))

    found = compare([a], [b], CompareJob(FEED, tmp_path / "scratch", key=("SHOP",)))

    assert counts(found) == (39_999, 1, 0, 0)
    assert (found.samples[0].a, found.samples[0].b) == (
        Place(file="a.tsv", line=8),
        Place(file=f"b.tsv{suffix}", line=8),
    )
    assert list((tmp_path / "scratch").iterdir()) == []


@pytest.mark.parametrize("at", [5, -8])
def test_a_damaged_file_is_not_compared(tmp_path: Path, at: int) -> None:
    packed = bytearray(PACKERS[".bz2" if at == 5 else ".gz"](FIRST.encode() * 1000))
    packed[at] ^= 1
    a = source_file(tmp_path / "a.tsv", FIRST.encode())
    b = source_file(tmp_path / ("b.bz2" if at == 5 else "b.gz"), bytes(packed))

    with pytest.raises(SourceFileError, match=r"cannot be (compared|decompressed)"):
        compare([a], [b], CompareJob(FEED, tmp_path / "scratch"))

    assert list((tmp_path / "scratch").glob("*")) == []


def test_a_record_without_end_is_not_compared(tmp_path: Path) -> None:
    a, b = source_file(tmp_path / "a.tsv", FIRST.encode()), source_file(tmp_path / "b.tsv", b"2024-01-01\tx")
    os.truncate(b.path, 100 * 1024**2)

    with pytest.raises(SourceFileError, match="record 1 is longer than 16 MiB"):
        compare([a], [source_file(tmp_path / "b.tsv")], CompareJob(FEED, tmp_path / "scratch"))
