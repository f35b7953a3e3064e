"""Changes of the target table's definition: their statements, and making them.

DDL commits, so they are made before the transaction of a publication, and stay when the load fails afterwards.
Sources: docs.snowflake.com/en/sql-reference/sql/create-table, …/alter-table (ADD COLUMN IF NOT EXISTS takes no
default), …/alter-table-column (a VARCHAR can grow, never shrink).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from sfetl_provider.core.column_type import read_column_type
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.errors import StatementError
from sfetl_provider.core.identifiers import quote_identifier
from sfetl_provider.core.plan.month_plan import TableChange, TableName
from sfetl_provider.core.plan.names import quoted_table
from sfetl_provider.core.plan.target_columns import describe_target
from sfetl_provider.core.ports import CheckpointStore, Warehouse
from sfetl_provider.core.widening import widening_statement

_CHECKPOINT = "table_changes"


def create_statement(table: TableName, config: FeedConfig) -> str:
    """Give the DDL of the target as the config describes it; columns without a type stay without one.

    The order is that of the file, computed columns last. A column that may not be missing in the file is NOT NULL.
    """
    columns = ",\n  ".join(_definitions(config))
    keys = ", ".join(quote_identifier(name) for name in config.table.cluster_by)
    clustering = f"\nCLUSTER BY ({keys})" if keys else ""
    return f"CREATE TABLE IF NOT EXISTS {quoted_table(table)} (\n  {columns}\n){clustering}"


def _definitions(config: FeedConfig) -> Iterator[str]:
    types = column_types(config)
    computed = {column.name: column.nullable for column in config.publish.columns}
    nullable = {column.target_name: column.nullable for column in config.columns} | computed
    for name in config.target_names:
        constraint = "" if nullable[name] else " NOT NULL"
        yield f"{quote_identifier(name)} {types.get(name, '<type>')}{constraint}"


def column_types(config: FeedConfig) -> dict[str, str]:
    """Give the configured types of the target's columns, less those without one."""
    types = {column.target_name: column.type for column in config.columns}
    for column in config.publish.columns:
        types[column.name] = column.type or types.get(column.name)
    return {name: text for name, text in types.items() if text}


def add_column_statement(table: TableName, column: str, type_text: str) -> str:
    """Give the DDL that adds a column, which existing rows hold NULL in; safe to repeat."""
    return (
        f"ALTER TABLE {quoted_table(table)} ADD COLUMN IF NOT EXISTS {quote_identifier(column)} {type_text}"
    )


def widen_columns(
    warehouse: Warehouse, checkpoints: CheckpointStore, table: TableName, lengths: Mapping[str, int]
) -> tuple[TableChange, ...]:
    """Make VARCHAR columns of the target as long as asked, in characters; gives all changes of this task.

    The table is asked first: a column that is as long by now, or is no VARCHAR, is left alone. So it is safe to
    repeat, and never tries to shrink what another run widened. Raises StatementError when the role may not.
    """
    changes = changes_of_task(warehouse, checkpoints)
    changes.make(widening_changes(table, text_sizes(warehouse, table), lengths))
    return changes.made


def text_sizes(warehouse: Warehouse, table: TableName) -> dict[str, int]:
    """Ask how many characters the table's VARCHAR columns take."""
    described = {column.name: column.type for column in describe_target(warehouse, table) or ()}
    sizes = {name: _text_size(text) for name, text in described.items()}
    return {name: size for name, size in sizes.items() if size}


def widening_changes(
    table: TableName, sizes: Mapping[str, int], lengths: Mapping[str, int]
) -> Iterator[TableChange]:
    """Give the changes that make columns as long as asked; one that is as long, or has no size, is left alone."""
    for name, length in lengths.items():
        if 0 < sizes.get(name, 0) < length:
            statement = widening_statement(quoted_table(table), name, f"VARCHAR({length})")
            yield TableChange(kind="widen", column=name, statement=statement)


def _text_size(described: str) -> int:
    try:
        known = read_column_type(described)
    except ValueError:
        return 0
    return known.size if known.kind == "text" else 0


class TableChanges:
    """Makes changes; each is kept before it is made, and with its query id afterwards.

    So a task that dies in between makes it again or finds it made, and tells of it either way. `made` are all of
    the task, also those of its earlier lives; `keep` stores them durably.
    """

    def __init__(
        self,
        warehouse: Warehouse,
        made: tuple[TableChange, ...],
        keep: Callable[[tuple[TableChange, ...]], object],
    ) -> None:
        self._warehouse, self.made, self._keep = warehouse, made, keep

    def make(self, changes: Iterable[TableChange]) -> None:
        """Run changes one after the other; raises StatementError at the first that is refused."""
        for change in changes:
            done = tuple(made for made in self.made if made.query_id or made.column != change.column)
            self._note((*done, change))
            try:
                query_id = self._warehouse.query(change.statement).query_id
            except StatementError:
                self._note(done)
                raise
            self._note((*done, change.model_copy(update={"query_id": query_id})))

    def _note(self, changes: tuple[TableChange, ...]) -> None:
        self.made = changes
        self._keep(changes)


def changes_of_task(warehouse: Warehouse, checkpoints: CheckpointStore) -> TableChanges:
    """Give the changes of a task that keeps them in its checkpoints by themselves."""
    kept = checkpoints.get(_CHECKPOINT)
    made = tuple(TableChange.from_json(change) for change in (kept if isinstance(kept, list) else []))
    return TableChanges(
        warehouse,
        made,
        lambda changes: checkpoints.set(_CHECKPOINT, [change.to_json() for change in changes]),
    )


def change_query_ids(changes: Sequence[TableChange]) -> dict[str, tuple[str, ...]]:
    """Give the query ids of changes by their kind, as the ledger keeps them.

    Not known is that of a change after which the worker died at once.
    """
    known = [change for change in changes if change.query_id]
    kinds = dict.fromkeys(change.kind for change in known)
    return {kind: tuple(change.query_id for change in known if change.kind == kind) for kind in kinds}
