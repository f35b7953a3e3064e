"""The rules of a feed held against its columns; each fault names its field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from sfetl_provider.core.config.qc_model import RuleConfig
from sfetl_provider.core.date_format import strptime_format
from sfetl_provider.core.expression.evaluate import FILE_ONLY
from sfetl_provider.core.expression.tree import Cast, ExpressionError, Kind, Node, aggregates, walk

MomentFormats = Mapping[str, str]


def check_rules(rules: Sequence[RuleConfig], columns: Mapping[str, Kind], formats: MomentFormats) -> None:
    """Raise a ValidationError with every fault of the rules, each at its field.

    `columns` maps names to kinds; `formats` holds the feed's formats of `date` and `timestamp`.
    """
    faults = [
        _fault(index, rule, message)
        for index, rule in enumerate(rules)
        for message in _faults(rule, columns, formats)
    ]
    if faults:
        raise ValidationError.from_exception_data("rules", faults)


def _faults(rule: RuleConfig, columns: Mapping[str, Kind], formats: MomentFormats) -> Iterator[str]:
    try:
        tree = rule.tree(columns)
    except ExpressionError as error:
        yield str(error)
        return
    yield from _format_faults(tree, formats)
    for aggregate in aggregates(tree):
        if rule.per == "month" and aggregate.name in FILE_ONLY:
            yield (
                f"{aggregate.name} of several files cannot be had from those of each: "
                'set "per": "file", and each file is judged'
            )


def _format_faults(tree: Node, formats: MomentFormats) -> Iterator[str]:
    read = {item.kind for item in walk(tree) if isinstance(item, Cast)} & formats.keys()
    for kind in sorted(read):
        try:
            strptime_format(formats[kind])
        except ValueError as error:
            yield f"it reads a {kind}, and format.{kind}_format cannot be used for that: {error}"


def _fault(index: int, rule: RuleConfig, message: str) -> InitErrorDetails:
    field = "condition" if rule.condition is not None else "aggregate"
    error = PydanticCustomError("rule", "{message}", {"message": message})
    location: tuple[Any, ...] = ("rules", index, field)
    return InitErrorDetails(type=error, loc=location, input=rule.text)
