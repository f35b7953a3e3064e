"""Hiding columns' values while a chunk is made, so that none leaves the machine in the clear."""

from __future__ import annotations

import hashlib
import json
import re
from binascii import hexlify
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from typing import Protocol

from sfetl_provider.core.config.column_model import MaskConfig
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.errors import ConnectionMissingError, ReconciliationError, SourceFileError
from sfetl_provider.core.text_encoding import EncodingName, codec_of, is_encodable, to_utf8
from sfetl_provider.core.tsv.fields import Fields, FieldShape, RaggedRecordError, find_fields, records_end
from sfetl_provider.core.tsv.source import Block

LEAST_KEY_BYTES = 16
LONGEST_RECORD_BYTES = 64 * 1024 * 1024
_BLOCK_BYTES = 64
# Values are objects of their own while a piece is masked: 20 times its size, 150 times of records of 4 bytes.
_PIECE_BYTES = 256 * 1024
_PROOF_ROUNDS = 200_000

Hide = Callable[[Sequence[bytes]], list[bytes]]


class _OtherValueError(Exception):
    """A value is not what the pattern of its column says."""


class _Hash(Protocol):
    def copy(self) -> _Hash: ...
    def update(self, data: bytes, /) -> None: ...
    def digest(self) -> bytes: ...


class KeyedHash:
    """HMAC-SHA-256 (RFC 2104) in hexadecimal digits, begun once: half the time of the standard library's.

    It holds Python's lock: half a microsecond a value. Its representation shows no key.
    """

    def __init__(self, key: bytes) -> None:
        block = (hashlib.sha256(key).digest() if len(key) > _BLOCK_BYTES else key).ljust(_BLOCK_BYTES, b"\0")
        self._inner: _Hash = hashlib.sha256(bytes(byte ^ 0x36 for byte in block))
        self._outer: _Hash = hashlib.sha256(bytes(byte ^ 0x5C for byte in block))

    def __call__(self, values: Sequence[bytes]) -> list[bytes]:
        """Give the hash of each value; one that stands there often is hashed once."""
        distinct = dict.fromkeys(values)
        if 2 * len(distinct) > len(values):
            return self._hashes(values)
        known = dict(zip(distinct, self._hashes(list(distinct)), strict=True))
        return [known[value] for value in values]

    def _hashes(self, values: Sequence[bytes]) -> list[bytes]:
        begin_inner, begin_outer, hashes = self._inner.copy, self._outer.copy, []
        for value in values:
            inner, outer = begin_inner(), begin_outer()
            inner.update(value)
            outer.update(inner.digest())
            hashes.append(hexlify(outer.digest()))
        return hashes


