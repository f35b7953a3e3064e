"""The target table held against the config before anything is read: what differs is changed, or refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sfetl_provider.core.column_type import ColumnType, read_column_type
from sfetl_provider.core.config.column_model import HASH_CHARACTERS
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.errors import TargetTableError
from sfetl_provider.core.plan.month_plan import TableChange, TableName, TargetTypes
from sfetl_provider.core.plan.names import quoted_table, target_table
from sfetl_provider.core.plan.table_change import (
    add_column_statement,
    changes_of_task,
    column_types,
    create_statement,
)
from sfetl_provider.core.plan.target_columns import TargetColumn, describe_target
from sfetl_provider.core.plan.target_types import target_types
from sfetl_provider.core.ports import CheckpointStore, Warehouse

_SAFE = "The target table is as it was; nothing was staged or loaded."


@dataclass(frozen=True)
class SettledTarget:
    """What a run may rely on: types of the feed's columns in the table, columns that it does not have, changes.

    `remarks` are told in the log.
    """

    types: TargetTypes
    unpublished: tuple[str, ...]
    changes: tuple[TableChange, ...]
    remarks: tuple[str, ...]


def settle_target(
    warehouse: Warehouse, checkpoints: CheckpointStore, config: FeedConfig, *, is_dry_run: bool = False
) -> SettledTarget:
    """Make table and columns that are missing where the config says so, and refuse what does not fit.

    Changes are kept in the checkpoints, so that a task that runs again still tells of them. A dry run changes
    nothing and tells what a load would change or refuse. Raises TargetTableError with all differences.
    """
    table = target_table(config)
    described = describe_target(warehouse, table)
    if is_dry_run:
        return _told(described, table, config)
    changes = changes_of_task(warehouse, checkpoints)
    if described is None:
        changes.make([_creation(table, config)])
        described = describe_target(warehouse, table) or ()
    difference = _compare(described, config)
    if difference.faults:
        raise _misfit(table, config, difference)
    if added := difference.to_add(table):
        changes.make(added)
        described = describe_target(warehouse, table) or ()
    types = target_types(described, config)
    return SettledTarget(types, difference.unpublished, changes.made, difference.remarks)


def _told(described: Sequence[TargetColumn] | None, table: TableName, config: FeedConfig) -> SettledTarget:
    """Give what a dry run knows of the table, and as remarks what a load would change or refuse."""
    if described is None:
        ending = ", and a load would make it" if config.table.create else ""
        return SettledTarget({}, (), (), (f"{_missing_table(table, config).what.rstrip('.')}{ending}",))
    difference = _compare(described, config)
    would = tuple(f"a load would run {change.statement}" for change in difference.to_add(table))
    remarks = (*difference.faults, *would, *difference.remarks)
    return SettledTarget(target_types(described, config), difference.unpublished, (), remarks)


def _creation(table: TableName, config: FeedConfig) -> TableChange:
    if not config.table.create:
        raise _missing_table(table, config)
    return TableChange(kind="create", column="", statement=create_statement(table, config))


@dataclass(frozen=True)
class _Difference:
    """How table and config differ: `missing` are columns of the config by their types, '' for none."""

    missing: Mapping[str, str]
    is_adding: bool
    unpublished: tuple[str, ...]
    faults: tuple[str, ...]
    remarks: tuple[str, ...]

    def to_add(self, table: TableName) -> list[TableChange]:
        """Give the changes that bring the missing columns."""
        if not self.is_adding:
            return []
        return [
            TableChange(kind="add_column", column=name, statement=add_column_statement(table, name, text))
            for name, text in self.missing.items()
            if text
        ]


def _compare(described: Sequence[TargetColumn], config: FeedConfig) -> _Difference:
    present = {column.name for column in described}
    types = column_types(config)
    missing = {name: types.get(name, "") for name in config.target_names if name not in present}
    policy = config.table.schema_changes
    unpublished = _unpublished(missing, config) if policy == "ignore" else ()
    gone = [column.target_name for column in config.columns if column.name in unpublished]
    remarks = [f"{', '.join(gone)}: the table has no such columns, they are not published"] if gone else []
    return _Difference(
        missing=missing,
        is_adding=policy == "add_columns",
        unpublished=unpublished,
        faults=(
            *_missing_faults([name for name in missing if name not in gone], types, policy),
            *_unfilled_faults(described, config),
            *_mask_faults(described, config),
        ),
        remarks=(*remarks, *_unfilled_remarks(described, config)),
    )


def _unpublished(missing: Mapping[str, str], config: FeedConfig) -> tuple[str, ...]:
    """Columns of the file only; a computed column was meant for the table, and the date column must be there."""
    computed = {column.name for column in config.publish.columns}
    return tuple(
        column.name
        for column in config.columns
        if column.target_name in missing
        and column.target_name not in computed
        and column.name not in (config.date.column, *config.publish.merge_keys)
    )


def _missing_faults(missing: Sequence[str], types: Mapping[str, str], policy: str) -> Iterator[str]:
    if policy != "add_columns":
        if missing:
            yield f"the table has no column {', '.join(missing)}"
        return
    if untyped := [name for name in missing if name not in types]:
        yield f"the table has no column {', '.join(untyped)}, and the config no type to add it with"


def _unfilled(described: Sequence[TargetColumn], config: FeedConfig) -> list[TargetColumn]:
    return [column for column in described if column.name not in config.target_names]


def _unfilled_faults(described: Sequence[TargetColumn], config: FeedConfig) -> Iterator[str]:
    for column in _unfilled(described, config):
        if column.is_required and not column.has_default:
            yield f"column {column.name} of the table is NOT NULL without a default, and the feed does not fill it"


def _unfilled_remarks(described: Sequence[TargetColumn], config: FeedConfig) -> Iterator[str]:
    names = [
        column.name for column in _unfilled(described, config) if column.has_default or not column.is_required
    ]
    if names:
        yield f"{', '.join(names)}: the feed does not fill these columns of the table; they get their default"


def _mask_faults(described: Sequence[TargetColumn], config: FeedConfig) -> Iterator[str]:
    types = {column.name: _known(column.type) for column in described}
    for column in config.columns:
        known = types.get(column.target_name)
        if column.mask is None or known is None:
            continue
        if known.kind != "text":
            yield f"a masked value is a text, and column {column.target_name} of the table is {known.text}"
        elif column.mask.method == "hash" and known.size < HASH_CHARACTERS:
            yield f"a hash has {HASH_CHARACTERS} characters, and column {column.target_name} is {known.text}"


def _known(text: str) -> ColumnType | None:
    try:
        return read_column_type(text)
    except ValueError:
        return None


def _misfit(table: TableName, config: FeedConfig, difference: _Difference) -> TargetTableError:
    adding = [
        f"{add_column_statement(table, name, text)};" for name, text in difference.missing.items() if text
    ]
    listing = "".join(f"\n- {fault}" for fault in difference.faults)
    return TargetTableError(
        f"Feed {config.feed} does not fit table {quoted_table(table)}:{listing}\n",
        safe=_SAFE,
        next_step="Correct the feed's config or the table"
        + (f" ({' '.join(adding)})" if adding else "")
        + "; table.schema_changes can have missing columns added or left out. Then clear this task.",
    )


def _missing_table(table: TableName, config: FeedConfig) -> TargetTableError:
    statement = create_statement(table, config)
    return TargetTableError(
        f"Table {quoted_table(table)} does not exist, or the role may not see it.",
        safe="Nothing was staged or loaded.",
        next_step=f"If it is there, let the role see it: GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE "
        f"{quoted_table(table)} TO ROLE <role of the connection>; (and USAGE on its database and schema). "
        f"Otherwise set table.create of the feed to true, or run: {statement};",
    )
