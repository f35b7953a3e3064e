"""A table's month as one side of a comparison: its rows come as texts that say each value exactly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sfetl_provider.core.audit.month_range import bounds, inside
from sfetl_provider.core.compare.workspace import Workspace
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.events import Listener, Progress
from sfetl_provider.core.identifiers import quote_identifier
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.plan.month_plan import TableName
from sfetl_provider.core.plan.names import quoted_table, target_table
from sfetl_provider.core.ports import RowReader

ROWS_AT_ONCE = 20_000


@dataclass(frozen=True)
class TableMonth:
    """The rows of one month in a table.

    `types` are its columns' types as DESCRIBE TABLE shows them, `targets` the columns' names in the table, both by
    the names of the file.
    """

    reader: RowReader
    table: TableName
    date_column: str
    month: Month
    types: Mapping[str, str]
    targets: Mapping[str, str]

    @property
    def name(self) -> str:
        """What a person reads."""
        table = self.table
        return f"{table.database}.{table.schema_name}.{table.name}, {self.month}"


def open_table_month(reader: RowReader, config: FeedConfig, month: Month) -> TableMonth:
    """Ask for the types of the feed's target; raises StatementError when there is no such table."""
    table = target_table(config)
    described = reader.query(f"DESCRIBE TABLE {quoted_table(table)}").records()
    types = {str(column["name"]): str(column["type"]) for column in described}
    targets = {column.name: column.target_name for column in config.columns}
    known = {name: types[target] for name, target in targets.items() if target in types}
    return TableMonth(reader, table, config.target_date_column, month, known, targets)


def rows_statement(month: TableMonth, columns: Mapping[str, str]) -> str:
    """Give the query for the month's rows; `columns` maps names to SQL about `{0}`. Binds: the month's bounds."""
    values = ",\n  ".join(
        form.format(quote_identifier(month.targets[name])) for name, form in columns.items()
    )
    return f"SELECT\n  {values}\nFROM {quoted_table(month.table)}\nWHERE {inside(month.date_column)}"


def fetch_rows(
    month: TableMonth, columns: Mapping[str, str], workspace: Workspace, listener: Listener
) -> int:
    """Fetch the month's rows into table `fetched`, its columns f0, f1, …; gives their number.

    Memory: what the connector holds of a result (a few of its chunks) and one batch. Raises what `read_rows`
    raises; the table is then incomplete.
    """
    names = [f"f{at}" for at in range(len(columns))]
    workspace.run(f"CREATE TABLE fetched ({', '.join(f'{name} VARCHAR' for name in names)})")
    found = month.reader.read_rows(rows_statement(month, columns), bounds(month.month), ROWS_AT_ONCE)
    done = 0
    for rows in found.batches:
        texts = {name: _texts(values) for name, values in zip(names, zip(*rows, strict=True), strict=True)}
        workspace.add_rows("fetched", texts)
        done += len(rows)
        listener(Progress("fetch", month.name, done, found.row_count, "rows"))
    return done


def _texts(values: Sequence[object]) -> list[object]:
    # repr of a float is the shortest text that reads back as the same number.
    return [repr(value) if isinstance(value, float) else value for value in values]
