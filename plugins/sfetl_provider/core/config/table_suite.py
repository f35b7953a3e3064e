"""What Great Expectations' SQL engine is asked over a load table, and what cannot be asked of it.

Sources: docs.greatexpectations.io/docs/reference/expectations (types by engine) and snowflake-sqlalchemy's README
(names in lower case stand for stored names in upper case).
"""

from __future__ import annotations

import re
from typing import Any, TypeAlias

from sfetl_provider.core.config.row_condition import (
    ColumnName,
    Comparison,
    Condition,
    Joined,
    Membership,
    Missing,
    Opposite,
)
from sfetl_provider.core.config.suite import Expectation, Location, Suite, SuiteError

Json: TypeAlias = dict[str, Any]
NOT_IN_SQL = (
    "expect_column_values_to_be_increasing",
    "expect_column_values_to_be_decreasing",
    "expect_column_values_to_be_of_type",
    "expect_column_values_to_be_in_type_list",
    "expect_column_values_to_be_json_parseable",
    "expect_column_values_to_match_strftime_format",
)
"""Types that GX offers for data frames only, and those that ask for a type, which the table's columns have."""
ABOUT_COLUMNS = "expect_table_column"
_COLUMN_FIELDS = ("column", "column_A", "column_B")
_PLAIN_LOWER = re.compile(r"[a-z_][a-z0-9_$]*")
_PLAIN_UPPER = re.compile(r"[A-Z_][A-Z0-9_$]*")


def require_in_table(suite: Suite) -> None:
    """Raise SuiteError with every expectation that cannot be asked over a load table."""
    faults: list[tuple[Location, str]] = []
    for at, expectation in enumerate(suite.expectations):
        try:
            table_kwargs(expectation)
        except ValueError as error:
            text = f"{error}; qc.mode file computes it over the files"
            faults.append((("expectations", at), f"{expectation.type} with qc.mode snowflake: {text}"))
    if faults:
        raise SuiteError(faults)


def is_about_columns(expectation: Expectation) -> bool:
    """Tell whether it is about the columns and no value: a load table has those of the feed."""
    return expectation.type.startswith(ABOUT_COLUMNS) or expectation.type == "expect_column_to_exist"


def stored_columns(expectation: Expectation) -> list[str]:
    """Give the columns whose values it is about, by their stored names."""
    kwargs = expectation.kwargs
    named = [kwargs[field] for field in _COLUMN_FIELDS if field in kwargs]
    return [expectation.stored(name) for name in (*named, *kwargs.get("column_list", ()))]


def table_kwargs(expectation: Expectation) -> Json:
    """Give the arguments for GX's SQL engine, columns by the names that it gives them.

    Raises ValueError when the engine does not have what is asked.
    """
    if is_about_columns(expectation):
        return {}
    if expectation.type in NOT_IN_SQL:
        raise ValueError("the SQL engine of Great Expectations does not have this type")
    kwargs = {key: value for key, value in expectation.kwargs.items() if key != "condition_parser"}
    for field in _COLUMN_FIELDS:
        if field in kwargs:
            kwargs[field] = _name(expectation.stored(kwargs[field]))
    if "column_list" in kwargs:
        kwargs["column_list"] = [_name(expectation.stored(name)) for name in kwargs["column_list"]]
    if expectation.condition is not None:
        kwargs["row_condition"] = _condition(expectation.condition)
    return kwargs


def _name(stored: str) -> str:
    if _PLAIN_LOWER.fullmatch(stored):
        raise ValueError(
            f"column {stored} is stored in lower case, which the SQL engine takes for upper case"
        )
    return stored.lower() if _PLAIN_UPPER.fullmatch(stored) else stored


def _condition(condition: Condition) -> Json:
    match condition:
        case Comparison(column=column, operator=sign, operand=operand) if not isinstance(operand, ColumnName):
            return _compared(column, sign, operand)
        case Membership(column=column, values=values):
            return _compared(column, "IN", list(values))
        case Opposite(condition=Membership(column=column, values=values)):
            return _compared(column, "NOT_IN", list(values))
        case Missing(column=column):
            return _nullity(column, is_null=True)
        case Opposite(condition=Missing(column=column)):
            return _nullity(column, is_null=False)
        case Joined(is_all=is_all, conditions=parts):
            return {"type": "and" if is_all else "or", "conditions": [_condition(part) for part in parts]}
    raise ValueError("the SQL engine takes a row_condition that compares columns with values, without not")


def _compared(column: ColumnName, operator: str, parameter: Any) -> Json:
    named = {"name": _name(column.name)}
    return {"type": "comparison", "column": named, "operator": operator, "parameter": parameter}


def _nullity(column: ColumnName, *, is_null: bool) -> Json:
    return {"type": "nullity", "column": {"name": _name(column.name)}, "is_null": is_null}
