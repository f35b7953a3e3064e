"""Masks before the stage, held against keys, rules and the file's format; `column_check.py` looks at all masks."""

from __future__ import annotations

from collections.abc import Iterator

from sfetl_provider.core.config.column_model import ColumnConfig, MaskConfig
from sfetl_provider.core.config.feed_sections import FeedSections
from sfetl_provider.core.config.file_model import FormatConfig
from sfetl_provider.core.expression.tree import Column, aggregates, walk
from sfetl_provider.core.text_encoding import is_encodable

_TELLING = ("sum", "avg", "min", "max", "stddev", "median")


def check_masks(config: FeedSections) -> None:
    """Raise ValueError with every fault."""
    masked = [column for column in config.columns if column.is_masked("before_stage")]
    faults = [
        f"column {column.name}: {fault}" for column in masked for fault in _column_faults(column, config)
    ]
    if masked:
        faults += _rule_faults(config, {column.name for column in masked})
    if masked and config.stage.as_is_mib is not None:
        faults.append("stage.as_is_mib: a file with masked columns cannot be staged as it is")
    if faults:
        raise ValueError("; ".join(faults))


def _column_faults(column: ColumnConfig, config: FeedSections) -> Iterator[str]:
    mask = column.mask
    if mask is None:
        return
    if column.name in (*config.qc.key, *config.publish.merge_keys) and mask.method != "hash":
        yield f"a column of a key can only be hashed: {mask.method} makes different keys equal"
    yield from _text_faults(mask, config.format)


def _text_faults(mask: MaskConfig, form: FormatConfig) -> Iterator[str]:
    ours = {"hash": "0123456789abcdef", "fixed": mask.value, "partial": mask.character}[mask.method]
    if {form.delimiter, form.quote, "\n", "\r"} & set(ours):
        yield f"method {mask.method} would write the delimiter, the quote or a line end"
    if not is_encodable(ours, form.encoding):
        yield f"method {mask.method} would write what {form.encoding} does not hold"
    is_marker = mask.method == "fixed" and mask.value in form.null_markers
    may_be_marker = mask.method == "partial" and any(mask.character in it for it in form.null_markers)
    if is_marker or may_be_marker:
        yield f"what method {mask.method} writes can be one of format.null_markers"


def _rule_faults(config: FeedSections, masked: set[str]) -> Iterator[str]:
    """Give the rules whose number would be, or come near to, values of masked columns."""
    for rule in config.qc.rules:
        for aggregate in aggregates(rule.tree(config.column_kinds)):
            read = {node.name for node in walk(aggregate) if isinstance(node, Column)} & masked
            if read and aggregate.name in _TELLING:
                yield f"rule {rule.name}: {aggregate.name} of {', '.join(sorted(read))} would tell masked values"
