"""ALTER TABLE of columns, done alike to a table and to the rows that its time travel keeps.

So what AT and BEFORE give has the columns of today, as at Snowflake.
https://docs.snowflake.com/en/sql-reference/sql/alter-table
https://docs.snowflake.com/en/sql-reference/constructs/at-before#usage-notes
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from sqlglot import Expr, exp

from local.warehouse.errors import SqlError, unsupported
from local.warehouse.sessions.sessions import Session
from local.warehouse.sql_names import HIDDEN_SCHEMA, quoted, quoted_table
from local.warehouse.tables import change_log, column_limits, table_catalog
from local.warehouse.tables.column_limits import identifier_name
from local.warehouse.tables.table_definitions import taken_comment
from local.warehouse.tables.table_keys import renamed_column
from local.warehouse.tables.table_shapes import ColumnShape, comment_on_column, shape_of
from local.warehouse.transactions.table_locks import TableName

_DECIMAL = re.compile(r"DECIMAL\((\d+),\s*(\d+)\)")


@dataclass
class ColumnChanges:
    """The changes of one ALTER TABLE, in DuckDB's SQL after ALTER TABLE name; `here` for the present only."""

    session: Session
    table: TableName
    everywhere: list[str] = field(default_factory=list)
    here: list[str] = field(default_factory=list)
    comments: dict[str, str] = field(default_factory=dict)
    limits: dict[str, int | None] = field(default_factory=dict)
    renamed: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._columns = {column.name: column for column in shape_of(self.session.duck, self.table).columns}

    def plan(self, action: Expr) -> bool:
        """Add what an action asks for; False when it is not about columns.

        Raises SqlError for what Snowflake does not allow.
        """
        if isinstance(action, exp.ColumnDef):
            self._add(action)
        elif isinstance(action, exp.Drop) and str(action.args.get("kind")).upper() == "COLUMN":
            self._drop(action)
        elif isinstance(action, exp.RenameColumn):
            self._rename(identifier_name(action.this.this), identifier_name(action.args["to"].this))
        elif isinstance(action, exp.AlterColumn):
            self._alter(action)
        else:
            return False
        return True

    def _existing(self, name: str) -> ColumnShape:
        if name not in self._columns:
            message = f"SQL compilation error:\ncolumn '{name}' does not exist"
            raise SqlError(904, "42000", message)
        return self._columns[name]

    def _add(self, action: exp.ColumnDef) -> None:
        name = identifier_name(action.this)
        if name in self._columns:
            if action.args.get("exists"):
                return
            raise SqlError(1430, "42601", f"SQL compilation error:\ncolumn '{name}' already exists")
        constraints = [constraint.kind for constraint in action.constraints]
        is_required = any(
            isinstance(kind, exp.NotNullColumnConstraint) and not kind.args.get("allow_null")
            for kind in constraints
        )
        has_default = any(isinstance(kind, exp.DefaultColumnConstraint) for kind in constraints)
        if is_required and not has_default and self._has_rows():
            raise SqlError(
                2246,
                "42601",
                f"SQL compilation error:\nNon-nullable column '{name}' cannot be added to non-empty table "
                f"'{self.table[2]}' unless it has a non-null default value.",
            )
        comment = taken_comment(action)
        added = action.copy()
        added.set("exists", None)
        added.set(
            "constraints", [c for c in added.constraints if isinstance(c.kind, exp.DefaultColumnConstraint)]
        )
        self.everywhere.append(f"ADD COLUMN {self._duck_sql(added)}")
        if is_required:
            self.here.append(f"ALTER COLUMN {quoted(name)} SET NOT NULL")
        if comment:
            self.comments[name] = comment
        limit = _text_limit(action.args.get("kind"))
        self.limits[name] = limit
        self._columns[name] = ColumnShape(name, "", None, not is_required, comment, limit)

    def _has_rows(self) -> bool:
        return (
            self.session.duck.execute(f"SELECT 1 FROM {quoted_table(self.table)} LIMIT 1").fetchone()
            is not None
        )

    def _duck_sql(self, node: Expr) -> str:
        cursor = self.session.connection.cursor()
        sql: str = cursor._transform(node.copy(), None).sql(dialect="duckdb")
        return sql

    def _drop(self, action: exp.Drop) -> None:
        for column in action.args.get("tables") or []:
            name = identifier_name(column.this)
            if name not in self._columns and action.args.get("exists"):
                continue
            self._existing(name)
            self.everywhere.append(f"DROP COLUMN {quoted(name)}")
            self.limits[name] = None
            del self._columns[name]

    def _rename(self, old: str, new: str) -> None:
        column = self._existing(old)
        if new in self._columns:
            raise SqlError(1430, "42601", f"SQL compilation error:\ncolumn '{new}' already exists")
        self.everywhere.append(f"RENAME COLUMN {quoted(old)} TO {quoted(new)}")
        self.limits[old], self.limits[new] = None, column.limit
        self.renamed.append((old, new))

    def _alter(self, action: exp.AlterColumn) -> None:
        name = identifier_name(action.this)
        column = self._existing(name)
        if action.args.get("dtype") is not None:
            self._change_type(column, action.args["dtype"])
        elif action.args.get("comment") is not None:
            self.comments[name] = action.args["comment"].name
        elif action.args.get("allow_null") is not None:
            verb = "DROP" if action.args.get("drop") else "SET"
            self.here.append(f"ALTER COLUMN {quoted(name)} {verb} NOT NULL")
        elif action.args.get("drop"):
            self.here.append(f"ALTER COLUMN {quoted(name)} DROP DEFAULT")
        else:
            raise unsupported("Alter Column Set Default")

    def _change_type(self, column: ColumnShape, wanted: Expr) -> None:
        """Texts may only become longer; numbers keep their scale; everything else keeps its type."""
        kind = "VARCHAR" if _is_text(wanted) else self._duck_sql(wanted).upper()
        limit = _text_limit(wanted)
        old, new = _shown(column.kind, column.limit), _shown(kind, limit)
        refusal = f"SQL compilation error:\ncannot change column {column.name} from type {old} to {new}"
        if kind == column.kind == "VARCHAR":
            if (limit or column_limits.UNLIMITED) < (column.limit or column_limits.UNLIMITED):
                reason = " because reducing the byte-length of a varchar is not supported."
                raise SqlError(40050, "22000", refusal + reason)
            self.limits[column.name] = limit
        elif _scale(kind) is not None and _scale(column.kind) is not None:
            if _scale(kind) != _scale(column.kind):
                raise SqlError(
                    40052, "22000", f"{refusal} because changing the scale of a number is not supported."
                )
            self.everywhere.append(f"ALTER COLUMN {quoted(column.name)} SET DATA TYPE {kind}")
        elif kind != column.kind:
            raise SqlError(2108, "22000", refusal)

    def carry_out(self) -> None:
        """Do it, in one transaction; limits and comments after it, as they lie in another database."""
        duck, database = self.session.duck, self.table[0]
        record = table_catalog.find(duck, self.table)
        with self.session.change_log.transaction(is_open=False):
            past = change_log.storages_of(duck, record) if record is not None else []
            for storage in past:
                for change in self.everywhere:
                    duck.execute(f"ALTER TABLE {quoted(database, HIDDEN_SCHEMA, storage)} {change}")
            for change in [*self.everywhere, *self.here]:
                duck.execute(f"ALTER TABLE {quoted_table(self.table)} {change}")
            for name, comment in self.comments.items():
                comment_on_column(duck, self.table, name, comment)
            if record is not None:
                keys = record.keys
                for old, new in self.renamed:
                    keys = renamed_column(keys, old, new)
                if keys != record.keys:
                    table_catalog.change(duck, record, keys=table_catalog.json_of_keys(keys))
        column_limits.change(duck, self.table, self.limits)


def _text_limit(kind: Expr | None) -> int | None:
    """The n of VARCHAR(n)."""
    return int(kind.expressions[0].name) if kind is not None and _is_text(kind) and kind.expressions else None


def _is_text(kind: Expr) -> bool:
    return isinstance(kind, exp.DataType) and kind.this in exp.DataType.TEXT_TYPES


def _scale(kind: str) -> int | None:
    if kind == "BIGINT":
        return 0
    match = _DECIMAL.fullmatch(kind)
    return int(match[2]) if match else None


def _shown(kind: str, limit: int | None) -> str:
    """Snowflake's name of a type."""
    if kind == "VARCHAR":
        return f"VARCHAR({limit or column_limits.UNLIMITED})"
    if kind == "BIGINT":
        return "NUMBER(38,0)"
    names = {
        "DOUBLE": "FLOAT",
        "TIMESTAMP": "TIMESTAMP_NTZ(9)",
        "TIMESTAMP WITH TIME ZONE": "TIMESTAMP_TZ(9)",
    }
    return names.get(kind, kind.replace("DECIMAL", "NUMBER").replace(", ", ","))
