"""From the text of an expression to its tree: what is not listed here is refused.

The text is parsed as Snowflake SQL by sqlglot, whose nodes are looked up by the names of their classes; an
argument that no rule here takes is refused too. sqlglot is imported when the first expression is read: it costs
a quarter of a second, and a feed without rules does not need it.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Mapping
from decimal import Context, Decimal
from typing import Any

from sfetl_provider.core.expression.kinds import as_kind, as_one_kind, explicit_cast
from sfetl_provider.core.expression.tree import (
    PRECISION,
    SCALE,
    Aggregate,
    Cast,
    Column,
    Constant,
    ExpressionError,
    Fact,
    FactName,
    Kind,
    Node,
    Operation,
)

TEXT_LIMIT = 4000
_COMPARISONS = {"EQ": "=", "NEQ": "<>", "LT": "<", "LTE": "<=", "GT": ">", "GTE": ">="}
_ARITHMETIC = {"Add": "+", "Sub": "-", "Mul": "*", "Div": "/", "Mod": "%"}
_FUNCTIONS: dict[str, tuple[str, Kind, Kind]] = {
    "Length": ("length", "text", "number"),
    "Lower": ("lower", "text", "text"),
    "Upper": ("upper", "text", "text"),
    "Trim": ("trim", "text", "text"),
    "Abs": ("abs", "number", "number"),
    "Neg": ("negative", "number", "number"),
    "Year": ("year", "date", "number"),
    "Month": ("month", "date", "number"),
    "Day": ("day", "date", "number"),
    "DayOfMonth": ("day", "date", "number"),
    "DayOfWeek": ("dayofweek", "date", "number"),
    "DayOfWeekIso": ("dayofweekiso", "date", "number"),
}
_AGGREGATES = {"Sum": "sum", "Avg": "avg", "Min": "min", "Max": "max", "Stddev": "stddev", "Median": "median"}
MONTH_FACTS: dict[FactName, Kind] = {
    "month_first_day": "date",
    "month_last_day": "date",
    "month_days": "number",
    "days_with_rows": "number",
}
LOAD_FACTS: dict[FactName, Kind] = {
    "load_time": "timestamp",
    "load_month": "text",
    "run_id": "text",
    "feed_name": "text",
    "file_name": "text",
}
_TYPES: dict[str, Kind] = {
    "DECIMAL": "number",
    "INT": "number",
    "BIGINT": "number",
    "DATE": "date",
    "TIMESTAMP": "timestamp",
    "TIMESTAMPNTZ": "timestamp",
    "VARCHAR": "text",
    "TEXT": "text",
}
_INTEGERS = ("INT", "BIGINT")
_WIDE, _SMALLEST = Context(prec=PRECISION), Decimal(1).scaleb(-SCALE)
# Set by sqlglot for Snowflake's dialect, whatever was written.
_DIALECT_FLAGS = {
    "binary",
    "casts_non_integer_decimals",
    "full_match",
    "big_int",
    "zero_on_all_null",
    "safe",
    "requires_string",
    "typed",
    "is_string",
}
# Not in both of RE2 and Snowflake: look-around and other (?…) but (?:…), and references to groups.
_FOREIGN_PATTERN = re.compile(r"\(\?(?!:)|\\[1-9]")


def read_expression(
    text: str, columns: Mapping[str, Kind], facts: Mapping[FactName, Kind] = MONTH_FACTS
) -> Node:
    """Give the tree of an expression over these columns; raises ExpressionError with the reason otherwise.

    `columns` maps stored names to `raw`, or to the kind as which a column is always read; `facts` are what
    else the expression may name, as functions without arguments.
    """
    return _Reader(columns, facts).node(_parsed(text))


def _parsed(text: str) -> Any:
    from sqlglot import exp, parse_one
    from sqlglot.errors import SqlglotError

    if len(text) > TEXT_LIMIT:
        raise ExpressionError(f"longer than {TEXT_LIMIT} characters")
    try:
        return parse_one(text, dialect="snowflake", into=exp.Condition)
    except SqlglotError:
        raise ExpressionError("not one expression: look for a missing operand, bracket or quote") from None
    except RecursionError:
        raise ExpressionError("nested too deeply") from None


class _Reader:
    """Turns sqlglot's nodes into ours."""

    def __init__(self, columns: Mapping[str, Kind], facts: Mapping[FactName, Kind]) -> None:
        self._columns = columns
        self._facts = facts
        self._readers: dict[str, Callable[[Any], Node]] = {
            "Paren": lambda item: self.node(*_parts(item, "this")),
            "Column": self._column,
            "Literal": _literal,
            "Boolean": lambda item: Constant(bool(item.this), "boolean"),
            "Null": _null,
            "And": self._logic,
            "Or": self._logic,
            "Not": self._logic,
            "In": self._in,
            "Between": self._between,
            "Like": self._like,
            "RegexpLike": self._like,
            "Is": self._is_null,
            "Case": self._case,
            "Cast": self._cast,
            "TryCast": self._cast,
            "Round": self._round,
            "Coalesce": self._coalesce,
            "Nullif": self._nullif,
            "Count": self._count,
            "CountIf": self._count_if,
            "Anonymous": self._fact,
        }

    def node(self, item: Any) -> Node:
        """Give the tree of one of sqlglot's nodes."""
        name = type(item).__name__
        if name in self._readers:
            return self._readers[name](item)
        if name in _COMPARISONS:
            return self._comparison(item, _COMPARISONS[name])
        if name in _ARITHMETIC:
            left, right = (self.node(part) for part in _parts(item, "this", "expression"))
            return _arithmetic(_ARITHMETIC[name], left, right)
        if name in _FUNCTIONS:
            return self._function(item, *_FUNCTIONS[name])
        if name in _AGGREGATES:
            operand = self.node(*_parts(item, "this"))
            return Aggregate(_AGGREGATES[name], (as_kind(operand, "number", _AGGREGATES[name]),))
        raise ExpressionError(f"{_quoted(item)} is not part of the language of rules")

    def _nodes(self, *items: Any) -> list[Node]:
        return [self.node(item) for item in items]

    def _column(self, item: Any) -> Node:
        (identifier,) = _parts(item, "this")
        name = identifier.name if identifier.args.get("quoted") else identifier.name.upper()
        if name not in self._columns:
            raise ExpressionError(f"{name} is not one of the columns")
        kind = self._columns[name]
        return Column(name) if kind == "raw" else Cast(Column(name), kind, is_strict=True)

    def _comparison(self, item: Any, sign: str) -> Node:
        operands = self._nodes(*_parts(item, "this", "expression"))
        if any(operand.kind == "null" for operand in operands):
            raise ExpressionError(f"nothing is {sign} NULL: write IS NULL or IS NOT NULL")
        return Operation(sign, tuple(as_one_kind(operands, sign)), "boolean")

    def _logic(self, item: Any) -> Node:
        name = type(item).__name__.lower()
        parts = _parts(item, "this") if name == "not" else _parts(item, "this", "expression")
        operands = (as_kind(node, "boolean", name.upper()) for node in self._nodes(*parts))
        return Operation(name, tuple(operands), "boolean")

    def _in(self, item: Any) -> Node:
        tested, choices = _parts(item, "this", "expressions")
        return Operation("in", tuple(as_one_kind(self._nodes(tested, *choices), "IN")), "boolean")

    def _between(self, item: Any) -> Node:
        operands = self._nodes(*_parts(item, "this", "low", "high"))
        return Operation("between", tuple(as_one_kind(operands, "BETWEEN")), "boolean")

    def _like(self, item: Any) -> Node:
        name = "like" if type(item).__name__ == "Like" else "regexp_like"
        tested, pattern = self._nodes(*_parts(item, "this", "expression"))
        if not isinstance(pattern, Constant) or not isinstance(pattern.value, str):
            raise ExpressionError(f"the pattern of {name} must be a text in single quotes")
        if name == "regexp_like":
            _check_pattern(pattern.value)
        return Operation(name, (as_kind(tested, "text", name), pattern), "boolean")

    def _is_null(self, item: Any) -> Node:
        tested, wanted = self._nodes(*_parts(item, "this", "expression"))
        if wanted.kind != "null":
            raise ExpressionError("IS takes NULL or NOT NULL")
        return Operation("is_null", (tested,), "boolean")

    def _case(self, item: Any) -> Node:
        branches, default = _parts(item, "ifs", "default?")
        pairs = [self._nodes(*_parts(branch, "this", "true")) for branch in branches]
        conditions = [as_kind(condition, "boolean", "WHEN") for condition, _ in pairs]
        last = self.node(default) if default else Constant(None, "null")
        results = as_one_kind([*(result for _, result in pairs), last], "CASE")
        flat = [node for pair in zip(conditions, results, strict=False) for node in pair]
        return Operation("case", (*flat, results[-1]), results[-1].kind)

    def _cast(self, item: Any) -> Node:
        operand, to = _parts(item, "this", "to")
        return explicit_cast(self.node(operand), _target(to, is_strict=type(item).__name__ == "Cast"))

    def _function(self, item: Any, name: str, takes: Kind, gives: Kind) -> Node:
        (operand,) = self._nodes(*_parts(item, "this"))
        if name == "negative" and isinstance(operand, Constant) and isinstance(operand.value, Decimal):
            return Constant(-operand.value, "number")
        return Operation(name, (as_kind(operand, takes, name),), gives)

    def _round(self, item: Any) -> Node:
        operand, digits = _parts(item, "this", "decimals?")
        places = self.node(digits) if digits else Constant(Decimal(0), "number")
        if not isinstance(places, Constant) or places.value not in range(SCALE + 1):
            raise ExpressionError(f"round takes a number of decimals from 0 to {SCALE}, written as a number")
        return Operation("round", (as_kind(self.node(operand), "number", "round"), places), "number")

    def _coalesce(self, item: Any) -> Node:
        first, others = _parts(item, "this", "expressions")
        operands = as_one_kind(self._nodes(first, *others), "coalesce")
        return Operation("coalesce", tuple(operands), operands[0].kind)

    def _nullif(self, item: Any) -> Node:
        operands = as_one_kind(self._nodes(*_parts(item, "this", "expression")), "nullif")
        return Operation("nullif", tuple(operands), operands[0].kind)

    def _count(self, item: Any) -> Node:
        (counted,) = _parts(item, "this")
        if type(counted).__name__ == "Star":
            return Aggregate("count_all", ())
        if type(counted).__name__ != "Distinct":
            return Aggregate("count", (self.node(counted),))
        (values,) = _parts(counted, "expressions")
        if len(values) != 1:
            raise ExpressionError("count(DISTINCT …) takes one value")
        return Aggregate("count_distinct", (self.node(values[0]),))

    def _count_if(self, item: Any) -> Node:
        (condition,) = self._nodes(*_parts(item, "this"))
        return Aggregate("count_if", (as_kind(condition, "boolean", "count_if"),))

    def _fact(self, item: Any) -> Node:
        for fact, kind in self._facts.items():
            if fact == str(item.this).lower():
                _parts(item, "this")
                return Fact(fact, kind)
        raise ExpressionError(f"{_quoted(item)}: there is no such function in the language of rules")


