"""`row_condition` of an expectation, in each of the three forms that Great Expectations has, as one tree.

As in pandas, a condition is true or false and nothing else: a comparison with a missing value is false, `!=` and
`not in` are true. A column that is compared with a number is read as numbers, with a text as texts.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

Literal: TypeAlias = str | int | float
OPERATORS = ("==", "!=", "<", "<=", ">", ">=")
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_PANDAS_OPERATORS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}
_NULLITY = {"isnull": True, "isna": True, "notnull": False, "notna": False}
_GX = re.compile(
    r"""\s*col\("(?P<column>[^"]+)"\)\s*(?:(?P<notnull>\.notnull\(\))|(?P<operator><=|>=|==|!=|<|>)\s*
    (?:date\((?P<date>"[^"]*"|'[^']*')\)|(?P<number>[+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?)|(?P<text>"[^"]*"|'[^']*'))
    )\s*""",
    re.VERBOSE | re.IGNORECASE,
)
# pandas reads & and | as `and` and `or`, which bind less tightly than comparisons.
_PANDAS_TOKEN = re.compile(r"""(?P<quoted>"[^"]*"|'[^']*')|`(?P<name>[^`]+)`|(?P<sign>[&|])""")
_WORDS = {"&": " and ", "|": " or "}


@dataclass(frozen=True)
class ColumnName:
    """A column of the file, by its stored name."""

    name: str


@dataclass(frozen=True)
class Comparison:
    """A column compared with a value or another column."""

    column: ColumnName
    operator: str
    operand: Literal | ColumnName


@dataclass(frozen=True)
class Membership:
    """A column's value is one of several."""

    column: ColumnName
    values: tuple[Literal, ...]


@dataclass(frozen=True)
class Missing:
    """A column's value is missing."""

    column: ColumnName


@dataclass(frozen=True)
class Opposite:
    """Not so."""

    condition: Condition


@dataclass(frozen=True)
class Joined:
    """All of several conditions, or any of them."""

    is_all: bool
    conditions: tuple[Condition, ...]


Condition: TypeAlias = Comparison | Membership | Missing | Opposite | Joined
Resolve: TypeAlias = Callable[[str], str]


def read_row_condition(value: Any, parser: str | None, resolve: Resolve) -> Condition:
    """Read a condition; `resolve` gives a column's stored name, or raises ValueError when there is none.

    Raises ValueError for anything that is none.
    """
    if isinstance(value, Mapping):
        return _object(value, resolve)
    if not isinstance(value, str):
        raise ValueError("a row_condition is a text or an object")
    if parser == "pandas":
        return _Pandas(resolve).read(value)
    if parser in ("great_expectations", "great_expectations__experimental__"):
        return _gx(value, resolve)
    raise ValueError(
        'a row_condition that is a text needs a condition_parser: "pandas" or "great_expectations"'
    )


def _object(value: Mapping[str, Any], resolve: Resolve) -> Condition:
    try:
        match value.get("type"):
            case "comparison":
                return _compared(value, resolve)
            case "nullity":
                missing = Missing(ColumnName(resolve(value["column"]["name"])))
                return missing if value["is_null"] else Opposite(missing)
            case "and" | "or":
                parts = tuple(_object(part, resolve) for part in value["conditions"])
                return Joined(value["type"] == "and", parts)
            case "pass_through":
                return _Pandas(resolve).read(value["pass_through_filter"])
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"no row_condition as Great Expectations writes it: {error!r}") from None
    raise ValueError('the type of a row_condition is "comparison", "nullity", "and", "or" or "pass_through"')


def _compared(value: Mapping[str, Any], resolve: Resolve) -> Condition:
    column, sign = ColumnName(resolve(value["column"]["name"])), value["operator"]
    if sign in ("IN", "NOT_IN"):
        member = Membership(column, tuple(_literal(item) for item in value["parameter"]))
        return member if sign == "IN" else Opposite(member)
    if sign not in OPERATORS:
        raise ValueError(f"{sign!r} is no operator of a row_condition")
    return Comparison(column, sign, _literal(value["parameter"]))


