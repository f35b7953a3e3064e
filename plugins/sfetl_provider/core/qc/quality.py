"""The quality of a month as a number from 0 to 100, and what it is made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import floor

from sfetl_provider.core.config.qc_model import Severity
from sfetl_provider.core.qc.column_profile import ColumnProfile
from sfetl_provider.core.record import Record

RECORDS_POINTS = 40
VALUES_POINTS = 20
DAYS_POINTS = 40
CRITICAL_FACTOR = 0.7
WARNING_FACTOR = 0.95


class Shares(Record):
    """What of a month is there, each from 0 to 1.

    `records`: good ones of good and bad. `values`: the mean over the columns of the records' share with a value.
    `days`: expected days that have rows.
    """

    records: float
    values: float
    days: float


class Quality(Record):
    """The score, a whole number from 0 to 100, and all that it comes from."""

    score: int
    shares: Shares
    critical: int
    warnings: int


def rate(shares: Shares, severities: Iterable[Severity]) -> Quality:
    """Rate a month by what is there and by the severities of its findings.

    score = ⌊(40 · records + 20 · values + 40 · days) · 0.7^CRITICAL · 0.95^WARNING⌋

    Better shares never lower it and more findings never raise it; INFO does not count. It is 100 only when all
    shares are 1 and no finding is CRITICAL or WARNING. It decides nothing: findings do.
    """
    told = list(severities)
    critical, warnings = told.count("CRITICAL"), told.count("WARNING")
    points = RECORDS_POINTS * shares.records + VALUES_POINTS * shares.values + DAYS_POINTS * shares.days
    is_whole = shares.records == shares.values == shares.days == 1
    # One bad record of very many still rounds to 100 points.
    most = 100 if is_whole else 99
    score = min(floor(points * CRITICAL_FACTOR**critical * WARNING_FACTOR**warnings), most)
    return Quality(score=score, shares=shares, critical=critical, warnings=warnings)


def present_share(present: int, all_of_them: int, of_none: float = 0.0) -> float:
    """Give a part's share; `of_none` when there is nothing that it could be a part of."""
    return present / all_of_them if all_of_them else of_none


def values_share(profile: Sequence[ColumnProfile]) -> float:
    """Give the mean over the columns of the share of records with a value; 0 without columns."""
    shares = [present_share(column.values, column.values + column.nulls) for column in profile]
    return sum(shares) / len(shares) if shares else 0.0
