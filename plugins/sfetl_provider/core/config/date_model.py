"""The config's section `date`: which column says to which month a record belongs, and when months begin."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from itertools import pairwise
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field

from sfetl_provider.core.config.column_model import Identifier
from sfetl_provider.core.config.section import Section


def _check_time_zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(
            f"{name!r} is no time zone of the IANA database: write one as Europe/Berlin"
        ) from error


TimeZone = Annotated[str, AfterValidator(_check_time_zone)]
MonthName = Annotated[str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")]


def _check_fiscal_months(months: Mapping[str, date]) -> dict[str, date]:
    ordered = sorted(months.items())
    if len(ordered) < 2:
        raise ValueError("name at least two: a month ends where the next one begins")
    for (name, first), (following, next_first) in pairwise(ordered):
        if _number(following) != _number(name) + 1:
            raise ValueError(f"after {name} comes {following}: name every month in between")
        if not first < next_first:
            raise ValueError(f"{following} begins on {next_first}, not after {name} ({first})")
    return dict(ordered)


def _number(name: str) -> int:
    year, month = name.split("-")
    return 12 * int(year) + int(month)


FiscalMonths = Annotated[dict[MonthName, date], AfterValidator(_check_fiscal_months)]


class DateConfig(Section):
    """The column that says to which month a record belongs."""

    column: Identifier
    """One of the columns."""
    type: Literal["date", "timestamp"] = "date"
    """Type of that column in the table, and so which of the two formats the file uses."""
    time_zone: TimeZone = "UTC"
    """Zone in which months begin when the column is TIMESTAMP_LTZ or TIMESTAMP_TZ, as Europe/Berlin: sessions
    of the feed have it as TIMEZONE, so COPY reads times without offset in it too. DATE and TIMESTAMP_NTZ have
    no zone."""
    fiscal_months: FiscalMonths | None = None
    """First day of each fiscal month, as {"2024-01": "2023-12-31", "2024-02": "2024-02-04"}. A month ends where
    the next one begins, so the last one named only ends the one before. null: calendar months."""