def _literal(value: Any) -> Literal:
    if isinstance(value, str) or (isinstance(value, int | float) and not isinstance(value, bool)):
        return value
    raise ValueError(f"{value!r} is neither a text nor a number: a row_condition compares with these")


def _gx(text: str, resolve: Resolve) -> Condition:
    read = _GX.fullmatch(text)
    if read is None:
        raise ValueError(f'{text!r} is not of the form col("name") > 3 or col("name").notNull()')
    column = ColumnName(resolve(read["column"]))
    if read["notnull"]:
        return Opposite(Missing(column))
    quoted = read["date"] or read["text"]
    return Comparison(column, read["operator"], quoted[1:-1] if quoted else float(read["number"]))


class _Pandas:
    """Reads what DataFrame.query takes: comparisons, in, isnull(), and, or, not."""

    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve
        self._backticked: dict[str, str] = {}

    def read(self, text: str) -> Condition:
        """Give the tree of a text."""
        try:
            expression = ast.parse(_PANDAS_TOKEN.sub(self._as_python, text).strip(), mode="eval").body
        except (SyntaxError, ValueError):
            raise ValueError(f"{text!r} cannot be read as a condition of pandas") from None
        return self._condition(expression)

    def _as_python(self, token: re.Match[str]) -> str:
        if token["name"] is None:
            return _WORDS.get(token[0], token[0])
        placeholder = f"backticked_{len(self._backticked)}_"
        self._backticked[placeholder] = token["name"]
        return placeholder

    def _condition(self, node: ast.expr) -> Condition:
        match node:
            case ast.BoolOp(op=sign, values=values):
                return Joined(isinstance(sign, ast.And), tuple(self._condition(value) for value in values))
            case ast.UnaryOp(op=ast.Not() | ast.Invert(), operand=operand):
                return Opposite(self._condition(operand))
            case ast.Compare(left=left, ops=signs, comparators=rights):
                lefts = [left, *rights[:-1]]
                parts = [self._comparison(*part) for part in zip(lefts, signs, rights, strict=True)]
                return parts[0] if len(parts) == 1 else Joined(True, tuple(parts))
            case ast.Call(func=ast.Attribute(value=column, attr=name), args=[], keywords=[]) if (
                name in _NULLITY
            ):
                missing = Missing(self._column(column))
                return missing if _NULLITY[name] else Opposite(missing)
        raise ValueError(
            f"{ast.unparse(node)!r} is not offered in a row_condition: compare columns with values"
        )

    def _comparison(self, left: ast.expr, sign: ast.cmpop, right: ast.expr) -> Condition:
        if isinstance(sign, ast.In | ast.NotIn):
            member = Membership(self._column(left), self._values(right))
            return member if isinstance(sign, ast.In) else Opposite(member)
        if type(sign) not in _PANDAS_OPERATORS:
            raise ValueError("a row_condition compares with ==, !=, <, <=, >, >=, in and not in")
        written = _PANDAS_OPERATORS[type(sign)]
        if not isinstance(left, ast.Name) and isinstance(right, ast.Name):
            return self._comparison_of(right, _MIRRORED.get(written, written), left)
        return self._comparison_of(left, written, right)

    def _comparison_of(self, left: ast.expr, sign: str, right: ast.expr) -> Condition:
        operand = self._column(right) if isinstance(right, ast.Name) else self._value(right)
        return Comparison(self._column(left), sign, operand)

    def _column(self, node: ast.expr) -> ColumnName:
        if not isinstance(node, ast.Name):
            raise ValueError(f"{ast.unparse(node)!r} is no column")
        return ColumnName(self._resolve(self._backticked.get(node.id, node.id)))

    def _values(self, node: ast.expr) -> tuple[Literal, ...]:
        if not isinstance(node, ast.List | ast.Tuple | ast.Set):
            raise ValueError(f"{ast.unparse(node)!r} is no list of values")
        return tuple(self._value(item) for item in node.elts)

    def _value(self, node: ast.expr) -> Literal:
        match node:
            case ast.Constant(value=value):
                return _literal(value)
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
                return operator.neg(value)
        raise ValueError(f"{ast.unparse(node)!r} is no value")
