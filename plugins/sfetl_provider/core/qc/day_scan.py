"""SQL that counts a file's records by their dates."""

from __future__ import annotations

from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.qc.shared_columns import SharedColumns, value_of


def day_of(config: FeedConfig, shared: SharedColumns) -> str:
    """Name a record's date, NULL without a readable one; binds `date_format`, and may bind `markers`."""
    text = value_of(f"c{config.column_names.index(config.date.column)}", config.format.null_markers, shared)
    # The moment by itself as well: a rule or an expectation may ask for the same.
    moment = shared.name(f"try_strptime({text}, $date_format)")
    return shared.name(f"{moment}::DATE")


def day_aggregates(day: str) -> tuple[str, str]:
    """Give the number of dated records, and a map of those of each day; it binds `days`, the month's.

    For the days in question alone: of a map of all dates DuckDB makes a GROUP BY over a copy of all records.
    """
    return f"count({day})", f"histogram_exact({day}, $days)"


def outside_statement(day: str, records: str) -> str:
    """Count the records of each date outside the month, into table `outside`; there can be 4 million dates."""
    return (
        f"CREATE OR REPLACE TEMP TABLE outside AS SELECT {day} AS day, count(*) AS records FROM {records}"
        f" WHERE {day} NOT BETWEEN $days[1] AND $days[-1] GROUP BY ALL"
    )
