from __future__ import annotations

from typing import Any

import pytest

from sfetl_provider.core.inspection.column_guess import guess_column
from sfetl_provider.core.inspection.dialect import guess_dialect, rows_of
from sfetl_provider.core.inspection.encoding import guess_encoding
from sfetl_provider.core.inspection.header_guess import guess_header
from sfetl_provider.core.inspection.moment_format import MomentFormat, formats_of, known_formats


@pytest.mark.parametrize(
    ("text", "delimiter", "columns", "sureness"),
    [
        ("1\ta,b\n2\tc\n3\td\n", "\t", 2, "sure"),
        ("1|2013-01-01 10:00:00\n" * 3, "|", 2, "sure"),
        ("1;2,5;3\n" * 5, ";", 3, "likely"),
        ("1\x012\x013\n" * 5, "\x01", 3, "sure"),
        ("1\t2\n", "\t", 2, "likely"),
        ("10:20\n" * 5, ":", 2, "likely"),
        ("a,b\nc\n", ",", 2, "unsure"),
        ("some words\nmore of them\n", "", 1, "likely"),
        ("x\n" * 20 + "a,b\n", "", 1, "likely"),
        ("", "", 1, "likely"),
    ],
)
def test_the_delimiter_is_what_cuts_all_records_alike(
    text: str, delimiter: str, columns: int, sureness: str
) -> None:
    found = guess_dialect(text)

    assert (found.delimiter, found.columns, found.sureness) == (delimiter, columns, sureness)


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ('1,"a, b"\n2,"c""d"\n3,e\n', '"'),
        ("1,'a, b'\n2,c\n3,d\n", "'"),
        ('1,5" pipe\n2,6" pipe\n3,x\n', ""),
        ("1,it's\n2,that's\n3,x\n", ""),
        ('"a\nb",1\n"c",2\n"d",3\n', '"'),
    ],
)
def test_a_quote_is_one_that_stands_around_fields(text: str, quote: str) -> None:
    found = guess_dialect(text)

    assert (found.quote, found.columns) == (quote, 2)
    assert {len(row) for row in rows_of(text, found, 10)} == {2}


def test_a_field_beyond_the_readers_limit_ends_the_sample() -> None:
    text = '1,"a"\n' * 3 + f'2,"{"x" * 200_000}"\n'

    assert len(rows_of(text, guess_dialect(text), 100)) == 3


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        (
            ["1", "-20", "", "\\N"],
            {"kind": "integer", "whole_digits": 2, "low": "-20", "high": "1", "nulls": 2},
        ),
        (["1.5", "200", ".25"], {"kind": "number", "whole_digits": 3, "decimals": 2, "high": "200"}),
        (["1e3", "2.5"], {"kind": "number", "whole_digits": 4, "decimals": 1}),
        (["true", "FALSE"], {"kind": "boolean"}),
        (["true"], {"kind": "boolean"}),
        (["Y", "n"], {"kind": "boolean"}),
        (["y", "y"], {"kind": "text"}),
        (["007", "123"], {"kind": "text", "remark": "digits with leading zeros"}),
        (["1,5", "1.234,50", "7"], {"kind": "text", "remark": "numbers with a decimal comma"}),
        (["NA", "", "5"], {"kind": "integer", "nulls": 2}),
        (["NA", "x"], {"kind": "text", "nulls": 0, "longest": 2}),
        (["", ""], {"kind": "empty", "nulls": 2}),
        ([], {"kind": "empty"}),
        (["20240131", "20240201"], {"kind": "date", "format": "YYYYMMDD", "low": "2024-01-31"}),
        (["20241301", "20240201"], {"kind": "integer"}),
        (["03/04/2024"], {"kind": "date", "format": "DD/MM/YYYY", "other_formats": ("MM/DD/YYYY",)}),
        (["03/14/2024", "03/04/2024"], {"kind": "date", "format": "MM/DD/YYYY", "other_formats": ()}),
        (["01-Feb-2024"], {"kind": "date", "format": "DD-MON-YYYY", "high": "2024-02-01"}),
        (
            ["01.02.70", "01.02.24"],
            {"kind": "date", "format": "DD.MM.YY", "low": "1970-02-01", "high": "2024-02-01"},
        ),
        (["2024-01-01T10:00:00.5Z"], {"kind": "timestamp", "format": 'YYYY-MM-DD"T"HH24:MI:SS.FF"Z"'}),
        (["2024-01-01 10:00:00+01:00"], {"kind": "timestamp", "format": "YYYY-MM-DD HH24:MI:SSTZH:TZM"}),
        (["01/31/2024 01:05 PM"], {"format": "MM/DD/YYYY HH12:MI AM", "low": "2024-01-31 13:05:00"}),
        (["01/31/2024 12:05:01 AM"], {"low": "2024-01-31 00:05:01"}),
        (["10:05", "23:59"], {"kind": "time", "format": "HH24:MI", "high": "23:59:00"}),
        (["1700000000", "1710000000"], {"kind": "integer", "remark": "perhaps seconds since 1970"}),
        (["1700000000000"], {"remark": "perhaps milliseconds since 1970"}),
        (["1700000000", "5"], {"remark": ""}),
        (["2024-01-01"] * 30 + ["oops"], {"kind": "date", "misfits": 1, "misfit": "oops"}),
        (["2024-01-01"] * 3 + ["oops"], {"kind": "text"}),
        ([f"2024-01-{day:02}" for day in range(1, 32)] + ["x"], {"kind": "date", "misfits": 1}),
    ],
)
def test_a_columns_kind_is_what_its_values_share(values: list[str], wanted: dict[str, Any]) -> None:
    found = guess_column("c", values).to_json()

    shown = {key: tuple(found[key]) if isinstance(found[key], list) else found[key] for key in wanted}
    assert shown == wanted
    assert (found["name"], found["values"]) == ("c", len(values))


