from __future__ import annotations

from typing import get_args

import pytest
from pydantic import ValidationError

from sfetl_provider.core.text_encoding import (
    EncodingName,
    bytes_before,
    codec_of,
    encoding_of,
    to_utf8,
    undefined_bytes,
)
from tests.core.fakes import feed

NAMES: tuple[EncodingName, ...] = get_args(EncodingName)
ALL = bytes(range(256))
DOCUMENTED = """
    BIG5 EUCJP EUCKR GB18030 IBM420 IBM424 IBM949 ISO2022CN ISO2022JP ISO2022KR ISO88591 ISO88592 ISO88595 ISO88596
    ISO88597 ISO88598 ISO88599 ISO885915 KOI8R SHIFTJIS UTF8 UTF16 UTF16BE UTF16LE UTF32 UTF32BE UTF32LE WINDOWS874
    WINDOWS949 WINDOWS1250 WINDOWS1251 WINDOWS1252 WINDOWS1253 WINDOWS1254 WINDOWS1255 WINDOWS1256
"""
"""The values of ENCODING in docs.snowflake.com/en/user-guide/intro-summary-loading."""
SEVERAL_BYTES = ("BIG5", "EUC", "GB", "ISO2022", "SHIFT", "UTF16", "UTF32", "WINDOWS949", "IBM949")
NOT_ASCII = ("IBM420", "IBM424")


def test_the_names_are_those_that_snowflake_documents_for_ascii_and_one_byte_more() -> None:
    left_out = (*SEVERAL_BYTES, *NOT_ASCII)
    assert set(NAMES) == {name for name in DOCUMENTED.split() if not name.startswith(left_out)}


@pytest.mark.parametrize("name", NAMES[1:])
def test_each_encoding_begins_with_ascii_and_is_as_python_reads_it(name: EncodingName) -> None:
    defined = ALL.translate(None, undefined_bytes(name))

    assert to_utf8(ALL[:128], name) == ALL[:128]
    assert to_utf8(defined, name).decode() == defined.decode(codec_of(name))
    assert encoding_of(codec_of(name)) == name


@pytest.mark.parametrize("name", NAMES[1:])
def test_offsets_are_found_again_also_beside_undefined_bytes(name: EncodingName) -> None:
    text = ALL * 300
    for offset in (0, 129, 65_537, len(text)):
        assert bytes_before(to_utf8(text, name)[: len(to_utf8(text[:offset], name))]) == offset
    for byte in undefined_bytes(name):
        with pytest.raises(UnicodeDecodeError):
            to_utf8(bytes((byte, byte)), name).decode()


@pytest.mark.parametrize(
    ("name", "wanted"), [("UTF16", "iconv -f"), ("utf-32le", "iconv -f"), ("BIG5", "'KOI8R'")]
)
def test_other_encodings_are_refused_with_what_to_do(name: str, wanted: str) -> None:
    with pytest.raises(ValidationError, match=wanted):
        feed(format={"encoding": name})
