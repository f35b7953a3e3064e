"""DATA_RETENTION_TIME_IN_DAYS of tables, schemas, databases and the account: checked, set, shown.

https://docs.snowflake.com/en/user-guide/data-time-travel#specifying-the-data-retention-period-for-an-object
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlglot import Expr, exp

from local.warehouse.access.show_pattern import is_like
from local.warehouse.clock import Clock
from local.warehouse.errors import SqlError, does_not_exist, unsupported
from local.warehouse.results import SUCCESS, Result, status_result, table_result
from local.warehouse.sessions.sessions import Session
from local.warehouse.tables import table_catalog
from local.warehouse.tables.table_catalog import TableRecord
from local.warehouse.tokens import Tokens

PARAMETER = "DATA_RETENTION_TIME_IN_DAYS"
EDITION_DAYS = {"standard": 1, "enterprise": 90}
_DESCRIPTION = "number of days to retain the old version of deleted/updated data"


@dataclass(frozen=True)
class Retention:
    """The rules of one account; `edition` is standard or enterprise."""

    clock: Clock
    edition: str = "enterprise"

    def checked(self, text: str, is_transient: bool) -> int:
        """A number of days; raises SqlError when the edition or the kind of table does not allow it."""
        if not text.isdigit() or (is_transient and int(text) > table_catalog.TRANSIENT_DAYS):
            message = f"SQL compilation error:\ninvalid value [{text}] for parameter '{PARAMETER}'"
            raise SqlError(1008, "22023", message)
        most = EDITION_DAYS[self.edition]
        if int(text) > most:
            message = f"SQL compilation error:\nExceeds maximum allowable retention time ({most} day(s))."
            raise SqlError(1008, "22023", message)
        return int(text)

    def alter_table(self, session: Session, record: TableRecord, text: str | None) -> None:
        """Set the retention of a table, None for the inherited one."""
        days = None if text is None else self.checked(text, record.is_transient)
        table_catalog.change(session.duck, record, own_days=days)
        self._start_again(session, [record])

    def alter_container(self, session: Session, statement: str) -> Result:
        """ALTER ACCOUNT | DATABASE name | SCHEMA name SET DATA_RETENTION_TIME_IN_DAYS = n, or UNSET it."""
        tokens = Tokens(statement)
        tokens.expect_words("ALTER")
        kind = tokens.take().text.upper()
        is_optional = tokens.skip("IF", "EXISTS")
        names = () if kind == "ACCOUNT" else tokens.name()
        database, schema = _container(session, kind, names)
        is_unset = tokens.skip("UNSET")
        if not is_unset:
            tokens.expect_words("SET")
        tokens.expect_words(PARAMETER)
        days = None if is_unset else self._value(tokens)
        tokens.expect_end()
        if not _exists(session, database, schema):
            if is_optional:
                return status_result(SUCCESS)
            raise does_not_exist(kind.capitalize(), ".".join(names))
        records = [record for db in _databases(session, database) for record in _living(session, db, schema)]
        table_catalog.set_level(session.duck, database, schema, days)
        self._start_again(session, records)
        return status_result(SUCCESS)

    def _value(self, tokens: Tokens) -> int:
        tokens.expect("=")
        sign = "-" if tokens.skip_mark("-") else ""
        return self.checked(sign + tokens.take().text, is_transient=False)

    def _start_again(self, session: Session, records: Sequence[TableRecord]) -> None:
        """What a table without retention has gone through is not known, whatever its retention is now."""
        for record in records:
            if record.days == 0:
                table_catalog.change(session.duck, record, history_since=self.clock.now())


def show_parameters(session: Session, statement: str) -> Result:
    """SHOW PARAMETERS [LIKE 'pattern'] IN TABLE | SCHEMA | DATABASE name, or IN ACCOUNT.

    https://docs.snowflake.com/en/sql-reference/sql/show-parameters
    """
    tokens = Tokens(statement)
    tokens.expect_words("SHOW", "PARAMETERS")
    pattern = tokens.take().text if tokens.skip("LIKE") else "%"
    if not tokens.skip("IN"):
        tokens.expect_words("FOR")
    kind = tokens.take().text.upper()
    names = tokens.name() if tokens.peek().kind in ("word", "quoted") else ()
    tokens.expect_end()
    days, level = _shown(session, kind, names)
    columns = ("key", "value", "default", "level", "description", "type")
    row = [PARAMETER, str(days), str(table_catalog.ACCOUNT_DAYS), level, _DESCRIPTION, "NUMBER"]
    rows = [row] if is_like(PARAMETER, pattern) else []
    return table_result(dict.fromkeys(columns, "VARCHAR"), rows)


def _shown(session: Session, kind: str, names: tuple[str, ...]) -> tuple[int, str]:
    """The days that hold and the level that sets them, an empty one for the default."""
    if kind == "TABLE":
        table = session.qualify(names)
        record = table_catalog.find(session.duck, table)
        if record is None:
            raise does_not_exist("Table", ".".join(table))
        if record.own_days is not None:
            return record.days, "TABLE"
        days, level = _inherited(session, table[0], table[1])
        return min(days, record.days), level
    database, schema = _container(session, kind, names)
    if not _exists(session, database, schema):
        raise does_not_exist(kind.capitalize(), ".".join(names))
    return _inherited(session, database, schema)


def _inherited(session: Session, database: str, schema: str) -> tuple[int, str]:
    levels = [("SCHEMA", database, schema)] if schema else []
    levels += [("DATABASE", database, "")] if database else []
    for level, of_database, of_schema in [*levels, ("ACCOUNT", "", "")]:
        days = table_catalog.level(session.duck, of_database, of_schema)
        if days is not None:
            return days, level
    return table_catalog.ACCOUNT_DAYS, ""


def _container(session: Session, kind: str, names: tuple[str, ...]) -> tuple[str, str]:
    """Database and schema that a statement means; both empty for the account."""
    if kind == "ACCOUNT":
        return "", ""
    if kind == "DATABASE":
        return (names[0] if names else session.database or ""), ""
    if kind == "SCHEMA" and len(names) < 3:
        if not names:
            return session.database or "", session.schema or ""
        return (names[0] if len(names) == 2 else session.database or ""), names[-1]
    raise unsupported(f"parameters of a {kind}")


def _exists(session: Session, database: str, schema: str) -> bool:
    if not database:
        return True
    query = "SELECT count(*) FROM duckdb_schemas() WHERE database_name = ? AND (schema_name = ? OR ? = '')"
    row = session.duck.execute(query, [database, schema, schema]).fetchone()
    return bool(row and row[0])


def _databases(session: Session, database: str) -> list[str]:
    if database:
        return [database]
    query = "SELECT database_name FROM duckdb_databases() WHERE NOT internal AND database_name NOT IN (?, ?)"
    return [name for (name,) in session.duck.execute(query, ["memory", "_fs_global"]).fetchall()]


def _living(session: Session, database: str, schema: str) -> list[TableRecord]:
    return table_catalog.living(session.duck, database, schema or None)


def taken_property(expression: Expr) -> str | None:
    """The value of the parameter in a CREATE statement, which loses it; None when it is not stated."""
    for found in list(expression.find_all(exp.Property)):
        if (
            isinstance(found.this, (exp.Var, exp.Identifier, exp.Column))
            and found.this.name.upper() == PARAMETER
        ):
            value = found.args["value"].sql()
            found.pop()
            return str(value)
    return None
