"""What own rules may say of the month, as SQL of a row's day: one scan is about many months.

Sources: docs.snowflake.com/en/sql-reference/functions/last_day, …/functions/date_trunc.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.expression.bound_sql import BoundSql, joined
from sfetl_provider.core.expression.tree import PRECISION, SCALE, FactName
from sfetl_provider.core.plan.fiscal_month import month_or_calendar
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.ports import Bind

_NUMBER = f"NUMBER({PRECISION}, {SCALE})"


def month_facts(config: FeedConfig, day: str) -> dict[FactName, BoundSql]:
    """Give the facts of the month in which a day lies; `day` is its SQL."""
    if config.date.fiscal_months is None:
        last_day = f"LAST_DAY({day})"
        return {
            "month_first_day": BoundSql(f"CAST(DATE_TRUNC('MONTH', {day}) AS DATE)"),
            "month_last_day": BoundSql(last_day),
            "month_days": BoundSql(f"CAST(DAY({last_day}) AS {_NUMBER})"),
        }
    return {
        "month_first_day": _by_month(config, day, "DATE", lambda month: month.first_day),
        "month_last_day": _by_month(config, day, "DATE", _last_day),
        "month_days": _by_month(config, day, _NUMBER, lambda month: len(month.days())),
    }


def _last_day(month: Month) -> date:
    return month.days()[-1]


def _by_month(config: FeedConfig, day: str, type_text: str, fact: Callable[[Month], Bind]) -> BoundSql:
    months = [month_or_calendar(config, Month.of_text(name)) for name in config.date.fiscal_months or ()]
    branches = [
        BoundSql(f" WHEN {day} >= ? AND {day} < ? THEN CAST(? AS {type_text})", (*month.fiscal, fact(month)))
        for month in months
        if month.fiscal
    ]
    return joined("", [BoundSql("CASE"), *branches, BoundSql(" END")])
