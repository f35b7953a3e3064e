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
