"""Masks held against the rest of a feed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from sfetl_provider.core.column_type import read_column_type
from sfetl_provider.core.config.mask_model import HASH_CHARACTERS, MaskConfig
from sfetl_provider.core.expression.tree import Column, Node, aggregates, walk

_TELLING = ("sum", "avg", "min", "max", "stddev", "median")


class MaskedColumn(NamedTuple):
    """A column with a mask, its type if the config has one."""

    name: str
    mask: MaskConfig
    type: str | None


class MaskedFormat(NamedTuple):
    """What a masked text must fit into."""

    delimiter: str
    quote: str | None
    null_markers: tuple[str, ...]


def mask_faults(
    columns: tuple[MaskedColumn, ...], written: MaskedFormat, date: str, key: tuple[str, ...], has_key: bool
) -> Iterator[str]:
    """Give every fault; `date` and `key` name columns that others rely on, `has_key`: mask_conn_id is there."""
    for column in columns:
        for fault in _column_faults(column, date, key, has_key):
            yield f"column {column.name}: {fault}"
        for fault in _text_faults(column.mask, written):
            yield f"column {column.name}: {fault}"


def rule_faults(trees: Mapping[str, Node], masked: Sequence[str]) -> Iterator[str]:
    """Give the rules whose number would be, or come near to, values of masked columns."""
    for name, tree in trees.items():
        for aggregate in aggregates(tree):
            read = {node.name for node in walk(aggregate) if isinstance(node, Column)} & set(masked)
            if read and aggregate.name in _TELLING:
                yield f"rule {name}: {aggregate.name} of {', '.join(sorted(read))} would tell masked values"


def _column_faults(column: MaskedColumn, date: str, key: tuple[str, ...], has_key: bool) -> Iterator[str]:
    mask = column.mask
    if column.name == date:
        yield "date.column cannot be masked: it says to which month a record belongs"
    if column.name in key and mask.method != "hash":
        yield f"a column of qc.key can only be hashed: {mask.method} makes different keys equal"
    if mask.method == "hash" and not has_key:
        yield "method hash needs mask_conn_id: the connection whose password is the key"
    if mask.method == "hash" and column.type is not None:
        kind = read_column_type(column.type)
        if kind.kind != "text" or kind.size < HASH_CHARACTERS:
            yield f"a hash needs VARCHAR({HASH_CHARACTERS}) or more, not {column.type}"


def _text_faults(mask: MaskConfig, written: MaskedFormat) -> Iterator[str]:
    ours = {"hash": "0123456789abcdef", "fixed": mask.value, "partial": mask.character}[mask.method]
    marks = {written.delimiter, written.quote, "\n", "\r"}
    if marks & set(ours):
        yield f"method {mask.method} would write the delimiter, the quote or a line end"
    markers = [marker for marker in written.null_markers if marker]
    is_marker = mask.method == "fixed" and mask.value in written.null_markers
    may_be_marker = mask.method == "partial" and any(mask.character in marker for marker in markers)
    if is_marker or may_be_marker:
        yield f"what method {mask.method} writes can be one of format.null_markers"
