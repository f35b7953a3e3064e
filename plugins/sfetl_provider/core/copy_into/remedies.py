"""What can be done about rows that COPY refuses, by Snowflake's error code.

The codes are those that Snowflake's documentation and its users' reports show; the texts of errors may change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from sfetl_provider.core.column_type import ColumnType, read_column_type
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.copy_into.bad_row_list import Tally
from sfetl_provider.core.counted import counted
from sfetl_provider.core.plan.month_plan import TableName
from sfetl_provider.core.plan.names import quoted_table
from sfetl_provider.core.widening import widened_type, widening_statement


@dataclass(frozen=True)
class _Case:
    tally: Tally
    config: FeedConfig
    table: TableName

    @property
    def type(self) -> ColumnType | None:
        known = next(
            (column.type for column in self.config.columns if column.name == self.tally.column), None
        )
        return read_column_type(known) if known else None


def remedies(tallies: Iterable[Tally], config: FeedConfig, table: TableName) -> Iterator[str]:
    """Give a sentence for each column and code: how many rows, and what would let them in.

    `config` may know the types of the table's columns; `table` is the target, which a person can alter.
    """
    for tally in tallies:
        remedy = _REMEDIES.get(tally.code, _unknown)(_Case(tally, config, table))
        column = f" in {tally.column}" if tally.column else ""
        yield f"{counted(tally.rows, 'row')}{column}: {remedy}"


def _too_long(case: _Case) -> str:
    return f"too long; correct the file or make room: {_widened(case, ColumnType('text', ''), case.tally.longest)}"


def _too_large(case: _Case) -> str:
    known = case.type
    if known is None or known.kind != "number":
        return "a number larger than the column takes; correct the file or make the column wider."
    room = _widened(case, known, case.tally.digits)
    return f"a number with too many digits; correct the file or make room: {room}"


def _widened(case: _Case, known: ColumnType, needed: int) -> str:
    wider = widened_type(known, needed) if needed else ""
    if not wider:
        return "the type that it needs is not known." if not needed else "no type has room for it."
    return f"{widening_statement(quoted_table(case.table), case.config.target_of(case.tally.column), wider)};"


def _moment(kind: str) -> Callable[[_Case], str]:
    def remedy(case: _Case) -> str:
        expected = getattr(case.config.format, f"{kind}_format")
        return f"not a {kind} as {expected} (format.{kind}_format); correct the file or the format."

    return remedy


def _said(text: str) -> Callable[[_Case], str]:
    return lambda _: text


def _columns(case: _Case) -> str:
    count = len(case.config.columns)
    return (
        f"not {count} fields, or a delimiter inside a field; correct the file, format.delimiter or columns."
    )


def _unknown(_: _Case) -> str:
    return "see Snowflake's text; correct the file or the table's column."


TOO_LONG = (100074, 100078)
"""The codes of a text with more characters than its column takes."""
_MARKERS = "correct the file, or name texts that stand for NULL in format.null_markers."
_REMEDIES: Mapping[int, Callable[[_Case], str]] = {
    100016: _columns,
    100035: _moment("timestamp"),
    100037: _said(f"not true or false; {_MARKERS}"),
    100038: _said(f"not a number; {_MARKERS}"),
    100040: _moment("date"),
    100046: _too_large,
    100065: _said("a quote inside a field, or one that is not closed; correct the file or format.quote."),
    100068: _columns,
    100072: _said("no value in a column that is NOT NULL; correct the file, or ALTER TABLE … DROP NOT NULL."),
    **dict.fromkeys(TOO_LONG, _too_long),
    100080: _columns,
    100108: _moment("time"),
    100132: _too_large,
    100144: _said(
        "bytes that are no text in the feed's encoding; correct the file, or format.encoding of the feed."
    ),
}
