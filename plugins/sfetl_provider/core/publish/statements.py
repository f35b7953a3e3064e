"""The statements of a publication.

Sources: docs.snowflake.com/en/sql-reference/sql/insert and …/merge. Insertion in date order keeps a month's
micro-partitions together, so that the next replacement rewrites few others.
"""

from __future__ import annotations

from sfetl_provider.core.audit.month_range import count_where, inside, misplaced
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.expression.bound_sql import BoundSql, joined
from sfetl_provider.core.identifiers import quote_identifier
from sfetl_provider.core.ledger import rejected_rows
from sfetl_provider.core.plan.month_plan import TableName
from sfetl_provider.core.plan.names import quoted_table
from sfetl_provider.core.publish.column_list import ColumnList

SAMPLED_KEYS = 5


def load_check_statement(load_table: TableName, date_column: str) -> str:
    """Give the last look at the load table: its rows, and those that no month's publication may take.

    Binds: the month's bounds.
    """
    return f"SELECT COUNT(*), {count_where(misplaced(date_column))} FROM {quoted_table(load_table)}"


def insert_statement(table: TableName, load_table: TableName, columns: ColumnList, date_column: str) -> str:
    """Give the INSERT of the load table's rows of the month, by column name, in date order.

    Binds: those of what is selected, the month's bounds.
    """
    return (
        f"INSERT INTO {quoted_table(table)} ({columns.quoted_targets})\n"
        f"SELECT {columns.selected.text}\n"
        f"FROM {quoted_table(load_table)}\n"
        f"WHERE {inside(date_column)}\n"
        f"ORDER BY {quote_identifier(date_column)}"
    )


def merge_statement(table: TableName, load_table: TableName, columns: ColumnList, config: FeedConfig) -> str:
    """Give the MERGE of the load table's rows of the month into the month's rows, by `publish.merge_keys`.

    A key is looked for in the month alone: a row of another month stays in it, whatever its key. Keys must be
    unique in the load table and not NULL, or the result is not determined. Binds: those of what is selected, the
    month's bounds, twice.
    """
    keys = target_keys(config)
    selected = ", ".join(
        f"{value.text} AS {quote_identifier(name)}" for name, value in columns.values.items()
    )
    names = [quote_identifier(name) for name in columns.values]
    same_key = " AND ".join(f"t.{quote_identifier(key)} = s.{quote_identifier(key)}" for key in keys)
    changed = ", ".join(
        f"{quote_identifier(name)} = s.{quote_identifier(name)}"
        for name in columns.values
        if name not in keys
    )
    return (
        f"MERGE INTO {quoted_table(table)} AS t\n"
        f"USING (SELECT {selected} FROM {quoted_table(load_table)} WHERE {inside(config.date.column)}) AS s\n"
        f"ON {same_key} AND {inside(config.target_date_column, 't')}\n"
        f"WHEN MATCHED THEN UPDATE SET {changed}\n"
        f"WHEN NOT MATCHED THEN INSERT ({', '.join(names)}) "
        f"VALUES ({', '.join(f's.{name}' for name in names)})"
    )


def unusable_keys_statement(load_table: TableName, columns: ColumnList, config: FeedConfig) -> BoundSql:
    """Give the query for keys that stand more than once among the rows of the month, or lack a value: up to five.

    Keys are compared as they are published, masked or computed. Columns: the key's values as text, and how many
    rows have them. Further binds: the month's bounds.
    """
    keys = [quote_identifier(name) for name in target_keys(config)]
    values = [columns.values[name] for name in target_keys(config)]
    selected = joined(
        ", ",
        [BoundSql(f"{value.text} AS {key}", value.binds) for key, value in zip(keys, values, strict=True)],
    )
    texts = ", ".join(f"CAST({key} AS VARCHAR)" for key in keys)
    missing = " OR ".join(f"{key} IS NULL" for key in keys)
    text = (
        f"SELECT {texts}, COUNT(*)\n"
        f"FROM (SELECT {selected.text} FROM {quoted_table(load_table)} WHERE {inside(config.date.column)})\n"
        f"GROUP BY {', '.join(keys)}\n"
        f"HAVING COUNT(*) > 1 OR {missing}\n"
        f"ORDER BY COUNT(*) DESC\n"
        f"LIMIT {SAMPLED_KEYS}"
    )
    return BoundSql(text, selected.binds)


def reject_statement(load_table: TableName, columns: ColumnList, date_column: str) -> str:
    """Give the INSERT that keeps the load table's rows that are not of the month, as they would be published.

    Binds: feed, month, generation, run key, those of what is selected, the month's bounds.
    """
    values = {name: value.text for name, value in columns.values.items()}
    return rejected_rows.insert_statement(load_table, values, date_column, misplaced(date_column))


def target_keys(config: FeedConfig) -> tuple[str, ...]:
    """Give the keys of a merge as the target calls its columns."""
    return tuple(config.target_of(name) for name in config.publish.merge_keys)
