"""SHOW of databases, schemas, tables, views, objects and columns, from the catalog.

fakesnow's own answers leave out LIKE, STARTS WITH, LIMIT and TERSE for several of them and know no owners.
https://docs.snowflake.com/en/sql-reference/sql/show
"""

from __future__ import annotations

import datetime
import json
from dataclasses import dataclass
from typing import Any

from local.warehouse.access.access import Access
from local.warehouse.access.grants import ObjectKey
from local.warehouse.access.show_pattern import Filters
from local.warehouse.errors import cannot_use, does_not_exist, unsupported
from local.warehouse.results import Result, table_result
from local.warehouse.sessions.sessions import Session
from local.warehouse.tables import shown_tables
from local.warehouse.tables.table_catalog import TableRecord
from local.warehouse.tokens import Tokens

_TEXT, _COUNT, _TIME = "VARCHAR", "BIGINT", "TIMESTAMP WITH TIME ZONE"
_VIEWS = "_fs_global._fs_information_schema._fs_show_"
_INNER = ("main", "pg_catalog")
_FIRST = datetime.datetime.fromtimestamp(0, datetime.UTC)
_TERSE = {"created_on": _TIME, "name": _TEXT, "kind": _TEXT, "database_name": _TEXT, "schema_name": _TEXT}
_DATABASES = {
    "created_on": _TIME,
    "name": _TEXT,
    "is_default": _TEXT,
    "is_current": _TEXT,
    "origin": _TEXT,
    "owner": _TEXT,
    "comment": _TEXT,
    "options": _TEXT,
    "retention_time": _TEXT,
    "kind": _TEXT,
    "owner_role_type": _TEXT,
}
_SCHEMAS = {
    "created_on": _TIME,
    "name": _TEXT,
    "is_default": _TEXT,
    "is_current": _TEXT,
    "database_name": _TEXT,
    "owner": _TEXT,
    "comment": _TEXT,
    "options": _TEXT,
    "retention_time": _TEXT,
    "owner_role_type": _TEXT,
}
_COLUMNS = {
    "table_name": _TEXT,
    "schema_name": _TEXT,
    "column_name": _TEXT,
    "data_type": _TEXT,
    "null?": _TEXT,
    "default": _TEXT,
    "kind": _TEXT,
    "expression": _TEXT,
    "comment": _TEXT,
    "database_name": _TEXT,
    "autoincrement": _TEXT,
}
_OBJECTS = {
    **_TERSE,
    "comment": _TEXT,
    "cluster_by": _TEXT,
    "rows": _COUNT,
    "bytes": _COUNT,
    "owner": _TEXT,
    "retention_time": _TEXT,
    "owner_role_type": _TEXT,
}
_SHOWN_VIEWS = {
    "created_on": _TIME,
    "name": _TEXT,
    "reserved": _TEXT,
    "database_name": _TEXT,
    "schema_name": _TEXT,
    "owner": _TEXT,
    "comment": _TEXT,
    "text": _TEXT,
    "is_secure": _TEXT,
    "is_materialized": _TEXT,
    "owner_role_type": _TEXT,
}
_RELATIONS = (
    "SELECT table_name, 'TABLE', database_name, schema_name, coalesce(comment, ''), estimated_size, NULL "
    "FROM duckdb_tables() WHERE NOT internal AND schema_name NOT IN ('main', '_fs_information_schema') UNION ALL "
    "SELECT view_name, 'VIEW', database_name, schema_name, coalesce(comment, ''), NULL, sql "
    "FROM duckdb_views() WHERE NOT internal "
    "AND schema_name NOT IN ('main', '_fs_information_schema', 'INFORMATION_SCHEMA') "
    "ORDER BY 3, 4, 1"
)


@dataclass(frozen=True)
class _Scope:
    """Where SHOW looks: parts of a name from the left, none for the account; columns of one table have three."""

    name: tuple[str, ...]

    def holds(self, *name: str) -> bool:
        return name[: len(self.name)] == self.name


