"""The types of expectations that are offered, and what each of them takes.

This is a table of our own, so that reading a config does not import Great Expectations, which takes seconds and
300 MB. Types and arguments are those of docs.greatexpectations.io/docs/reference/expectations.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, PlainValidator, StrictInt, StrictStr, model_validator

from sfetl_provider.core.config.python_regex import re2_text
from sfetl_provider.core.config.python_strptime import shape_of
from sfetl_provider.core.config.section import Section

_EXACT = 2**53
Value = str | int | float
Bound = int | float | datetime


def _check_value(value: Any) -> Value:
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        raise ValueError(
            f"{value!r} is neither a text nor a number; write dates and truth values as in the file"
        )
    if isinstance(value, int) and abs(value) > _EXACT:
        raise ValueError("a whole number beyond 2^53 is compared exactly as a text only: put it in quotes")
    return value


def _check_number(value: Any) -> float | int:
    number = _check_value(value)
    if isinstance(number, str):
        raise ValueError(f"{value!r} is no number")
    return number


def _check_bound(value: Any) -> Bound:
    if not isinstance(value, str):
        return _check_number(value)
    # GX takes a text for a number if it is one, and else for a date or a time.
    for read in (float, datetime.fromisoformat):
        try:
            bound = read(value)
        except ValueError:
            continue
        return bound.replace(tzinfo=None) if isinstance(bound, datetime) else bound
    raise ValueError(f"{value!r} is neither a number nor a date or time as 2024-01-31 or 2024-01-31T12:00:00")


def _check_regex(pattern: str) -> str:
    re2_text(pattern)
    return pattern


def _check_format(strftime_format: str) -> str:
    shape_of(strftime_format)
    return strftime_format


AnyValue = Annotated[Value, PlainValidator(_check_value)]
Number = Annotated[float | int, PlainValidator(_check_number)]
AnyBound = Annotated[Bound, PlainValidator(_check_bound)]
Regex = Annotated[StrictStr, AfterValidator(_check_regex)]
Several = Annotated[tuple[StrictStr, ...], Field(min_length=1)]
RowsToIgnore = Literal["all_values_are_missing", "any_value_is_missing", "never"]
PairsToIgnore = Literal["both_values_are_missing", "either_value_is_missing", "neither"]


class Arguments(Section):
    """What every expectation takes; the first three say how GX runs, and are ignored here."""

    # Of some forty kinds, a suite has few: each is built when it is first used.
    model_config = ConfigDict(defer_build=True)

    batch_id: Any = None
    result_format: Any = None
    catch_exceptions: Any = None
    mostly: float = Field(default=1, ge=0, le=1)
    row_condition: Any = None
    condition_parser: Any = None


class TableArguments(Arguments):
    """No column."""


class ColumnArguments(Arguments):
    """One column."""

    column: StrictStr


class ColumnPlace(ColumnArguments):
    """A column and where it stands, from 0."""

    column_index: StrictInt | None = None


class ValueSet(ColumnArguments):
    """A set of values."""

    value_set: tuple[AnyValue, ...]
    ties_okay: bool | None = None


class Bounds(ColumnArguments):
    """Two bounds of one kind, numbers or dates."""

    min_value: AnyBound | None = None
    max_value: AnyBound | None = None
    strict_min: bool = False
    strict_max: bool = False

    @model_validator(mode="after")
    def _check_bounds(self) -> Self:
        bounds = [bound for bound in (self.min_value, self.max_value) if bound is not None]
        if len({isinstance(bound, datetime) for bound in bounds}) > 1:
            raise ValueError("min_value and max_value are both dates or both numbers")
        if len(bounds) == 2 and bounds[0] > bounds[1]:  # type: ignore[operator]
            raise ValueError("min_value is above max_value")
        return self


class NeededBounds(Bounds):
    """At least one of the two bounds."""

    @model_validator(mode="after")
    def _check_any(self) -> Self:
        if self.min_value is None and self.max_value is None:
            raise ValueError("min_value, max_value or both")
        return self


class NumberBounds(Bounds):
    """Bounds of a number."""

    min_value: Number | None = None
    max_value: Number | None = None


class LengthBounds(NeededBounds):
    """Bounds of a length, in characters."""

    min_value: Number | None = None
    max_value: Number | None = None


class CountBounds(TableArguments):
    """Bounds of a count."""

    min_value: Number | None = None
    max_value: Number | None = None
    strict_min: bool = False
    strict_max: bool = False


class Count(TableArguments):
    """A count."""

    value: StrictInt


class Length(ColumnArguments):
    """A length, in characters."""

    value: Number


class RegexArguments(ColumnArguments):
    """A regular expression, found anywhere in the value."""

    regex: Regex


class RegexList(ColumnArguments):
    """Several regular expressions."""

    regex_list: Annotated[tuple[Regex, ...], Field(min_length=1)]
    match_on: Literal["any", "all"] = "any"


class LikeArguments(ColumnArguments):
    """A pattern of LIKE."""

    like_pattern: StrictStr
    escape: Annotated[str, Field(min_length=1, max_length=1)] | None = None


class LikeList(ColumnArguments):
    """Several patterns of LIKE."""

    like_pattern_list: Several
    match_on: Literal["any", "all"] = "any"
    escape: Annotated[str, Field(min_length=1, max_length=1)] | None = None


class DateText(ColumnArguments):
    """A format in strftime's notation."""

    strftime_format: Annotated[StrictStr, AfterValidator(_check_format)]


