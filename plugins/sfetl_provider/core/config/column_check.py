"""The columns of a feed on their way into the table: each fault names its field, and all come together."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from sfetl_provider.core.column_type import read_column_type
from sfetl_provider.core.config.column_model import HASH_CHARACTERS, ColumnConfig, PublishedColumn
from sfetl_provider.core.config.feed_sections import FeedSections
from sfetl_provider.core.expression.shape import read_value
from sfetl_provider.core.expression.tree import Column, ExpressionError, Fact, walk

Fault = tuple[tuple[str | int, ...], str]


def check_columns(config: FeedSections) -> None:
    """Raise a ValidationError with every fault of mapping, masks, computed columns and a table to be made."""
    faults = [
        *_target_faults(config),
        *_mask_faults(config),
        *_published_faults(config),
        *(_creation_faults(config) if config.table.create else ()),
    ]
    if faults:
        details = [_detail(*fault) for fault in faults]
        raise ValidationError.from_exception_data("columns", details)


def _detail(location: tuple[str | int, ...], message: str) -> InitErrorDetails:
    error = PydanticCustomError("columns", "{message}", {"message": message})
    return InitErrorDetails(type=error, loc=location, input=None)


def _target_faults(config: FeedSections) -> Iterator[Fault]:
    seen: set[str] = set()
    for index, column in enumerate(config.columns):
        if column.target_name in seen:
            yield (
                ("columns", index, "target"),
                f"another column goes into {column.target_name} of the table already",
            )
        seen.add(column.target_name)


def _mask_faults(config: FeedSections) -> Iterator[Fault]:
    for index, column in enumerate(config.columns):
        if column.mask is None:
            continue
        for message in _faults_of_mask(column, config):
            yield ("columns", index, "mask"), message


def _faults_of_mask(column: ColumnConfig, config: FeedSections) -> Iterator[str]:
    mask = column.mask
    if mask is None:
        return
    if column.name == config.date.column:
        yield "the date column cannot be masked: it says to which month a record belongs"
    if mask.method == "hash" and mask.where == "before_stage" and not config.mask_conn_id:
        yield "a hash that is made before staging needs mask_conn_id, the connection that holds its key"
    if mask.where == "before_stage" and mask.pattern is None and not config.format.header:
        yield (
            "files without a header do not tell when columns changed places, and then another one would be masked:"
            " say in pattern what the values of this one look like"
        )
    if mask.pattern is not None and mask.where == "publish":
        yield "a pattern is for before_stage: rules look at the values of columns that Snowflake masks"
    if column.type is None:
        return
    known = read_column_type(column.type)
    if known.kind != "text":
        yield f"a masked value is a text, and the column's type is {column.type}"
    elif mask.method == "hash" and known.size < HASH_CHARACTERS:
        yield f"a hash has {HASH_CHARACTERS} characters, and the column's type is {column.type}"
    elif mask.method == "fixed" and known.size < len(mask.value):
        yield f"its value has {len(mask.value)} characters, and the column's type is {column.type}"


def _published_faults(config: FeedSections) -> Iterator[Fault]:
    seen: set[str] = set()
    for index, column in enumerate(config.publish.columns):
        place = ("publish", "columns", index)
        if column.name in seen:
            yield (*place, "name"), f"{column.name} stands twice"
        seen.add(column.name)
        for message in _replacement_faults(column, config):
            yield (*place, "name"), message
        for message in _value_faults(column, config):
            yield (*place, "value"), message


def _replacement_faults(published: PublishedColumn, config: FeedSections) -> Iterator[str]:
    for column in config.columns:
        if column.target_name != published.name:
            continue
        if column.name == config.date.column:
            yield f"{published.name} is the date column, whose value says to which month a row belongs"
        if column.mask is not None:
            yield f"{published.name} is masked: one of mask and value must go"


def _value_faults(published: PublishedColumn, config: FeedSections) -> Iterator[str]:
    try:
        tree = read_value(published.value, config.column_kinds)
    except ExpressionError as error:
        yield str(error)
        return
    masked = {column.name for column in config.columns if column.is_masked("publish")}
    for name in sorted({item.name for item in walk(tree) if isinstance(item, Column)} & masked):
        yield f"it would publish {name} unmasked; with mask.where before_stage it reads the masked value"
    if any(isinstance(item, Fact) and item.name == "file_name" for item in walk(tree)):
        yield from _file_name_faults(config)


def _file_name_faults(config: FeedSections) -> Iterator[str]:
    """COPY tells a row's file only where it transforms, and then it no longer counts the fields of a record."""
    patterns = config.files.patterns
    if len(patterns) > 1 or any(mark in pattern for pattern in patterns for mark in "*?"):
        yield "file_name() needs a month of one file: one pattern in files.patterns, without * and ?"


def _creation_faults(config: FeedSections) -> Iterator[Fault]:
    replaced = {column.name for column in config.publish.columns}
    for index, column in enumerate(config.columns):
        if column.type is None and column.target_name not in replaced:
            yield ("columns", index, "type"), "table.create needs the type of each column"
    typed = {column.target_name for column in config.columns if column.type}
    for index, published in enumerate(config.publish.columns):
        if published.type is None and published.name not in typed:
            yield ("publish", "columns", index, "type"), "table.create needs the type of each column"
    for index, name in enumerate(config.table.cluster_by):
        if name not in config.target_names:
            yield ("table", "cluster_by", index), f"{name} is not one of the table's columns"
