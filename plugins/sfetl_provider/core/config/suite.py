"""A suite of Great Expectations, in GX's own JSON, held against a feed's columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Literal

from pydantic import Field, SkipValidation, ValidationError

from sfetl_provider.core.config.expectation_kinds import KINDS, Arguments
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.config.row_condition import Condition, read_row_condition
from sfetl_provider.core.config.section import Section
from sfetl_provider.core.identifiers import resolve_identifier

Location = tuple[str | int, ...]
_TOLD_IN_COUNTS = (
    "expect_column_values_to_",
    "expect_column_value_lengths_",
    "expect_column_pair_values_",
    "expect_column_proportion_of_",
    "expect_column_unique_value_count_",
    "expect_column_to_exist",
)
_TOLD_IN_VALUES = (
    "expect_column_values_to_be_increasing",
    "expect_column_values_to_be_decreasing",
    "expect_column_values_to_not_be_outliers",
)
_MAY_BE_ABSENT = "expect_column_to_exist"
_COLUMN_FIELDS = ("column", "column_A", "column_B")


class Expectation(Section):
    """One expectation as the suite has it; `column_names` are those of the feed, as stored."""

    type: str
    kwargs: dict[str, Any]
    severity: Literal["critical", "warning", "info"] = "critical"
    meta: dict[str, Any] | None = None
    notes: Any = None
    description: str | None = None
    id: str | None = None
    windows: Any = None
    rendered_content: Any = None
    column_names: tuple[str, ...] = Field(default=(), exclude=True)

    @cached_property
    def arguments(self) -> Arguments:
        """What the expectation takes, read; raises ValidationError."""
        return KINDS[self.type].model_validate(self.kwargs)

    @cached_property
    def condition(self) -> Condition | None:
        """Which records it is about, None for all; raises ValueError."""
        value = self.arguments.row_condition
        if value is None or value == "":
            return None
        return read_row_condition(value, self.arguments.condition_parser, self.stored)

    def stored(self, name: str) -> str:
        """Give a column's stored name; raises ValueError when the feed has none of that name."""
        return stored_name(name, self.column_names)


class Suite(Section):
    """The suite of a feed."""

    name: str
    expectations: SkipValidation[tuple[Expectation, ...]]


def stored_name(name: str, columns: Sequence[str]) -> str:
    """Give the stored name of a column that a suite names as the file, the config or the table does."""
    if name in columns:
        return name
    try:
        resolved = resolve_identifier(name)
    except ValueError:
        resolved = name
    if resolved not in columns:
        raise ValueError(f"{name!r} is none of the feed's columns: {', '.join(columns)}")
    return resolved


class SuiteError(ValueError):
    """A suite that cannot be used: every fault with its place."""

    def __init__(self, faults: Sequence[tuple[Location, str]]) -> None:
        super().__init__("; ".join(text for _, text in faults))
        self.faults = tuple(faults)


def suite_of(config: FeedConfig) -> Suite | None:
    """Give the suite of a feed, None when it names none; costs a third of a second once."""
    return None if config.suite is None else read_suite(config.suite, config.column_names)


def masked_faults(suite: Suite, masked: Sequence[str]) -> Iterator[tuple[Location, str]]:
    """Give the expectations that would tell values of masked columns, in what they observe."""
    for index, expectation in enumerate(suite.expectations):
        if expectation.type.startswith(_TOLD_IN_COUNTS) and expectation.type not in _TOLD_IN_VALUES:
            continue
        named = [expectation.kwargs.get(field) for field in _COLUMN_FIELDS]
        named += expectation.kwargs.get("column_list") or []
        hidden = sorted({expectation.stored(str(name)) for name in named if name} & set(masked))
        if hidden:
            text = f"it would tell values of {', '.join(hidden)}, which the feed masks"
            yield ("expectations", index, "type"), text


def read_suite(content: Mapping[str, Any], columns: Sequence[str]) -> Suite:
    """Read a suite for a feed with these columns; raises SuiteError with all faults."""
    faults: list[tuple[Location, str]] = []
    listed = content.get("expectations")
    if not isinstance(listed, list):
        faults.append((("expectations",), "a suite has a list of expectations, as GX writes it"))
        listed = []
    if content.get("suite_parameters"):
        faults.append(
            (("suite_parameters",), "suite parameters are not offered: write the values themselves")
        )
    expectations: list[Expectation] = []
    for at, item in enumerate(listed):
        found = list(_faults(item, columns))
        faults += [(("expectations", at, *location), text) for location, text in found]
        if not found:
            expectations.append(_expectation(item, columns))
    if faults:
        raise SuiteError(faults)
    return Suite(name=str(content.get("name") or "expectations"), expectations=tuple(expectations))


def _expectation(item: Mapping[str, Any], columns: Sequence[str]) -> Expectation:
    return Expectation.model_validate({**item, "column_names": tuple(columns)})


def _faults(item: Any, columns: Sequence[str]) -> Iterator[tuple[Location, str]]:
    if not isinstance(item, Mapping):
        yield (), "an expectation is an object"
        return
    kind = item.get("type")
    if kind not in KINDS:
        yield ("type",), f"{kind!r} is not supported; supported are: {', '.join(KINDS)}"
        return
    try:
        expectation = _expectation(item, columns)
    except ValidationError as error:
        yield from _read_errors(error, ())
        return
    try:
        arguments = expectation.arguments
    except ValidationError as error:
        yield from _read_errors(error, ("kwargs",))
        return
    yield from _column_faults(expectation, arguments)
    yield from _condition_faults(expectation)


def _read_errors(error: ValidationError, below: Location) -> Iterator[tuple[Location, str]]:
    for item in error.errors():
        yield (*below, *item["loc"]), item["msg"].removeprefix("Value error, ")


def _column_faults(expectation: Expectation, arguments: Arguments) -> Iterator[tuple[Location, str]]:
    if expectation.type == _MAY_BE_ABSENT or expectation.type.startswith("expect_table"):
        return
    named: list[tuple[Location, str]] = [
        ((field,), getattr(arguments, field)) for field in _COLUMN_FIELDS if hasattr(arguments, field)
    ]
    several = getattr(arguments, "column_list", ())
    named += [(("column_list", at), name) for at, name in enumerate(several)]
    for location, name in named:
        try:
            expectation.stored(name)
        except ValueError as error:
            yield ("kwargs", *location), str(error)


def _condition_faults(expectation: Expectation) -> Iterator[tuple[Location, str]]:
    try:
        condition = expectation.condition
    except ValueError as error:
        yield ("kwargs", "row_condition"), str(error)
        return
    is_about_columns = expectation.type in (_MAY_BE_ABSENT, *_OF_COLUMNS)
    if condition is not None and is_about_columns:
        yield ("kwargs", "row_condition"), "the columns are the same for all records"


_OF_COLUMNS = tuple(kind for kind in KINDS if kind.startswith("expect_table_column"))
