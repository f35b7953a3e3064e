"""What a SHOW lists, without what the session's role may not see, and with the roles that own the rest.

https://docs.snowflake.com/en/sql-reference/sql/show
"""

from __future__ import annotations

import dataclasses
import re

import pyarrow.lib as pa

from local.warehouse.access.access import Access
from local.warehouse.access.grants import ObjectKey
from local.warehouse.results import Result
from local.warehouse.sessions.sessions import Session

_SHOW = re.compile(
    r"(?is)^SHOW\b(?:\s|/\*.*?\*/)+(?:TERSE\s+)?"
    r"(TABLES|VIEWS|OBJECTS|STAGES|FILE\s+FORMATS|SEQUENCES|PRIMARY\s+KEYS|UNIQUE\s+KEYS)\b"
)
_KINDS = {"STAGES": "STAGE", "FILE FORMATS": "FILE FORMAT", "SEQUENCES": "SEQUENCE"}
_NAMES = ("database_name", "schema_name")


def seen(access: Access, session: Session, text: str, result: Result) -> Result:
    """The answer of a SHOW of objects in schemas as the session may see it; all other answers as they are."""
    match = _SHOW.match(text)
    table = result.table
    if match is None or table is None or not set(_NAMES) <= set(table.column_names):
        return result
    kind = _KINDS.get(" ".join(match[1].upper().split()), "TABLE")
    name = "table_name" if "table_name" in table.column_names else "name"
    columns = [table.column(column).to_pylist() for column in (*_NAMES, name)]
    keys = [ObjectKey(kind, parts) for parts in zip(*columns, strict=True)]
    with access.file.lock:
        if "owner" in table.column_names:
            owners = pa.array([access.grants.owner(key) for key in keys], type=pa.string())
            table = table.set_column(table.column_names.index("owner"), "owner", owners)
        if not access.authorization.is_administrator(session):
            mask = [not access.authorization.is_hidden(session, key) for key in keys]
            table = table.filter(pa.array(mask, type=pa.bool_()))
    return dataclasses.replace(result, table=table)