def test_a_moment_that_does_not_exist_is_none() -> None:
    form = MomentFormat("DD-MON-YYYY", "date")

    assert form.read("31-Feb-2024") is None
    assert form.read("01-Foo-2024") is None
    assert form.read("1-Feb-2024") is None


def test_what_is_said_about_formats_is_what_a_config_takes() -> None:
    from sfetl_provider.core.date_format import strptime_format

    usable = [form.text for form in known_formats() if "TZH" not in form.text]

    assert len(usable) > 100
    assert all(strptime_format(text) for text in usable)


def test_no_text_has_no_format() -> None:
    assert formats_of([]) == formats_of(["x"]) == formats_of(["2024-01-01", "x"]) == []


@pytest.mark.parametrize(
    ("first", "others", "wanted"),
    [
        (["id", "day"], [["1", "2024-01-01"]], (True, "sure")),
        (["1", "2024-01-01"], [["2", "2024-01-02"]], (False, "sure")),
        (["a", "a"], [["1", "2"]], (False, "likely")),
        (["a", ""], [], (False, "unsure")),
        (["name", "town"], [["Ada", "London"]], (True, "unsure")),
        (["Ada", "London"], [["Bob", "London"]], (False, "unsure")),
        (["name!", "town"], [["Ada", "London"]], (False, "unsure")),
        (["name", "town"], [], (True, "unsure")),
    ],
)
def test_a_header_names_what_stands_below(
    first: list[str], others: list[list[str]], wanted: tuple[bool, str]
) -> None:
    assert guess_header(first, others) == wanted


@pytest.mark.parametrize(
    ("content", "codec", "remark"),
    [
        (b"abc", "utf-8", "only ASCII"),
        ("é".encode(), "utf-8", "sure"),
        ("é".encode("latin-1"), "cp1252", "likely; not UTF-8: byte 0xe9"),
        ("€".encode("cp1252"), "cp1252", "likely"),
        (b"\x81\xe9", "latin-1", "unsure"),
        ("é".encode("utf-8-sig"), "utf-8", "with byte order mark"),
        ("ab".encode("utf-16-le"), "utf-16-le", "little-endian, without"),
        (b"\xfe\xff\0a", "utf-16-be", "big-endian, with byte"),
    ],
)
def test_the_encoding_is_told_with_its_sureness(content: bytes, codec: str, remark: str) -> None:
    found = guess_encoding(content, content)

    assert found.codec == codec
    assert found.remark.startswith(remark)
