"""What a publication writes: the target's columns, and for each what is selected from the load table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sfetl_provider.core.config.column_model import ColumnConfig, MaskConfig
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.errors import PublishRefusedError
from sfetl_provider.core.expression.shape import read_value
from sfetl_provider.core.expression.snowflake_text import LoadNames, SnowflakeText, Value
from sfetl_provider.core.expression.tree import Fact, FactName, Node, walk
from sfetl_provider.core.identifiers import quote_identifier
from sfetl_provider.core.plan.load_columns import load_kinds
from sfetl_provider.core.plan.month_plan import MonthPlan


@dataclass(frozen=True)
class ColumnList:
    """Columns by their stored names in the target, the SQL of their values, and what that binds, in order."""

    targets: tuple[str, ...]
    values: tuple[str, ...]
    binds: tuple[Value, ...]

    @property
    def quoted_targets(self) -> str:
        """The columns as INSERT takes them."""
        return ", ".join(quote_identifier(name) for name in self.targets)


def column_list(plan: MonthPlan, config: FeedConfig, files: Sequence[str], now: datetime) -> ColumnList:
    """Give the column list of a month's publication; `files` are the names of its source files.

    Raises PublishRefusedError when a value needs the name of the file and there are several.
    """
    computed = {
        column.name: read_value(column.value, config.column_kinds) for column in config.publish.columns
    }
    _require_one_file(computed.values(), files, plan)
    writer = SnowflakeText(_names(plan, config, files, now))
    listed = dict(_of_file(plan, config, computed, writer))
    listed |= {name: writer.text(tree) for name, tree in computed.items() if name not in listed}
    return ColumnList(tuple(listed), tuple(listed.values()), tuple(writer.binds))


def _of_file(
    plan: MonthPlan, config: FeedConfig, computed: dict[str, Node], writer: SnowflakeText
) -> Iterator[tuple[str, str]]:
    for column in config.columns:
        if column.target_name in computed:
            yield column.target_name, writer.text(computed[column.target_name])
        elif column.name not in plan.left_out:
            yield column.target_name, _value(column, writer.binds)


def _value(column: ColumnConfig, binds: list[Value]) -> str:
    name = quote_identifier(column.name)
    if column.mask is None or column.mask.where != "publish":
        return name
    return _masked(name, column.mask, binds)


def _masked(name: str, mask: MaskConfig, binds: list[Value]) -> str:
    """A hash has no key here: Snowflake shows bound values to who may monitor the warehouse.

    Source: docs.snowflake.com/en/sql-reference/functions/bind_values and …/functions/sha2.
    """
    if mask.method == "hash":
        return f"SHA2({name}, 256)"
    if mask.method == "fixed":
        binds.append(mask.value)
        return f"CASE WHEN {name} IS NOT NULL THEN CAST(? AS VARCHAR) END"
    kept = mask.keep_first + mask.keep_last
    binds += [mask.character, mask.character]
    return (
        f"CASE WHEN LENGTH({name}) <= {kept} THEN REPEAT(CAST(? AS VARCHAR), LENGTH({name})) "
        f"ELSE LEFT({name}, {mask.keep_first}) || REPEAT(CAST(? AS VARCHAR), LENGTH({name}) - {kept}) "
        f"|| RIGHT({name}, {mask.keep_last}) END"
    )


def _names(plan: MonthPlan, config: FeedConfig, files: Sequence[str], now: datetime) -> LoadNames:
    month = plan.month_value
    facts: dict[FactName, Value] = {
        "month_first_day": month.first_day,
        "month_last_day": month.days()[-1],
        "month_days": str(len(month.days())),
        "load_time": now.astimezone(UTC).replace(tzinfo=None),
        "load_month": plan.month,
        "run_id": plan.run_id,
        "feed_name": plan.feed,
        "file_name": files[0] if len(files) == 1 else "",
    }
    kinds = load_kinds(config, plan.target_types, plan.left_out)
    return LoadNames(kinds, config.format.date_format, config.format.timestamp_format, facts)


def _require_one_file(trees: Iterable[Node], files: Sequence[str], plan: MonthPlan) -> None:
    needs_name = any(
        isinstance(item, Fact) and item.name == "file_name" for tree in trees for item in walk(tree)
    )
    if needs_name and len(files) != 1:
        raise PublishRefusedError(
            f"{plan.feed} {plan.month} came as {len(files)} files, and publish.columns uses file_name(), which is "
            "known for a month of one file only.",
            safe="The target table was not touched.",
            next_step="Have the month delivered as one file, or remove file_name() from the feed's config.",
        )
