"""What statements took of warehouses: seconds from the query history, credits estimated from them.

Sources: docs.snowflake.com/en/sql-reference/functions/query_history (times in milliseconds; credits of cloud
services only), …/account-usage/query_attribution_history (those of the warehouse, hours later),
…/user-guide/warehouses-overview (billed by the second while a warehouse runs, at least 60 seconds for each start).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from sfetl_provider.core.compute.warehouse_state import session_warehouse
from sfetl_provider.core.counted import counted
from sfetl_provider.core.identifiers import quote_identifier, quote_literal
from sfetl_provider.core.ports import Warehouse
from sfetl_provider.core.record import Record
from sfetl_provider.core.warehouse_size import SizeName, credits_per_hour, read_size

_CLOCK_SKEW = timedelta(hours=1)
# A range that begins more than 7 days ago is an error.
_LONGEST_RANGE = timedelta(days=6, hours=23)


class ComputeUse(Record):
    """What some statements took of one warehouse at one size.

    `credits` are an estimate: their seconds at the size's documented rate, as if nothing else ran there; neither
    the 60 seconds that each start costs at least nor idle time is in it. None where no rate is documented (second
    generation, Snowpark-optimized). `cloud_credits` are Snowflake's own number.
    """

    warehouse: str
    size: SizeName
    statements: int
    seconds: float
    queued_seconds: float
    credits: float | None
    cloud_credits: float


def history_start(since: datetime, now: datetime) -> datetime:
    """Give where to begin in the query history for what ran since a moment."""
    return max(since - _CLOCK_SKEW, now - _LONGEST_RANGE)


def history_call(database: str, start: datetime) -> str:
    """Give the call of the table function for the session's user; its arguments must be constants."""
    literal = quote_literal(f"{start.astimezone(UTC):%Y-%m-%d %H:%M:%S} +0000")
    return (
        f"TABLE({quote_identifier(database)}.INFORMATION_SCHEMA.QUERY_HISTORY_BY_USER(\n"
        f"  END_TIME_RANGE_START => TO_TIMESTAMP_LTZ({literal}),\n"
        "  RESULT_LIMIT => 10000\n"
        "))"
    )


def use_statement(database: str, start: datetime, queries: int) -> str:
    """Give the sums over so many queries, whose ids are bound; those that needed no warehouse are left out."""
    return (
        'SELECT "WAREHOUSE_NAME", "WAREHOUSE_SIZE", "WAREHOUSE_TYPE", COUNT(*) AS "STATEMENTS",\n'
        '  SUM("EXECUTION_TIME") AS "MILLISECONDS",\n'
        '  SUM("QUEUED_PROVISIONING_TIME" + "QUEUED_REPAIR_TIME" + "QUEUED_OVERLOAD_TIME") AS "QUEUED",\n'
        '  SUM("CREDITS_USED_CLOUD_SERVICES") AS "CLOUD_CREDITS"\n'
        f"FROM {history_call(database, start)}\n"
        f'WHERE "QUERY_ID" IN ({", ".join("?" * queries)}) AND "WAREHOUSE_SIZE" IS NOT NULL\n'
        'GROUP BY "WAREHOUSE_NAME", "WAREHOUSE_SIZE", "WAREHOUSE_TYPE"\n'
        'ORDER BY "MILLISECONDS" DESC'
    )


def read_use(
    warehouse: Warehouse, database: str, query_ids: Sequence[str], start: datetime
) -> tuple[ComputeUse, ...]:
    """Ask what queries of the last 7 days took, by warehouse and size; () when the history does not show them."""
    if not query_ids:
        return ()
    found = warehouse.query(use_statement(database, start, len(query_ids)), tuple(query_ids)).records()
    state = session_warehouse(warehouse)
    unknown = state.name if state and not state.has_known_rate else ""
    return tuple(use for use in (_use(record, unknown) for record in found) if use is not None)


def total_credits(uses: Sequence[ComputeUse]) -> float | None:
    """Give the estimate of all, None when there is none for one of them."""
    known = [use.credits for use in uses if use.credits is not None]
    return round(sum(known), 6) if known and len(known) == len(uses) else None


def use_text(uses: Sequence[ComputeUse]) -> str:
    """Say what was taken, in a line."""
    return "; ".join(_text(use) for use in uses)


def _use(record: Mapping[str, object], unknown: str) -> ComputeUse | None:
    try:
        size = read_size(str(record["warehouse_size"]))
    except ValueError:
        return None
    seconds = _seconds(record["milliseconds"])
    is_known = record["warehouse_type"] == "STANDARD" and record["warehouse_name"] != unknown
    return ComputeUse(
        warehouse=str(record["warehouse_name"]),
        size=size,
        statements=int(str(record["statements"])),
        seconds=seconds,
        queued_seconds=_seconds(record["queued"]),
        credits=round(credits_per_hour(size) * seconds / 3600, 6) if is_known else None,
        cloud_credits=round(float(str(record["cloud_credits"] or 0)), 6),
    )


def _seconds(milliseconds: object) -> float:
    return float(str(milliseconds or 0)) / 1000


def _text(use: ComputeUse) -> str:
    estimate = "credits unknown" if use.credits is None else f"about {use.credits:.4f} credits"
    queued = f", queued {use.queued_seconds:.1f} s" if use.queued_seconds else ""
    statements = counted(use.statements, "statement")
    return f"{use.warehouse} ({use.size}): {statements}, {use.seconds:.1f} s{queued}, {estimate}"
