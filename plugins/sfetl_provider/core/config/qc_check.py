"""The QC section held against the rest of a feed: each fault names its field, and all come together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from sfetl_provider.core.config.qc_model import CheckedDaysConfig, RuleConfig
from sfetl_provider.core.date_format import strptime_format
from sfetl_provider.core.expression.evaluate import FILE_ONLY
from sfetl_provider.core.expression.tree import Cast, ExpressionError, Kind, Node, aggregates, walk
from sfetl_provider.core.public_holidays import PlaceError, check_place

Location = tuple[str | int, ...]


class FileFields(NamedTuple):
    """What rules read: the kind of each column by name, and the feed's formats of `date` and `timestamp`."""

    columns: Mapping[str, Kind]
    formats: Mapping[str, str]


def check_qc(qc: CheckedDaysConfig, fields: FileFields | None) -> None:
    """Raise a ValidationError with every fault of calendar, rules and key; the latter two need `fields`."""
    faults = list(_calendar_faults(qc))
    if fields is not None:
        for index, rule in enumerate(qc.rules):
            field = "condition" if rule.condition is not None else "aggregate"
            faults += [(("rules", index, field), text) for text in _rule_faults(rule, fields)]
        faults += _key_faults(qc.key, fields)
    if faults:
        raise ValidationError.from_exception_data("qc", [_detail(*fault) for fault in faults])


def _detail(location: Location, message: str) -> InitErrorDetails:
    error = PydanticCustomError("qc", "{message}", {"message": message})
    return InitErrorDetails(type=error, loc=location, input=None)


def _calendar_faults(qc: CheckedDaysConfig) -> Iterator[tuple[Location, str]]:
    if qc.expected_days != "business":
        return
    if qc.calendar.country is None:
        yield ("calendar",), "expected_days business needs a country; for Monday to Friday there is weekdays"
        return
    try:
        check_place(qc.calendar.country, qc.calendar.region)
    except PlaceError as error:
        yield ("calendar", error.field), str(error)


def _rule_faults(rule: RuleConfig, fields: FileFields) -> Iterator[str]:
    try:
        tree = rule.tree(fields.columns)
    except ExpressionError as error:
        yield str(error)
        return
    yield from _format_faults(tree, fields.formats)
    for aggregate in aggregates(tree):
        if rule.per == "month" and aggregate.name in FILE_ONLY:
            yield (
                f"{aggregate.name} of several files cannot be had from those of each: "
                'set "per": "file", and each file is judged'
            )


def _key_faults(key: Sequence[str], fields: FileFields) -> Iterator[tuple[Location, str]]:
    for index, name in enumerate(key):
        if name not in fields.columns:
            yield ("key", index), f"{name} is not one of the columns"
        elif name in key[:index]:
            yield ("key", index), f"{name} stands twice in the key"


def _format_faults(tree: Node, formats: Mapping[str, str]) -> Iterator[str]:
    read = {item.kind for item in walk(tree) if isinstance(item, Cast)} & formats.keys()
    for kind in sorted(read):
        try:
            strptime_format(formats[kind])
        except ValueError as error:
            yield f"it reads a {kind}, and format.{kind}_format cannot be used for that: {error}"
