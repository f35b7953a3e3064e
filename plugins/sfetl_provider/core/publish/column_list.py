"""What a publication writes: the target's columns, and for each what is selected from the load table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sfetl_provider.core.config.column_model import ColumnConfig, MaskConfig
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.errors import PublishRefusedError
from sfetl_provider.core.expression.bound_sql import BoundSql, joined
from sfetl_provider.core.expression.shape import read_value
from sfetl_provider.core.expression.table_text import TableNames, TableText
from sfetl_provider.core.expression.tree import Fact, FactName, walk
from sfetl_provider.core.identifiers import quote_identifier
from sfetl_provider.core.plan.load_columns import load_types
from sfetl_provider.core.plan.month_plan import MonthPlan


@dataclass(frozen=True)
class ColumnList:
    """The SQL of the values by the target's columns, and of each computed column's condition that it has none.

    A value has none when a text that is there cannot be read as what its expression takes.
    """

    values: dict[str, BoundSql]
    unreadable: dict[str, BoundSql]

    @property
    def quoted_targets(self) -> str:
        """The columns as INSERT takes them."""
        return ", ".join(quote_identifier(name) for name in self.values)

    @property
    def selected(self) -> BoundSql:
        """The values as INSERT selects them."""
        return joined(", ", tuple(self.values.values()))


def column_list(plan: MonthPlan, config: FeedConfig, files: Sequence[str], now: datetime) -> ColumnList:
    """Give the column list of a month's publication; `files` are the names of its source files.

    Raises PublishRefusedError when a value needs the name of the file and there are several.
    """
    computed = {
        column.name: read_value(column.value, config.column_kinds) for column in config.publish.columns
    }
    facts = [item.name for tree in computed.values() for item in walk(tree) if isinstance(item, Fact)]
    if "file_name" in facts:
        _require_one_file(files, plan)
    text = TableText(_names(plan, config, files, now))
    values = {
        column.target_name: _value(column)
        for column in config.columns
        if column.name not in plan.unpublished or column.target_name in computed
    }
    values |= {name: text.text(tree) for name, tree in computed.items()}
    conditions = {name: text.unreadable(tree) for name, tree in computed.items()}
    return ColumnList(values, {name: found for name, found in conditions.items() if found})


def _value(column: ColumnConfig) -> BoundSql:
    name = quote_identifier(column.name)
    if column.mask is None or column.mask.where != "publish":
        return BoundSql(name)
    return _masked(name, column.mask)


def _masked(name: str, mask: MaskConfig) -> BoundSql:
    """A hash has no key here: Snowflake shows bound values to who may monitor the warehouse.

    Source: docs.snowflake.com/en/sql-reference/functions/bind_values and …/functions/sha2.
    """
    if mask.method == "hash":
        return BoundSql(f"SHA2({name}, 256)")
    if mask.method == "fixed":
        return BoundSql(f"CASE WHEN {name} IS NOT NULL THEN CAST(? AS VARCHAR) END", (mask.value,))
    kept = mask.keep_first + mask.keep_last
    text = (
        f"CASE WHEN LENGTH({name}) <= {kept} THEN REPEAT(CAST(? AS VARCHAR), LENGTH({name})) "
        f"ELSE LEFT({name}, {mask.keep_first}) || REPEAT(CAST(? AS VARCHAR), LENGTH({name}) - {kept}) "
        f"|| RIGHT({name}, {mask.keep_last}) END"
    )
    return BoundSql(text, (mask.character, mask.character))


def _names(plan: MonthPlan, config: FeedConfig, files: Sequence[str], now: datetime) -> TableNames:
    month = plan.month_value
    facts: dict[FactName, str | date | int] = {
        "month_first_day": month.first_day,
        "month_last_day": month.days()[-1],
        "month_days": len(month.days()),
        "load_time": now.astimezone(UTC).replace(tzinfo=None),
        "load_month": plan.month,
        "run_id": plan.run_id,
        "feed_name": plan.feed,
        "file_name": files[0] if files else "",
    }
    form = config.format
    formats = {"date": form.date_format, "time": form.time_format, "timestamp": form.timestamp_format}
    return TableNames(load_types(config, plan.target_types, plan.unpublished), formats, facts)


def _require_one_file(files: Sequence[str], plan: MonthPlan) -> None:
    if len(files) != 1:
        raise PublishRefusedError(
            f"{plan.feed} {plan.month} came as {len(files)} files, and publish.columns uses file_name(), which is "
            "known for a month of one file only.",
            safe="No row of the target table was touched.",
            next_step="Have the month delivered as one file, or remove file_name() from the feed's config.",
        )