def _parts(item: Any, *names: str) -> list[Any]:
    """Give these arguments of a node, None for an absent one marked by `?`; any other one is refused."""
    wanted = [name.rstrip("?") for name in names]
    found = {name: value for name, value in item.args.items() if value not in (None, False, [])}
    if (
        found.keys() - set(wanted) - _DIALECT_FLAGS
        or {name for name in names if name[-1] != "?"} - found.keys()
    ):
        raise ExpressionError(f"{_quoted(item)} is not part of the language of rules in this form")
    return [found.get(name) for name in wanted]


def _quoted(item: Any) -> str:
    text = str(item.sql(dialect="snowflake", comments=False))
    return text if len(text) <= 80 else f"{text[:80]}…"


def _null(_: Any) -> Node:
    return Constant(None, "null")


def _literal(item: Any) -> Node:
    if item.is_string:
        if "\0" in item.this:
            raise ExpressionError("a text must not hold a NUL character")
        return Constant(item.this, "text")
    value = Decimal(item.this)
    if value.adjusted() >= PRECISION - SCALE or value != value.quantize(_SMALLEST, context=_WIDE):
        raise ExpressionError(f"{item.this} does not fit NUMBER({PRECISION}, {SCALE}), which rules count in")
    return Constant(value, "number")


def _arithmetic(sign: str, left: Node, right: Node) -> Node:
    is_dated = [node.kind in ("date", "timestamp") for node in (left, right)]
    if sign in "+-" and is_dated[0]:
        day = as_kind(left, "date", sign)
        if sign == "-" and (is_dated[1] or (isinstance(right, Constant) and right.kind == "text")):
            return Operation("days_between", (day, as_kind(right, "date", sign)), "number")
        name = "days_after" if sign == "+" else "days_before"
        return Operation(name, (day, as_kind(right, "number", sign)), "date")
    operands = (as_kind(left, "number", sign), as_kind(right, "number", sign))
    return Operation(sign, operands, "number")


