"""The configuration of days and own rules."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from sfetl_provider.core.config.section import Section
from sfetl_provider.core.expression.shape import read_aggregate, read_condition
from sfetl_provider.core.expression.tree import Kind, Node
from sfetl_provider.core.identifiers import resolve_identifier

Severity = Literal["CRITICAL", "WARNING", "INFO"]
DayClass = Literal["MISSING", "SEVERELY_LOW", "LOW", "OUTLIER_LOW", "OUTLIER_HIGH", "NOT_EXPECTED", "NORMAL"]
_LEAP_YEAR = "2000-"


def _check_day(text: str) -> str:
    is_yearly = re.fullmatch(r"\d\d-\d\d", text)
    if not is_yearly and not re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        raise ValueError("write a day as 2024-12-24, or 12-24 for that day of every year")
    try:
        date.fromisoformat(_LEAP_YEAR + text if is_yearly else text)
    except ValueError:
        raise ValueError("there is no such day") from None
    return text


OwnDay = Annotated[str, AfterValidator(_check_day)]
KeyColumn = Annotated[str, AfterValidator(resolve_identifier)]


class CalendarConfig(Section):
    """Which days are worked on, beyond the days of the week."""

    country: str | None = None
    """Country whose public holidays and weekend count with qc.expected_days business: two letters, as DE."""
    region: str | None = None
    """Part of the country with holidays of its own, as BY."""
    closed: tuple[OwnDay, ...] = ()
    """Days that are not expected, whatever else says so: 2024-12-24, or 12-24 for every year."""
    open: tuple[OwnDay, ...] = ()
    """Days that are expected though they fall on a weekend, a holiday or a closed day, written likewise."""


class DaySeverities(Section):
    """What it means when a day is unusual: CRITICAL stops the load, WARNING and INFO are told."""

    missing: Severity = "CRITICAL"
    """An expected day has no rows."""
    severely_low: Severity = "WARNING"
    """A day has fewer rows than qc.days.severely_low_share of the mean."""
    low: Severity = "WARNING"
    """A day has fewer rows than qc.days.low_share of the mean."""
    outlier_low: Severity = "WARNING"
    """A day lies below the quartiles by more than qc.days.outlier_iqr times their distance."""
    outlier_high: Severity = "WARNING"
    """A day lies above the quartiles by more than that."""
    not_expected: Severity = "INFO"
    """A day has rows, and is none of the expected ones."""


class DaysConfig(Section):
    """How rows per day are judged. The mean and the quartiles are those of the expected days that have rows."""

    severely_low_share: float = Field(default=0.1, ge=0, le=1)
    """SEVERELY_LOW: fewer rows than this share of the mean."""
    low_share: float = Field(default=0.5, ge=0, le=1)
    """LOW: fewer rows than this share of the mean."""
    outlier_iqr: float | None = Field(default=1.5, ge=0)
    """OUTLIER_LOW and OUTLIER_HIGH: this many times the distance of the quartiles outside them; null: none is."""
    outlier_least_share: float = Field(default=0.01, ge=0)
    """A day that lies outside the quartiles by less than this share of the mean is no outlier: days that are
    almost equal have quartiles that are almost one."""
    severities: DaySeverities = DaySeverities()
    """What follows from each class."""

    @model_validator(mode="after")
    def _check_shares(self) -> Self:
        if self.severely_low_share > self.low_share:
            raise ValueError("severely_low_share is above low_share")
        return self


class TargetSeverities(Section):
    """What it means when a value does not fit its column: CRITICAL stops the load, WARNING and INFO are told."""

    unreadable: Severity = "CRITICAL"
    """A value cannot be read as its column's type, and COPY would fail."""
    too_large: Severity = "CRITICAL"
    """A text is too long or a number too large for its column, and COPY would fail."""
    digits_lost: Severity = "WARNING"
    """A number has more decimals than its column keeps, and COPY would round it."""


class RuleConfig(Section):
    """One rule of the feed's own: a condition that each record must meet, or an aggregate with bounds."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")
    """Name of the rule; its finding has the code rule_<name>."""
    severity: Severity = "CRITICAL"
    """CRITICAL stops the load; WARNING and INFO are told."""
    condition: str | None = None
    """What must be true of each record, as "amount >= 0 AND currency IN ('EUR', 'USD')"; not false is enough."""
    aggregate: str | None = None
    """A number about all records, as "count_if(dayofweekiso(sale_date) >= 6) / count(*)"."""
    min: float | None = Field(default=None, allow_inf_nan=False)
    """The least that the aggregate may be; null: no lower bound."""
    max: float | None = Field(default=None, allow_inf_nan=False)
    """The most that the aggregate may be; null: no upper bound."""
    per: Literal["month", "file"] = "month"
    """Whether the aggregate is one of all files of the month together or of each file."""

    @model_validator(mode="after")
    def _check_form(self) -> Self:
        if (self.condition is None) == (self.aggregate is None):
            raise ValueError("a rule has either a condition or an aggregate")
        has_bounds = self.min is not None or self.max is not None
        if self.condition is not None and has_bounds:
            raise ValueError("min and max belong to an aggregate; a condition holds its own limits")
        if self.aggregate is not None and not has_bounds:
            raise ValueError("an aggregate needs min, max or both")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError("min is above max")
        return self

    @property
    def text(self) -> str:
        """The expression as it is written in the config."""
        return self.condition or self.aggregate or ""

    def tree(self, columns: Mapping[str, Kind]) -> Node:
        """Give the rule's expression over these columns; raises ExpressionError when it is none."""
        if self.condition is not None:
            return read_condition(self.condition, columns)
        return read_aggregate(self.text, columns)


class CheckedDaysConfig(Section):
    """What of the QC section says which days must have rows and what their numbers mean."""

    expected_days: Literal["all", "weekdays", "business", "any"] = "all"
    """Which days of the month must have rows: all, Monday to Friday, the working days of qc.calendar.country,
    or none in particular."""
    calendar: CalendarConfig = CalendarConfig()
    """Holidays, and own exceptions."""
    days: DaysConfig = DaysConfig()
    """How rows per day are judged."""
    rules: tuple[RuleConfig, ...] = ()
    """Own rules over the file's records."""
    target: Literal["table", "config", "off"] = "table"
    """Types against which the file's values are held: those of the target table, or of columns.type where the
    table does not exist and on the command line; those of columns.type only; or none."""
    target_severities: TargetSeverities = TargetSeverities()
    """What follows when values do not fit."""
    key: tuple[KeyColumn, ...] = ()
    """Columns whose values together may stand once only in all files of a month, compared as texts; a record that
    lacks one of them equals no other. Empty: keys are not compared."""
    key_severity: Severity = "CRITICAL"
    """What it means when a key stands more than once: CRITICAL stops the load; WARNING and INFO are told."""

    @model_validator(mode="after")
    def _check_names(self) -> Self:
        names = [rule.name for rule in self.rules]
        if doubled := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"rules named twice: {', '.join(doubled)}")
        return self
