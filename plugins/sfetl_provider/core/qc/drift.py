"""A month's profile beside those of published months before it: which columns are unlike what they were."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Literal, NamedTuple

from sfetl_provider.core.config.drift_model import DriftConfig
from sfetl_provider.core.counted import counted
from sfetl_provider.core.qc.column_profile import ColumnProfile
from sfetl_provider.core.qc.quality import rate
from sfetl_provider.core.qc.report import Finding, QcVerdict
from sfetl_provider.core.record import Record

LISTED_COLUMNS = 20
DriftKind = Literal["null_share", "range", "distinct_ratio", "mean_length"]


class MonthProfile(Record):
    """The profile of a published month; without columns when it cannot be read any more."""

    month: str
    columns: tuple[ColumnProfile, ...]


class Span(NamedTuple):
    """From the least to the greatest that something was, or may be."""

    low: float
    high: float


class _Measure(NamedTuple):
    """One thing that is compared: what it is of a column, and how far it may lie outside what it was.

    Of an estimate the span says where the value is, so all of it must lie outside; else either end may.
    """

    kind: DriftKind
    title: str
    read: Callable[[ColumnProfile], Span | None]
    widen: Callable[[Span, float], Span]
    show: Callable[[float], str]
    is_estimate: bool = False

    def is_outside(self, found: Span, limits: Span) -> bool:
        """Tell whether a column drifted."""
        if self.is_estimate:
            return found.high < limits.low or found.low > limits.high
        return found.low < limits.low or found.high > limits.high

    def text(self, span: Span) -> str:
        """Write a span."""
        low, high = self.show(span.low), self.show(span.high)
        return low if low == high else f"{low} to {high}"


def with_drift(verdict: QcVerdict, earlier: Sequence[MonthProfile], config: DriftConfig) -> QcVerdict:
    """Give the verdict with what drifted; severity, and so whether the month passes, is the config's."""
    found = tuple(drift_findings(verdict.profile, earlier, config))
    if not found:
        return verdict
    findings = (*verdict.findings, *found)
    severities = [finding.severity for finding in findings]
    quality = verdict.quality
    return verdict.model_copy(
        update={
            "findings": findings,
            "is_passed": "CRITICAL" not in severities,
            "quality": None if quality is None else rate(quality.shares, severities),
        }
    )


def drift_findings(
    profile: Sequence[ColumnProfile], earlier: Sequence[MonthProfile], config: DriftConfig
) -> Iterator[Finding]:
    """Compare each column with the same column of earlier months: a finding `drift_<kind>` for each kind of drift.

    A column drifted when it lies outside all of the earlier months by more than the config allows. What fewer than
    `least_months` of them have (a new column, or one without values) is not compared.
    """
    for month in earlier:
        if not month.columns:
            text = f"The profile of {month.month} was written by another version and was not compared."
            yield Finding(severity="INFO", code="drift_not_compared", message=text)
    for measure in _MEASURES:
        found = list(_drifted(measure, profile, earlier, config))
        if found:
            yield Finding(
                severity=getattr(config.severities, measure.kind),
                code=f"drift_{measure.kind}",
                message=_message(measure, found, [month.month for month in earlier if month.columns]),
            )


def _drifted(
    measure: _Measure, profile: Sequence[ColumnProfile], earlier: Sequence[MonthProfile], config: DriftConfig
) -> Iterator[str]:
    by_name = [{column.name: column for column in month.columns} for month in earlier]
    for column in profile:
        past = (measure.read(columns[column.name]) for columns in by_name if column.name in columns)
        spans = [span for span in past if span is not None]
        found = measure.read(column)
        if found is None or len(spans) < config.needed_months:
            continue
        before = Span(min(span.low for span in spans), max(span.high for span in spans))
        if measure.is_outside(found, measure.widen(before, getattr(config, measure.kind))):
            yield f"{column.name} {measure.text(found)} (before {measure.text(before)})"


def _message(measure: _Measure, found: Sequence[str], months: Sequence[str]) -> str:
    more = len(found) - LISTED_COLUMNS
    listed = "; ".join(found[:LISTED_COLUMNS]) + (f"; and {more:,} more" if more > 0 else "")
    period = min(months) if len(months) == 1 else f"{min(months)} to {max(months)}"
    compared = f"the published month {period}" if len(months) == 1 else f"{len(months)} months of {period}"
    columns = counted(len(found), "column")
    return f"{measure.title} of {columns} unlike {compared}: {listed}."


def _null_share(column: ColumnProfile) -> Span | None:
    is_empty = not column.values + column.nulls
    return None if is_empty else Span(column.null_share, column.null_share)


def _range(column: ColumnProfile) -> Span | None:
    least, greatest = column.least, column.greatest
    if column.kind != "number" or not isinstance(least, int | float) or not isinstance(greatest, int | float):
        return None
    return Span(least, greatest)


def _distinct_ratio(column: ColumnProfile) -> Span | None:
    if column.distinct is None or not column.values:
        return None
    most = column.distinct if column.distinct_most is None else column.distinct_most
    return Span(column.distinct / column.values, most / column.values)


def _mean_length(column: ColumnProfile) -> Span | None:
    mean = column.mean_length
    return None if mean is None else Span(mean, mean)


def _by_points(before: Span, tolerance: float) -> Span:
    return Span(before.low - tolerance, before.high + tolerance)


def _by_width(before: Span, tolerance: float) -> Span:
    # A column of one value has no width; its value tells how large its numbers are.
    reach = tolerance * ((before.high - before.low) or abs(before.high))
    return Span(before.low - reach, before.high + reach)


def _by_ratio(before: Span, tolerance: float) -> Span:
    return Span(before.low * (1 - tolerance), before.high * (1 + tolerance))


def _percent(share: float) -> str:
    return f"{100 * share:.4g} %"


def _number(value: float) -> str:
    return f"{value:,.10g}"


def _length(value: float) -> str:
    return f"{value:,.1f}"


_MEASURES = (
    _Measure("null_share", "Missing values", _null_share, _by_points, _percent),
    _Measure("range", "Numbers", _range, _by_width, _number),
    _Measure("distinct_ratio", "Different values", _distinct_ratio, _by_points, _percent, is_estimate=True),
    _Measure("mean_length", "Mean lengths", _mean_length, _by_ratio, _length),
)
