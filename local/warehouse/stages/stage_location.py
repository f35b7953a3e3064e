"""`@"DB"."SCHEMA"."STAGE"/path`, as statements write it and as the stage stores it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from local.warehouse.errors import SqlError, syntax_error, unsupported
from local.warehouse.sessions.sessions import Session
from local.warehouse.transactions.table_locks import TableName

_PART = r'(?:"(?:[^"]|"")*"|[A-Za-z_][A-Za-z0-9_$]*)'
_USER_STAGE = re.compile(r"^@~(?P<path>/.*)?$", re.DOTALL)
_TABLE_STAGE = re.compile(rf"^@(?:{_PART}\.){{0,2}}%")
_REFERENCE = re.compile(rf"^@(?P<name>{_PART}(?:\.{_PART}){{0,2}})(?P<path>/.*)?$", re.DOTALL)
_OF_USERS = ("~", "~")


@dataclass(frozen=True)
class StageLocation:
    """A place in a stage; `path` has no slash at its start, and ends with one only if the statement said so."""

    stage: TableName
    path: str

    @property
    def full_name(self) -> str:
        """The stage's name with its database and schema."""
        return ".".join(self.stage)

    @property
    def is_of_user(self) -> bool:
        """Whether it is in the stage that a user has without making it (@~)."""
        return self.stage[:2] == _OF_USERS

    def shown(self, path: str) -> str:
        """A file's name as LIST and COPY show it: a named stage's name in lower case, then the path."""
        return path if self.is_of_user else f"{self.stage[2].lower()}/{path}"


def parse_location(text: str, session: Session) -> StageLocation:
    """A stage reference; raises SqlError for table stages (@%), which the stand-in does not have."""
    if own := _USER_STAGE.match(text):
        return StageLocation((*_OF_USERS, session.user), checked_path((own["path"] or "").lstrip("/")))
    if _TABLE_STAGE.match(text):
        raise unsupported("table stages")
    match = _REFERENCE.match(text)
    if match is None:
        raise syntax_error(f"invalid stage reference '{text}'.")
    parts = re.findall(_PART, match["name"])
    names = tuple(p[1:-1].replace('""', '"') if p.startswith('"') else p.upper() for p in parts)
    return StageLocation(session.qualify(names), checked_path((match["path"] or "").lstrip("/")))


def checked_path(path: str) -> str:
    """The path, refused when a part of it would leave the stage."""
    parts = path.rstrip("/").split("/")
    if any(part in (".", "..") or "\0" in part for part in parts) or "//" in path:
        raise SqlError(1003, "42000", f"SQL compilation error:\ninvalid stage path '{path}'.")
    return path