@dataclass(frozen=True)
class Masking:
    """Which columns are hidden, and how. `identity` is the same for the same columns, methods and key.

    Its part before the colon tells columns and methods, the one behind it proves the key without giving it away.
    """

    shape: FieldShape
    hidden: tuple[tuple[int, Hide], ...]
    null_markers: frozenset[bytes]
    identity: str
    # One thread for all workers, as what takes Python's lock is no faster in several. It ends with this object.
    _thread: ThreadPoolExecutor = field(
        default_factory=partial(ThreadPoolExecutor, 1, thread_name_prefix="mask"), repr=False, compare=False
    )

    def masked(self, blocks: Iterator[Block], origin_byte: int) -> Iterator[bytes]:
        """Give the blocks of a chunk with its columns hidden; `origin_byte` is where the chunk begins in the file.

        All else keeps its bytes: line ends, quotes, empty records, null markers. What is given is read once more:
        it must have the same records with the same number of fields each, or ReconciliationError is raised. A
        record that cannot be divided into the feed's columns, one above 64 MiB, and a value that is not what its
        column's pattern says raise SourceFileError.
        Memory: two blocks and 10 MB, with records of a few bytes 40 MB.
        """
        rest, at = b"", origin_byte
        for piece in _pieces(blocks):
            text = rest + piece
            end = records_end(text, self.shape.quote)
            rest = text[end:]
            if len(rest) > LONGEST_RECORD_BYTES:
                raise _unmaskable(at + end, f"is longer than {LONGEST_RECORD_BYTES:,} bytes")
            if end:
                yield self._masked(text[:end], at)
            at += end
        if rest:
            yield self._masked(rest, at)

    def _masked(self, text: bytes, at: int) -> bytes:
        fields = self._fields(text, at)
        masked = self._thread.submit(self._replaced, text, fields, at).result()
        self._require_same_shape(masked, len(fields.starts), at)
        return masked

    def _replaced(self, text: bytes, fields: Fields, at: int) -> bytes:
        columns = [self._column(text, fields, index, hide, at) for index, hide in self.hidden]
        places = [index for index, _ in self.hidden]
        starts = fields.starts[:, places].ravel().tolist()
        stops = fields.stops[:, places].ravel().tolist()
        kept = [text[start:stop] for start, stop in zip([0, *stops], [*starts, len(text)], strict=True)]
        values = chain.from_iterable(zip(*columns, strict=True))
        return b"".join([*chain.from_iterable(zip(kept, values, strict=False)), kept[-1]])

    def _fields(self, text: bytes, at: int) -> Fields:
        try:
            return find_fields(text, self.shape)
        except RaggedRecordError as ragged:
            what = f"has {ragged.fields} fields instead of {self.shape.columns}"
            raise _unmaskable(at + ragged.offset, what) from None

    def _column(self, text: bytes, fields: Fields, index: int, hide: Hide, at: int) -> list[bytes]:
        starts, stops = fields.starts[:, index].tolist(), fields.stops[:, index].tolist()
        values = [text[start:stop] for start, stop in zip(starts, stops, strict=True)]
        try:
            if self.shape.quote is None or self.shape.quote not in text:
                return self._hidden(values, hide)
            return self._quoted(values, hide)
        except _OtherValueError:
            raise _other_value(at, index + 1) from None
        except ValueError:
            raise _unmaskable(
                at, "or one within 256 KiB behind it has a quote in the middle of a field"
            ) from None

    def _hidden(self, values: list[bytes], hide: Hide) -> list[bytes]:
        nulls = self.null_markers
        if nulls.isdisjoint(values):
            return hide(values)
        hidden = iter(hide([value for value in values if value not in nulls]))
        return [value if value in nulls else next(hidden) for value in values]

    def _quoted(self, values: list[bytes], hide: Hide) -> list[bytes]:
        quote = self.shape.quote or b""
        inner = [_unquoted(value, quote) for value in values]
        return [
            old if plain in self.null_markers else _requoted(old, new, quote)
            for old, plain, new in zip(values, inner, self._hidden(inner, hide), strict=True)
        ]

    def _require_same_shape(self, masked: bytes, records: int, at: int) -> None:
        try:
            found = len(find_fields(masked, self.shape).starts)
        except RaggedRecordError:
            found = -1
        if found != records:
            raise ReconciliationError(
                f"The records from byte {at:,} on are not the same after their columns were masked.",
                safe="The chunk was not uploaded.",
                next_step="Report this as a defect; the file's bytes there are needed to find it.",
                stage="stage",
            )


def _unquoted(value: bytes, quote: bytes) -> bytes:
    """Give a field's text; raises ValueError when a quote stands where none may."""
    if not value.startswith(quote):
        if quote in value:
            raise ValueError
        return value
    if len(value) == 1 or not value.endswith(quote) or quote in value[1:-1].replace(quote * 2, b""):
        raise ValueError
    return value[1:-1].replace(quote * 2, quote)


def _requoted(old: bytes, new: bytes, quote: bytes) -> bytes:
    return quote + new.replace(quote, quote * 2) + quote if old.startswith(quote) else new


def _pieces(blocks: Iterator[Block]) -> Iterator[Block]:
    for block in blocks:
        for start in range(0, len(block), _PIECE_BYTES):
            yield block[start : start + _PIECE_BYTES]


