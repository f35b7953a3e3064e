"""PRIMARY KEY and UNIQUE: declared, shown, and not enforced.

https://docs.snowflake.com/en/sql-reference/constraints-overview
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator

from sqlglot import Expr, exp

from local.warehouse.errors import unsupported
from local.warehouse.tables.column_limits import identifier_name
from local.warehouse.tables.table_catalog import Key

_DROPPED = re.compile(r"(?is)^(PRIMARY\s+KEY|UNIQUE)\s*(\((.*)\))?\s*$")


def declared_keys(schema: Expr) -> list[Key]:
    """The keys of the definitions in CREATE TABLE or of one ALTER TABLE ADD."""
    return [key for definition in schema.expressions for key in _keys_of(definition, "")]


def _keys_of(definition: Expr, name: str) -> Iterator[Key]:
    if isinstance(definition, exp.Constraint):
        for part in definition.expressions:
            yield from _keys_of(part, identifier_name(definition.this))
    elif isinstance(definition, exp.PrimaryKey):
        yield _key("PRIMARY KEY", name, [_column(part) for part in definition.expressions])
    elif isinstance(definition, exp.UniqueColumnConstraint) and isinstance(definition.this, exp.Schema):
        yield _key("UNIQUE", name, [_column(part) for part in definition.this.expressions])
    elif isinstance(definition, exp.ColumnDef):
        for constraint in definition.constraints:
            kind = _KINDS.get(type(constraint.kind))
            named = identifier_name(constraint.this) if constraint.this else ""
            if kind:
                yield _key(kind, named, [identifier_name(definition.this)])


_KINDS: dict[type[Expr], str] = {
    exp.PrimaryKeyColumnConstraint: "PRIMARY KEY",
    exp.UniqueColumnConstraint: "UNIQUE",
}


def _column(part: Expr) -> str:
    found = part if isinstance(part, exp.Identifier) else part.find(exp.Identifier)
    return identifier_name(found or part)


def _key(kind: str, name: str, columns: list[str]) -> Key:
    return Key(kind, name or f"SYS_CONSTRAINT_{uuid.uuid4()}", tuple(columns))


def without_dropped(keys: tuple[Key, ...], action: Expr) -> tuple[Key, ...]:
    """What is left after ALTER TABLE DROP PRIMARY KEY, DROP UNIQUE (a, b) or DROP CONSTRAINT name."""
    if isinstance(action, exp.Drop):
        names = {identifier_name(table.this) for table in action.args.get("tables") or []}
        return tuple(key for key in keys if key.name not in names)
    match = _DROPPED.match(str(action.args.get("expression") or "").strip())
    if match is None:
        raise unsupported(f"ALTER TABLE DROP {action.args.get('expression')}")
    kind = "PRIMARY KEY" if match[1].upper().startswith("PRIMARY") else "UNIQUE"
    columns = tuple(_plain(part) for part in match[3].split(",")) if match[3] else None
    return tuple(key for key in keys if key.kind != kind or columns not in (None, key.columns))


def _plain(name: str) -> str:
    name = name.strip()
    return name[1:-1] if name.startswith('"') else name.upper()


def renamed_column(keys: tuple[Key, ...], old: str, new: str) -> tuple[Key, ...]:
    """The keys after a column was renamed."""
    return tuple(
        Key(key.kind, key.name, tuple(new if column == old else column for column in key.columns))
        for key in keys
    )
