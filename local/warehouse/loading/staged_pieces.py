"""The text of a staged file as it unpacks: decompressed, in UTF-8, without its byte order mark.

Memory: a piece of 64 KiB and what it unpacks to. Corrupt and cut files are found where they go wrong, at the
latest at their end.
"""

from __future__ import annotations

import bz2
import codecs
import zlib
from collections.abc import Iterator

import zstandard

from local.warehouse.errors import SqlError, unsupported
from local.warehouse.loading.file_format import FileFormat
from local.warehouse.stages.stages import StagedFile

_PIECE_BYTES = 1 << 16
_BYTE_ORDER_MARK = codecs.BOM_UTF8
_MAGIC = {b"\x28\xb5\x2f\xfd": "ZSTD", b"\x1f\x8b": "GZIP", b"BZh": "BZ2"}
_WINDOW_BITS = {"GZIP": 31, "DEFLATE": 15, "RAW_DEFLATE": -15}


def text_pieces(staged: StagedFile, file_format: FileFormat) -> Iterator[bytes]:
    """The text in pieces of any size, in UTF-8 except where it is not valid and may not be mended.

    Bytes that the encoding does not know stay as they are, so that the record that holds them is found at fault,
    or become U+FFFD with REPLACE_INVALID_CHARACTERS.
    """
    pieces = _unpacked(staged, file_format)
    is_utf8 = file_format.python_encoding == "utf-8"
    if file_format.replace_invalid_characters or not is_utf8:
        pieces = _transcoded(pieces, file_format)
    return _without_mark(pieces) if file_format.skip_byte_order_mark else pieces


def _transcoded(pieces: Iterator[bytes], file_format: FileFormat) -> Iterator[bytes]:
    errors = "replace" if file_format.replace_invalid_characters else "surrogateescape"
    decoder = codecs.getincrementaldecoder(file_format.python_encoding)(errors)
    for piece in pieces:
        yield decoder.decode(piece).encode("utf-8", "surrogateescape")
    yield decoder.decode(b"", final=True).encode("utf-8", "surrogateescape")


def _without_mark(pieces: Iterator[bytes]) -> Iterator[bytes]:
    start = b""
    for piece in pieces:
        start += piece
        if len(start) >= len(_BYTE_ORDER_MARK):
            break
    yield start.removeprefix(_BYTE_ORDER_MARK)
    yield from pieces


def _unpacked(staged: StagedFile, file_format: FileFormat) -> Iterator[bytes]:
    with staged.file.open("rb") as file:
        start = file.read(4)
        file.seek(0)
        packed = iter(lambda: file.read(_PIECE_BYTES), b"")
        kind = file_format.compression if file_format.compression != "AUTO" else _detected(start, staged.path)
        if kind == "NONE":
            yield from packed
        elif kind == "ZSTD":
            yield from _from_zstd(packed, staged.path)
        elif kind == "BZ2":
            yield from _from_bzip2(packed, staged.path)
        elif kind == "BROTLI":
            raise unsupported("COMPRESSION=BROTLI")
        else:
            yield from _from_zlib(packed, staged.path, kind)


def _detected(start: bytes, path: str) -> str:
    """By content, and by name for what has no mark of its own."""
    found = next((kind for magic, kind in _MAGIC.items() if start.startswith(magic)), "NONE")
    by_name = {".br": "BROTLI", ".deflate": "DEFLATE", ".raw_deflate": "RAW_DEFLATE"}
    if found == "NONE":
        found = next((kind for ending, kind in by_name.items() if path.endswith(ending)), found)
    return found


def _from_zstd(packed: Iterator[bytes], path: str) -> Iterator[bytes]:
    frame = zstandard.ZstdDecompressor().decompressobj()
    for piece in packed:
        if frame.eof:
            raise _corrupt(path, "there is more after the end of its zstd frame")
        try:
            yield frame.decompress(piece)
        except zstandard.ZstdError as error:
            raise _corrupt(path, str(error)) from None
        if frame.unused_data:
            raise _corrupt(path, "there is more after the end of its zstd frame")
    if not frame.eof:
        raise _corrupt(path, "it ends before its zstd frame does")


def _from_zlib(packed: Iterator[bytes], path: str, kind: str) -> Iterator[bytes]:
    """gzip members one after the other; one stream of deflate."""
    member = zlib.decompressobj(wbits=_WINDOW_BITS[kind])
    try:
        for piece in packed:
            rest = piece
            while rest:
                if member.eof and kind != "GZIP":
                    raise _corrupt(path, "there is more after its end")
                if member.eof:
                    member = zlib.decompressobj(wbits=_WINDOW_BITS[kind])
                yield member.decompress(rest)
                rest = member.unused_data
    except zlib.error as error:
        raise _corrupt(path, str(error)) from None
    if not member.eof:
        raise _corrupt(path, f"it ends before its {kind.lower()} stream does")


def _from_bzip2(packed: Iterator[bytes], path: str) -> Iterator[bytes]:
    stream = bz2.BZ2Decompressor()
    try:
        for piece in packed:
            rest = piece
            while rest:
                if stream.eof:
                    stream = bz2.BZ2Decompressor()
                yield stream.decompress(rest)
                rest = stream.unused_data
    except OSError as error:
        raise _corrupt(path, str(error)) from None
    if not stream.eof:
        raise _corrupt(path, "it ends before its bzip2 stream does")


def _corrupt(path: str, detail: str) -> SqlError:
    """A file that cannot be unpacked; Snowflake's own text for it is not documented."""
    return SqlError(
        100085, "22000", f"Data corruption detected: file '{path}' cannot be decompressed: {detail}."
    )
