"""The encodings that a feed's files may have: UTF-8, and those of one byte a character that begin with ASCII.

The names are Snowflake's values of COPY's option ENCODING: all of one byte a character that its documentation
lists. Newlines, delimiters and quotes are ASCII, so in all of these they are found in the bytes. Source:
docs.snowflake.com/en/user-guide/intro-summary-loading (supported character sets for delimited files), to which
docs.snowflake.com/en/sql-reference/sql/create-file-format refers.
"""

from __future__ import annotations

import codecs
from functools import cache
from typing import Literal, get_args

EncodingName = Literal[
    "UTF8",
    "ISO88591",
    "ISO88592",
    "ISO88595",
    "ISO88596",
    "ISO88597",
    "ISO88598",
    "ISO88599",
    "ISO885915",
    "KOI8R",
    "WINDOWS874",
    "WINDOWS1250",
    "WINDOWS1251",
    "WINDOWS1252",
    "WINDOWS1253",
    "WINDOWS1254",
    "WINDOWS1255",
    "WINDOWS1256",
]
_PREFIXES = (("WINDOWS", "cp"), ("ISO8859", "iso8859-"), ("KOI8", "koi8-"))
# Encodes as the byte 0xFF, which no UTF-8 text holds.
_UNDEFINED = "\udcff"
_OTHERS = ("UTF16", "UTF32")
_CONTINUATION = bytes(range(0x80, 0xC0))
# What is made of a piece stays in the processor's cache: twice as fast as megabytes at a time.
_PIECE_BYTES = 64 * 1024


def codec_of(name: EncodingName) -> str:
    """Give the name of Python's codec."""
    for prefix, replacement in _PREFIXES:
        if name.startswith(prefix):
            return replacement + name.removeprefix(prefix).lower()
    return "utf-8"


def encoding_of(codec: str) -> EncodingName | None:
    """Give the encoding of one of Python's codecs, None when files cannot have it."""
    names: tuple[EncodingName, ...] = get_args(EncodingName)
    known = codecs.lookup(codec).name
    return next((name for name in names if codecs.lookup(codec_of(name)).name == known), None)


def is_encodable(text: str, name: EncodingName) -> bool:
    """Tell whether a text can be written in an encoding."""
    try:
        text.encode(codec_of(name))
    except UnicodeEncodeError:
        return False
    return True


@cache
def undefined_bytes(name: EncodingName) -> bytes:
    """Give the bytes that stand for no character in an encoding of one byte a character."""
    return bytes(byte for byte, character in enumerate(_characters(name)) if character == _UNDEFINED)


def to_utf8(content: bytes, name: EncodingName) -> bytes:
    """Give a text in UTF-8; a byte that its encoding leaves undefined becomes 0xFF, which makes no UTF-8 text.

    Any part of a text of one byte a character can be given by itself. Each byte of it becomes one that is no
    continuation byte, and up to two that are: `bytes_before` counts on it.
    """
    if name == "UTF8" or content.isascii():
        return content
    view = memoryview(content)
    pieces = (bytes(view[start : start + _PIECE_BYTES]) for start in range(0, len(content), _PIECE_BYTES))
    return b"".join(_piece_to_utf8(piece, name) for piece in pieces)


def bytes_before(utf8: bytes) -> int:
    """Count the bytes of the text from which `to_utf8` made these, which begin with a character."""
    return len(utf8.translate(None, _CONTINUATION))


def check_encoding_name(name: object) -> object:
    """Raise ValueError for an encoding whose newlines cannot be found in bytes, with what to do about it."""
    plain = str(name).upper().replace("-", "").replace("_", "")
    if plain.startswith(_OTHERS):
        raise ValueError(
            "newlines and the bounds of chunks are found in bytes, which UTF-16 and UTF-32 do not allow: "
            "convert the files first, as with iconv -f UTF-16LE -t UTF-8"
        )
    return name


def _piece_to_utf8(piece: bytes, name: EncodingName) -> bytes:
    if piece.isascii():
        return piece
    text, _ = codecs.charmap_decode(piece, "strict", _characters(name))
    return text.encode("utf-8", "surrogateescape")


@cache
def _characters(name: EncodingName) -> str:
    decoded = (bytes((byte,)).decode(codec_of(name), "ignore") for byte in range(256))
    return "".join(character or _UNDEFINED for character in decoded)