class Order(ColumnArguments):
    """Whether equal neighbours are refused."""

    strictly: bool | None = None


_BITS = ("8", "16", "32", "64")
NUMBER_TYPES = frozenset(
    [f"{name}{bits}" for name in ("float", "Float") for bits in _BITS[1:]]
    + ["float", "double", "number", "FLOAT", "DOUBLE", "NUMBER", "DECIMAL"]
)
WHOLE_TYPES = frozenset(
    [f"{name}{bits}" for name in ("int", "Int", "uint", "UInt") for bits in _BITS]
    + ["int", "integer", "long", "INTEGER", "BIGINT"]
)
TEXT_TYPES = frozenset(["str", "string", "object", "object_", "String", "StringDtype", "VARCHAR", "TEXT"])
TRUTH_TYPES = frozenset(["bool", "bool_", "boolean", "BooleanDtype", "BOOLEAN"])
MOMENT_TYPES = frozenset(
    [f"datetime64{unit}" for unit in ("", "[s]", "[ms]", "[us]", "[ns]")]
    + ["date", "datetime", "Timestamp", "DATE", "TIMESTAMP"]
)
_TYPES = NUMBER_TYPES | WHOLE_TYPES | TEXT_TYPES | TRUTH_TYPES | MOMENT_TYPES


def _check_type(name: str) -> str:
    if name not in _TYPES:
        raise ValueError(f"{name!r} is none of the types: {', '.join(sorted(_TYPES))}")
    return name


TypeName = Annotated[StrictStr, AfterValidator(_check_type)]


class TypeArguments(ColumnArguments):
    """The name of a type, as NumPy, pandas, Python or SQL have it."""

    type_: TypeName


class TypeList(ColumnArguments):
    """Several types."""

    type_list: Annotated[tuple[TypeName, ...], Field(min_length=1)]


class ZScore(ColumnArguments):
    """A distance from the mean, in standard deviations."""

    threshold: Number
    double_sided: bool


class Outlier(ColumnArguments):
    """What lies outside: the quartiles by a multiple of their distance, or the mean by one of the deviation."""

    method: Literal["iqr", "std"] = "iqr"
    multiplier: Annotated[float, Field(gt=0)] = 1.5


class QuantileRanges(Section):
    """Quantiles from 0 to 1, and between which values each lies."""

    quantiles: Annotated[tuple[Annotated[float, Field(ge=0, le=1)], ...], Field(min_length=1)]
    value_ranges: tuple[tuple[Number | None, Number | None], ...]

    @model_validator(mode="after")
    def _check_lengths(self) -> Self:
        if len(self.quantiles) != len(self.value_ranges):
            raise ValueError("quantiles and value_ranges differ in length")
        return self


class Quantiles(ColumnArguments):
    """Quantiles and their ranges."""

    quantile_ranges: QuantileRanges
    allow_relative_error: Literal[False, "linear", "lower", "higher", "midpoint", "nearest"] = False


class PairArguments(Arguments):
    """Two columns."""

    column_A: StrictStr  # noqa: N815
    column_B: StrictStr  # noqa: N815
    ignore_row_if: PairsToIgnore = "both_values_are_missing"


