"""The configuration of columns: those of the file, their way into the table, and those that are computed."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from sfetl_provider.core.column_type import read_column_type
from sfetl_provider.core.config.section import Section
from sfetl_provider.core.identifiers import resolve_identifier

HASH_CHARACTERS = 64

Identifier = Annotated[str, AfterValidator(resolve_identifier)]


def _check_type(text: str) -> str:
    return read_column_type(text).text


TypeText = Annotated[str, AfterValidator(_check_type)]


def _check_expression(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"not a regular expression of Python's: {error}") from error
    return text


class MaskConfig(Section):
    """What the table holds in place of a sensitive value; a missing value stays missing."""

    method: Literal["hash", "fixed", "partial"]
    """hash: 64 hexadecimal digits, equal for equal values; fixed: the same text for all; partial: all characters
    but a few are replaced."""
    where: Literal["before_stage", "publish"] = "before_stage"
    """before_stage: the value never leaves this machine, and a hash is made with the key of mask_conn_id; publish:
    it is masked in Snowflake on its way from the load table, and a hash has no key, as Snowflake would show it."""
    value: str = "***"
    """Text that method fixed puts there."""
    keep_first: int = Field(default=0, ge=0)
    """How many characters at the beginning method partial keeps."""
    keep_last: int = Field(default=0, ge=0)
    """How many characters at the end method partial keeps. Of a value that has no more than are kept none is."""
    character: str = Field(default="*", min_length=1, max_length=1)
    """What method partial puts in the place of each other character."""
    pattern: Annotated[str, AfterValidator(_check_expression)] | None = None
    """Regular expression of Python's that each whole value matches before it is hidden, or staging stops: how
    columns that changed places are noticed. Needed for before_stage where format.header is false; null: none."""


class ColumnConfig(Section):
    """One column of the file, in the file's order."""

    name: Identifier
    """Name in the file's header (compared without case), in rules and in the load table; in the target table too,
    unless target says otherwise."""
    target: Identifier | None = None
    """Column of the target table when it has another name there."""
    nullable: bool = True
    """False: a record without a value here fails QC."""
    type: TypeText | None = None
    """Snowflake type of the table's column, as NUMBER(12,2): for a column or table that is to be made, and for QC
    when the table's own is not known (see qc.target)."""
    mask: MaskConfig | None = None
    """How the value is hidden; null: it is loaded as it is."""

    @property
    def target_name(self) -> str:
        """Column of the target table."""
        return self.target or self.name

    def is_masked(self, where: Literal["before_stage", "publish"]) -> bool:
        """Tell whether the value is masked at this point of its way."""
        return self.mask is not None and self.mask.where == where


def _column_from_name(value: Any) -> Any:
    return {"name": value} if isinstance(value, str) else value


Column = Annotated[
    ColumnConfig, BeforeValidator(_column_from_name, json_schema_input_type=str | ColumnConfig)
]


class PublishedColumn(Section):
    """A column of the target table whose value is computed when the month is published."""

    name: Identifier
    """Column of the target table; when a column of the file goes there, the value takes its place."""
    value: str
    """Expression as in qc.rules, for one record, as upper(trim(store)) or 'SAP'; also load_time() (UTC),
    load_month() (2024-01), run_id(), feed_name() and, for a month of one file, file_name()."""
    type: TypeText | None = None
    """Snowflake type of the column, for one that is to be made."""
    nullable: bool = True
    """False: NOT NULL in a table that is made."""
