"""Statements, functions and names that DuckDB knows and Snowflake does not: refused before DuckDB sees them.

Besides, DuckDB itself is shut in the warehouse's folder (instance.py): no SQL reads or writes any other file.
RANGE is let through: it does no harm, and tests of slow queries use it (deviation).
"""

from __future__ import annotations

import re

from sqlglot import Expr, exp

from local.warehouse.errors import SqlError, cannot_use, does_not_exist, syntax_error, unsupported

_KNOWN = (
    exp.Query,
    exp.Values,
    exp.Insert,
    exp.MultitableInserts,
    exp.Update,
    exp.Delete,
    exp.Merge,
    exp.Create,
    exp.Drop,
    exp.Alter,
    exp.TruncateTable,
    exp.Undrop,
    exp.Comment,
    exp.Use,
    exp.Describe,
    exp.Show,
    exp.Set,
    exp.Command,
)
_SNOWFLAKES = {"CALL", "EXECUTE", "EXPLAIN", "GET", "COPY"}
_TABLE_FUNCTIONS = {"RANGE"}
_KINDS = {"TABLE", "VIEW", "SCHEMA", "DATABASE", "SEQUENCE", "FILE FORMAT", "STAGE", "TAG"}
_FUNCTIONS = re.compile(
    r"(?i)^(read_\w+|write_\w+|duckdb_\w+|pragma_\w+|parquet_\w+|sniff_\w+|sqlite_\w+|pg_\w+|(?!result_scan$)\w+_scan|"
    r"query|query_table|getenv|getvariable|current_setting|glob|checkpoint|force_checkpoint|"
    r"local_warehouse_\w+|_fs_\w+)$"
)
_INNER_NAMES = re.compile(r"(?i)^(duckdb_|pragma_|sqlite_|pg_|_fs_|local_warehouse_)")
_INNER_SCHEMAS = {"main", "pg_catalog", "_fs_information_schema"}
_INNER_DATABASES = {"system", "temp", "memory", "_fs_global"}
_FILE_NAME = re.compile(r"[/\\:*?]|\.\w+$")


def refuse_foreign(expression: Expr, text: str) -> None:
    """Raise SqlError for what is not Snowflake's: 001003 for statements, 002140 functions, 002003 tables.

    A statement that Snowflake has and the stand-in does not gives 000002.
    """
    if _first_word(text).upper() in _SNOWFLAKES:
        raise unsupported(text[:80])
    if not isinstance(expression, _KNOWN) and not _is_unset(expression):
        raise syntax_error(f"syntax error line 1 at position 0 unexpected '{_first_word(text)}'.")
    if isinstance(expression, exp.Query) and not re.match(r"(?i)\(*\s*(SELECT|WITH|VALUES)\b", text):
        raise syntax_error(f"syntax error line 1 at position 0 unexpected '{_first_word(text)}'.")
    if isinstance(expression, exp.Set) and re.match(r"(?i)SET\s+(GLOBAL|SESSION|LOCAL|VARIABLE)\b", text):
        raise syntax_error(f"syntax error line 1 at position 4 unexpected '{_first_word(text[4:])}'.")
    if isinstance(expression, exp.Create):
        _check_creation(expression)
    if isinstance(expression, exp.Describe) and isinstance(expression.this, exp.Query):
        raise syntax_error("syntax error line 1 at position 9 unexpected 'SELECT'.")
    _check_containers(expression)
    for table in expression.find_all(exp.Table):
        _check_table(table)
    for function in expression.find_all(exp.Anonymous):
        if _FUNCTIONS.match(str(function.this)):
            raise _unknown_function(str(function.this))


def _check_creation(create: exp.Create) -> None:
    kind = str(create.args.get("kind") or "").upper()
    if kind not in _KINDS or create.find(exp.ExternalProperty):
        raise unsupported(f"CREATE {kind or 'of this kind'}")


def _check_containers(expression: Expr) -> None:
    """DuckDB's own databases and schemas are neither used nor made nor dropped."""
    kind = expression.args.get("kind")
    word = str(kind.name if isinstance(kind, exp.Var) else kind or "").upper()
    is_use = isinstance(expression, exp.Use)
    if not (is_use or word in ("DATABASE", "SCHEMA")) or word in ("ROLE", "WAREHOUSE"):
        return
    table = expression.find(exp.Table)
    names = [part.name.lower() for part in table.parts] if table is not None else []
    if any(name in _INNER_SCHEMAS | _INNER_DATABASES for name in names):
        raise cannot_use() if is_use else does_not_exist(word.capitalize(), ".".join(names).upper())


def _check_table(table: exp.Table) -> None:
    found = table.this
    if isinstance(found, (exp.Func, exp.Anonymous)) and not isinstance(table.parent, exp.Lateral):
        name = found.name if isinstance(found, exp.Anonymous) else found.sql_name()
        if name.upper() not in _TABLE_FUNCTIONS:
            raise _unknown_function(name)
    if isinstance(found, exp.Literal):
        raise syntax_error(f"syntax error: unexpected '{found.sql()}'.")
    is_inner = table.db.lower() in _INNER_SCHEMAS or table.catalog.lower() in _INNER_DATABASES
    if is_inner or _INNER_NAMES.match(table.name) or (not table.db and _FILE_NAME.search(table.name)):
        raise does_not_exist("Object", ".".join(part.name for part in table.parts))


def _is_unset(expression: Expr) -> bool:
    """sqlglot reads `UNSET name` as a column with an alias."""
    return isinstance(expression, exp.Alias) and expression.this.name.upper() == "UNSET"


def _unknown_function(name: str) -> SqlError:
    return SqlError(2140, "42601", f"SQL compilation error:\nUnknown function {name.upper()}")


def _first_word(text: str) -> str:
    return (text.split(None, 1) or ["<EOF>"])[0][:40]