class GreaterPair(PairArguments):
    """Whether equal values will do."""

    or_equal: bool | None = None


class PairSet(PairArguments):
    """The pairs that may be; null stands for a missing value."""

    value_pairs_set: tuple[tuple[AnyValue | None, AnyValue | None], ...]


class ColumnsArguments(Arguments):
    """Several columns."""

    column_list: Annotated[tuple[StrictStr, ...], Field(min_length=2)]
    ignore_row_if: RowsToIgnore = "all_values_are_missing"


class SumTotal(ColumnsArguments):
    """What the columns of each record add up to."""

    sum_total: Number


class ColumnSet(TableArguments):
    """The names of the columns in any order."""

    column_set: Several | None = None
    exact_match: bool | None = True


class ColumnOrder(TableArguments):
    """The names of the columns in the file's order."""

    column_list: Several | None = None


KINDS: dict[str, type[Arguments]] = {
    "expect_column_distinct_values_to_be_in_set": ValueSet,
    "expect_column_distinct_values_to_contain_set": ValueSet,
    "expect_column_distinct_values_to_equal_set": ValueSet,
    "expect_column_max_to_be_between": Bounds,
    "expect_column_mean_to_be_between": NumberBounds,
    "expect_column_median_to_be_between": NumberBounds,
    "expect_column_min_to_be_between": Bounds,
    "expect_column_most_common_value_to_be_in_set": ValueSet,
    "expect_column_pair_values_a_to_be_greater_than_b": GreaterPair,
    "expect_column_pair_values_to_be_equal": PairArguments,
    "expect_column_pair_values_to_be_in_set": PairSet,
    "expect_column_proportion_of_non_null_values_to_be_between": NumberBounds,
    "expect_column_proportion_of_unique_values_to_be_between": NumberBounds,
    "expect_column_quantile_values_to_be_between": Quantiles,
    "expect_column_stdev_to_be_between": NumberBounds,
    "expect_column_sum_to_be_between": NumberBounds,
    "expect_column_to_exist": ColumnPlace,
    "expect_column_unique_value_count_to_be_between": NumberBounds,
    "expect_column_value_lengths_to_be_between": LengthBounds,
    "expect_column_value_lengths_to_equal": Length,
    "expect_column_value_z_scores_to_be_less_than": ZScore,
    "expect_column_values_to_be_between": NeededBounds,
    "expect_column_values_to_be_decreasing": Order,
    "expect_column_values_to_be_in_set": ValueSet,
    "expect_column_values_to_be_in_type_list": TypeList,
    "expect_column_values_to_be_increasing": Order,
    "expect_column_values_to_be_json_parseable": ColumnArguments,
    "expect_column_values_to_be_null": ColumnArguments,
    "expect_column_values_to_be_of_type": TypeArguments,
    "expect_column_values_to_be_unique": ColumnArguments,
    "expect_column_values_to_match_like_pattern": LikeArguments,
    "expect_column_values_to_match_like_pattern_list": LikeList,
    "expect_column_values_to_match_regex": RegexArguments,
    "expect_column_values_to_match_regex_list": RegexList,
    "expect_column_values_to_match_strftime_format": DateText,
    "expect_column_values_to_not_be_in_set": ValueSet,
    "expect_column_values_to_not_be_null": ColumnArguments,
    "expect_column_values_to_not_be_outliers": Outlier,
    "expect_column_values_to_not_match_like_pattern": LikeArguments,
    "expect_column_values_to_not_match_like_pattern_list": LikeList,
    "expect_column_values_to_not_match_regex": RegexArguments,
    "expect_column_values_to_not_match_regex_list": RegexList,
    "expect_compound_columns_to_be_unique": ColumnsArguments,
    "expect_multicolumn_sum_to_equal": SumTotal,
    "expect_multicolumn_values_to_be_equal": ColumnsArguments,
    "expect_select_column_values_to_be_unique_within_record": ColumnsArguments,
    "expect_table_column_count_to_be_between": CountBounds,
    "expect_table_column_count_to_equal": Count,
    "expect_table_columns_to_match_ordered_list": ColumnOrder,
    "expect_table_columns_to_match_set": ColumnSet,
    "expect_table_row_count_to_be_between": CountBounds,
    "expect_table_row_count_to_equal": Count,
}