def open_masking(config: FeedConfig, key: bytes) -> Masking | None:
    """Give what hides the feed's columns, None when it masks none.

    Costs a tenth of a second where a key is used. Raises ConnectionMissingError when it is shorter than 16 bytes.
    """
    masks = _masks(config)
    if not masks:
        return None
    needs_key = any(mask.method == "hash" for mask in masks.values())
    if needs_key and len(key) < LEAST_KEY_BYTES:
        raise ConnectionMissingError(
            f"The connection {config.mask_conn_id} holds no password of {LEAST_KEY_BYTES} characters or more,"
            " which is the key of hashed columns.",
            safe="Nothing was staged.",
            next_step="Put a long random text there, the same for all runs, and clear this task.",
        )
    keyed = KeyedHash(key)
    form = config.format
    codec = codec_of(form.encoding)
    return Masking(
        shape=FieldShape(
            len(config.columns), form.delimiter.encode(), form.quote.encode() if form.quote else None
        ),
        hidden=tuple(
            (config.column_names.index(name), _checked(mask, keyed, form.encoding))
            for name, mask in masks.items()
        ),
        null_markers=frozenset(
            marker.encode(codec) for marker in form.null_markers if is_encodable(marker, form.encoding)
        ),
        identity=f"{masked_how(config)}:{_proof(key) if needs_key else ''}",
    )


def masked_how(config: FeedConfig) -> str:
    """Tell, in 16 digits, which columns are masked and how, whatever the key; empty when none is."""
    masks = {name: mask.model_dump(exclude={"pattern"}) for name, mask in _masks(config).items()}
    form = config.format
    written = [form.delimiter, form.quote, form.null_markers, config.column_names, form.encoding]
    text = json.dumps([masks, written], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16] if masks else ""


def _masks(config: FeedConfig) -> dict[str, MaskConfig]:
    return {
        column.name: column.mask
        for column in config.columns
        if column.mask and column.is_masked("before_stage")
    }


def _proof(key: bytes) -> str:
    """Slow on purpose: it is kept where others may read it, who must not find the key by trying."""
    return hashlib.pbkdf2_hmac("sha256", key, b"sfetl mask key", _PROOF_ROUNDS, 8).hex()


def _checked(mask: MaskConfig, keyed: KeyedHash, encoding: EncodingName) -> Hide:
    hide = _hide(mask, keyed, encoding)
    if mask.pattern is None:
        return hide
    matches, codec = re.compile(mask.pattern, re.DOTALL).fullmatch, codec_of(encoding)

    def hide_checked(values: Sequence[bytes]) -> list[bytes]:
        if not all(map(matches, [value.decode(codec, "surrogateescape") for value in values])):
            raise _OtherValueError
        return hide(values)

    return hide_checked


def _hide(mask: MaskConfig, keyed: KeyedHash, encoding: EncodingName) -> Hide:
    if mask.method == "hash":
        # A text has the same hash whatever the encoding of the file that brought it.
        return keyed if encoding == "UTF8" else lambda values: keyed([to_utf8(v, encoding) for v in values])
    if mask.method == "fixed":
        text = mask.value.encode(codec_of(encoding))
        return lambda values: [text] * len(values)
    codec = codec_of(encoding)
    return lambda values: [_partial(mask, codec, value) for value in values]


def _partial(mask: MaskConfig, codec: str, value: bytes) -> bytes:
    # Bytes that are no text go through unchanged; COPY refuses them where they are kept.
    text = value.decode(codec, "surrogateescape")
    first, last = mask.keep_first, max(mask.keep_first, len(text) - mask.keep_last)
    if len(text) <= mask.keep_first + mask.keep_last:
        first, last = 0, len(text)
    masked = f"{text[:first]}{mask.character * (last - first)}{text[last:]}"
    return masked.encode(codec, "surrogateescape")


def _other_value(at: int, number: int) -> SourceFileError:
    return SourceFileError(
        f"In the 256 KiB of the file's text from byte {at:,} on, a value of column {number}, which is masked, is"
        " not what the pattern of its mask says: the columns may have changed places.",
        safe="Nothing of it was uploaded.",
        next_step="Correct the file, or the feed's columns, or the pattern.",
    )


def _unmaskable(at: int, what: str) -> SourceFileError:
    return SourceFileError(
        f"The record at byte {at:,} of the file's text {what}: its columns cannot be masked.",
        safe="Nothing of it was uploaded.",
        next_step="QC names such lines; correct the file.",
    )
