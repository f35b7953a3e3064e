"""The statements of a publication.

Sources: docs.snowflake.com/en/sql-reference/sql/insert and …/merge. Insertion in date order keeps a month's
micro-partitions together, so that the next replacement rewrites few others.
"""

from __future__ import annotations

from sfetl_provider.core.audit.month_range import count_where, inside, misplaced
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.identifiers import quote_identifier
from sfetl_provider.core.ledger import rejected_rows
from sfetl_provider.core.plan.month_plan import TableName
from sfetl_provider.core.plan.names import quoted_table

SAMPLED_KEYS = 5


def load_check_statement(load_table: TableName, date_column: str) -> str:
    """Give the last look at the load table: its rows, and those that no month's publication may take.

    Binds: the month's bounds.
    """
    return f"SELECT COUNT(*), {count_where(misplaced(date_column))} FROM {quoted_table(load_table)}"


def insert_statement(table: TableName, load_table: TableName, config: FeedConfig) -> str:
    """Give the INSERT of the load table's rows of the month, by column name, in date order.

    Binds: the month's bounds.
    """
    values = selected_values(config)
    columns = ", ".join(map(quote_identifier, values))
    return (
        f"INSERT INTO {quoted_table(table)} ({columns})\n"
        f"SELECT {', '.join(values.values())}\n"
        f"FROM {quoted_table(load_table)}\n"
        f"WHERE {inside(config.date.column)}\n"
        f"ORDER BY {quote_identifier(config.date.column)}"
    )


def merge_statement(table: TableName, load_table: TableName, config: FeedConfig) -> str:
    """Give the MERGE of the load table's rows of the month into the month's rows, by `publish.merge_keys`.

    A key is looked for in the month alone: a row of another month stays in it, whatever its key. Keys must be
    unique in the load table and not NULL, or the result is not determined. Binds: the month's bounds, twice.
    """
    values, keys = selected_values(config), config.publish.merge_keys
    selected = ", ".join(f"{value} AS {quote_identifier(name)}" for name, value in values.items())
    columns = [quote_identifier(name) for name in values]
    same_key = " AND ".join(f"t.{quote_identifier(key)} = s.{quote_identifier(key)}" for key in keys)
    changed = ", ".join(
        f"{quote_identifier(name)} = s.{quote_identifier(name)}" for name in values if name not in keys
    )
    return (
        f"MERGE INTO {quoted_table(table)} AS t\n"
        f"USING (SELECT {selected} FROM {quoted_table(load_table)} WHERE {inside(config.date.column)}) AS s\n"
        f"ON {same_key} AND {inside(config.date.column, 't')}\n"
        f"WHEN MATCHED THEN UPDATE SET {changed}\n"
        f"WHEN NOT MATCHED THEN INSERT ({', '.join(columns)}) "
        f"VALUES ({', '.join(f's.{column}' for column in columns)})"
    )


def unusable_keys_statement(load_table: TableName, config: FeedConfig) -> str:
    """Give the query for keys that stand more than once among the rows of the month, or lack a value: up to five.

    Columns: the key's values as text, and how many rows have them. Binds: the month's bounds.
    """
    keys = [quote_identifier(name) for name in config.publish.merge_keys]
    texts = ", ".join(f"CAST({key} AS VARCHAR)" for key in keys)
    missing = " OR ".join(f"{key} IS NULL" for key in keys)
    return (
        f"SELECT {texts}, COUNT(*)\n"
        f"FROM {quoted_table(load_table)}\n"
        f"WHERE {inside(config.date.column)}\n"
        f"GROUP BY {', '.join(keys)}\n"
        f"HAVING COUNT(*) > 1 OR {missing}\n"
        f"ORDER BY COUNT(*) DESC\n"
        f"LIMIT {SAMPLED_KEYS}"
    )


def reject_statement(load_table: TableName, config: FeedConfig) -> str:
    """Give the INSERT that keeps the load table's rows that are not of the month.

    Binds: feed, month, generation, run key, the month's bounds.
    """
    date_column = config.date.column
    return rejected_rows.insert_statement(
        load_table, selected_values(config), date_column, misplaced(date_column)
    )


def selected_values(config: FeedConfig) -> dict[str, str]:
    """Give the SQL about the load table's columns that fills each column of the target."""
    return {name: quote_identifier(name) for name in config.column_names}