class ShowStatements:
    """Answers SHOW for what the session's role may see."""

    def __init__(self, access: Access) -> None:
        self._may = access.authorization
        self._access = access

    def run(self, session: Session, text: str) -> Result:
        """SHOW [TERSE] kind [HISTORY] [LIKE '…'] [IN …] [STARTS WITH '…'] [LIMIT n [FROM '…']]."""
        tokens = Tokens(text)
        tokens.expect_words("SHOW")
        is_terse = tokens.skip("TERSE")
        kind = tokens.take().text.upper()
        filters = Filters()
        with_dropped = tokens.skip("HISTORY")
        if with_dropped and kind != "TABLES":
            raise unsupported(f"SHOW {kind} HISTORY")
        filters.read_like(tokens)
        scope = self._scope(session, tokens, kind)
        filters.read_rest(tokens)
        with self._access.file.lock:
            if kind == "DATABASES":
                return self._databases(session, filters, is_terse=is_terse)
            if kind == "SCHEMAS":
                return self._schemas(session, scope, filters, is_terse=is_terse)
            if kind == "COLUMNS":
                return self._columns(session, scope, filters)
            if kind == "TABLES":
                records = self._tables(session, scope, with_dropped=with_dropped)
                return shown_tables.listed(session, records, filters, is_terse, with_dropped)
            return self._relations(session, scope, filters, kind, is_terse=is_terse)

    def _scope(self, session: Session, tokens: Tokens, kind: str) -> _Scope:
        if not tokens.skip("IN"):
            parts = [session.database, session.schema] if kind != "SCHEMAS" else [session.database]
            return _Scope(tuple(part for part in parts if part))
        if tokens.skip("ACCOUNT"):
            return _Scope(())
        if tokens.skip("DATABASE"):
            name = (session.database or "",) if _is_unnamed(tokens) else tokens.name()
            return self._known(session, "DATABASE", name)
        if kind == "COLUMNS" and not tokens.peek().is_word("SCHEMA"):
            tokens.skip("TABLE") or tokens.skip("VIEW")
            return self._known(session, "TABLE", session.qualify(tokens.name()))
        is_schema = tokens.skip("SCHEMA")
        if is_schema and _is_unnamed(tokens):
            return self._known(session, "SCHEMA", session.qualify(("X",))[:2])
        name = tokens.name()
        if len(name) == 2:
            return self._known(session, "SCHEMA", name)
        if is_schema:
            return self._known(session, "SCHEMA", session.qualify((*name, "X"))[:2])
        if kind == "SCHEMAS":
            return self._known(session, "DATABASE", name)
        return self._known(session, "SCHEMA", session.qualify((*name, "X"))[:2])

    def _known(self, session: Session, kind: str, name: tuple[str, ...]) -> _Scope:
        key = ObjectKey(kind, name)
        is_there = self._may.exists(key) or name[-1:] == ("INFORMATION_SCHEMA",)
        if not is_there or self._may.is_hidden(session, key):
            if kind == "TABLE":
                raise does_not_exist("Table", key.full_name)
            raise cannot_use()
        return _Scope(name)

    def _rows(self, session: Session, query: str) -> list[tuple[Any, ...]]:
        return session.duck.execute(query).fetchall()

    def _databases(self, session: Session, filters: Filters, *, is_terse: bool) -> Result:
        rows = []
        for name, comment in self._rows(
            session, f"SELECT name, comment FROM {_VIEWS}databases ORDER BY name"
        ):
            key = ObjectKey("DATABASE", (name,))
            if name in ("system", "temp") or self._may.is_hidden(session, key):
                continue
            owner = self._access.grants.owner(key)
            current = "Y" if session.database == name else "N"
            row = [_FIRST, name, "N", current, "", owner, comment or "", "", "1", "STANDARD", "ROLE"]
            rows.append([_FIRST, name, "STANDARD", None, None] if is_terse else row)
        return table_result(_TERSE if is_terse else _DATABASES, filters.chosen(rows, 1))

    def _schemas(self, session: Session, scope: _Scope, filters: Filters, *, is_terse: bool) -> Result:
        rows = []
        query = f"SELECT database_name, name FROM {_VIEWS}schemas ORDER BY 1, 2"
        for database, raw in self._rows(session, query):
            name = "INFORMATION_SCHEMA" if raw.lower() == "information_schema" else raw
            key = ObjectKey("SCHEMA", (database, name))
            if name in _INNER or not scope.holds(database) or self._may.is_hidden(session, _seen(key)):
                continue
            is_current = (session.database, session.schema) == (database, name)
            owner = "" if name == "INFORMATION_SCHEMA" else self._access.grants.owner(key)
            current = "Y" if is_current else "N"
            row = [_FIRST, name, "N", current, database, owner, "", "", "1", "ROLE" if owner else ""]
            rows.append([_FIRST, name, None, database, None] if is_terse else row)
        return table_result(_TERSE if is_terse else _SCHEMAS, filters.chosen(rows, 1))

    def _tables(self, session: Session, scope: _Scope, *, with_dropped: bool) -> list[TableRecord]:
        known = shown_tables.records(session, scope.name, with_dropped)
        return [
            record for record in known if not self._may.is_hidden(session, ObjectKey("TABLE", record.name))
        ]

    def _relations(
        self, session: Session, scope: _Scope, filters: Filters, kind: str, *, is_terse: bool
    ) -> Result:
        rows = []
        for name, is_a, database, schema, comment, count, sql in self._rows(session, _RELATIONS):
            key = ObjectKey("TABLE", (database, schema, name))
            if kind not in ("OBJECTS", f"{is_a}S") or not scope.holds(database, schema):
                continue
            if self._may.is_hidden(session, key):
                continue
            owner = self._access.grants.owner(key)
            if is_terse:
                rows.append([_FIRST, name, is_a, database, schema])
            elif kind == "VIEWS":
                text = [_FIRST, name, "", database, schema, owner, comment, sql, "false", "false", "ROLE"]
                rows.append(text)
            else:
                rest = [comment, "", count, None, owner, "1", "ROLE"]
                rows.append([_FIRST, name, is_a, database, schema, *rest])
        columns = _TERSE if is_terse else _SHOWN_VIEWS if kind == "VIEWS" else _OBJECTS
        return table_result(columns, filters.chosen(rows, 1))

    def _columns(self, session: Session, scope: _Scope, filters: Filters) -> Result:
        names = ", ".join(f'"{name}"' for name in _COLUMNS)
        rows = []
        for found in self._rows(session, f"SELECT {names} FROM {_VIEWS}columns"):
            row = list(found)
            full = (row[9], row[1], row[0])
            if scope.holds(*full) and not self._may.is_hidden(session, ObjectKey("TABLE", full)):
                row[3] = _type_text(row[3], is_nullable=row[4] == "true")
                rows.append(row)
        return table_result(_COLUMNS, filters.chosen(rows, 2))


def _is_unnamed(tokens: Tokens) -> bool:
    """IN DATABASE and IN SCHEMA without a name mean the current one."""
    is_name = tokens.peek().kind in ("word", "quoted")
    return not is_name or tokens.peek().is_word("STARTS") or tokens.peek().is_word("LIMIT")


def _seen(schema: ObjectKey) -> ObjectKey:
    """INFORMATION_SCHEMA is seen with its database."""
    return ObjectKey("DATABASE", schema.name[:1]) if schema.name[1] == "INFORMATION_SCHEMA" else schema


def _type_text(text: str, *, is_nullable: bool) -> str:
    """The column's type as JSON; fakesnow says nullable of each."""
    found = json.loads(text)
    found["nullable"] = is_nullable
    return json.dumps(found, separators=(",", ":"))