def _target(to: Any, is_strict: bool) -> Cast:
    name = to.this.name if hasattr(to.this, "name") else str(to.this)
    kind = _TYPES.get(name)
    if kind is None:
        raise ExpressionError(f"CAST to {_quoted(to)}: use NUMBER, DATE, TIMESTAMP or VARCHAR")
    nothing = Constant(None, "null")
    if kind != "number":
        return Cast(nothing, kind, is_strict=is_strict and kind != "text")
    sizes = [int(size.name) for size in to.expressions]
    precision, scale = (*(sizes or [PRECISION]), 0)[:2]
    if name not in _INTEGERS and (precision, scale) == (PRECISION, 0):
        # NUMBER alone; sqlglot writes Snowflake's sizes into it, which would round to whole numbers.
        scale = SCALE
    if not (1 <= precision <= PRECISION and 0 <= scale <= precision):
        raise ExpressionError(f"CAST to {_quoted(to)}: NUMBER has up to {PRECISION} digits")
    return Cast(nothing, kind, is_strict, precision, scale)


def _check_pattern(pattern: str) -> None:
    if foreign := _FOREIGN_PATTERN.search(pattern):
        raise ExpressionError(f"{foreign[0]} in the pattern '{pattern}' is not known to all databases")
    try:
        with warnings.catch_warnings():
            # Python warns of classes as [[:alpha:]], which both databases know.
            warnings.simplefilter("ignore", FutureWarning)
            re.compile(pattern)
    except re.error as error:
        raise ExpressionError(f"the pattern '{pattern}' cannot be read: {error}") from None
