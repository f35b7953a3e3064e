"""Named stages: CREATE, ALTER, DROP, DESCRIBE and SHOW STAGES, over the catalog of stages that fakesnow keeps.

https://docs.snowflake.com/en/sql-reference/sql/create-stage, …/alter-stage, …/desc-stage, …/show-stages
"""

from __future__ import annotations

import threading

from fakesnow.statement_type import DDL

from local.warehouse.errors import SqlError, does_not_exist, syntax_error, unsupported
from local.warehouse.results import Result, status_result, table_result
from local.warehouse.sessions.sessions import Session
from local.warehouse.stages.stage_options import StageOptions, stage_options
from local.warehouse.stages.stages import StageFiles
from local.warehouse.tokens import Tokens
from local.warehouse.transactions.table_locks import TableName

_STAGES = "_fs_global._fs_information_schema._fs_stages"
_OF_STAGE = "database_name = ? AND schema_name = ? AND name = ?"
_SHOWN = (
    "created_on, name, database_name, schema_name, url, has_credentials, has_encryption_key, owner, comment, "
    "region, type, cloud, notification_channel, storage_integration, endpoint, owner_role_type, directory_enabled"
)
_DESCRIBED = ("parent_property", "property", "property_type", "property_value", "property_default")


class StageCatalog:
    """The named stages; a stage's files come and go with it."""

    def __init__(self, files: StageFiles) -> None:
        self._files = files
        # Between looking whether a stage is there and changing that, no other session may do so.
        self._defining = threading.Lock()

    def type_of(self, session: Session, stage: TableName) -> str | None:
        """INTERNAL, or INTERNAL NO CSE where clients do not encrypt; None when there is no such stage."""
        query = f"SELECT type FROM {_STAGES} WHERE {_OF_STAGE}"
        row = session.duck.execute(query, list(stage)).fetchone()
        return str(row[0]) if row and _has_schema(session, stage) else None

    def require(self, session: Session, stage: TableName) -> str:
        """Its type; raises SqlError 002003 when there is no such stage."""
        found = self.type_of(session, stage)
        if found is None:
            raise does_not_exist("Stage", ".".join(stage))
        return found

    def create(self, session: Session, statement: str) -> Result:
        """CREATE [OR REPLACE] STAGE [IF NOT EXISTS] name [options], internal only. Replacing drops the files."""
        tokens = Tokens(statement)
        tokens.expect_words("CREATE")
        is_replacing = tokens.skip("OR", "REPLACE")
        if tokens.skip("TEMPORARY") or tokens.skip("TEMP"):
            raise unsupported("temporary stages")
        tokens.expect_words("STAGE")
        is_tolerant = tokens.skip("IF", "NOT", "EXISTS")
        if is_replacing and is_tolerant:
            raise syntax_error("options OR REPLACE and IF NOT EXISTS are incompatible.")
        stage = session.qualify(tokens.name())
        options = stage_options(tokens)
        if not _has_schema(session, stage):
            raise does_not_exist("Schema", f"{stage[0]}.{stage[1]}")
        with self._defining:
            if self.type_of(session, stage) is not None and not is_replacing:
                return _already_there(stage, is_tolerant)
            self._files.drop(stage)
            _record(session, stage, options)
        return status_result(f"Stage area {stage[2]} successfully created.", DDL)

    def alter(self, session: Session, statement: str) -> Result:
        """ALTER STAGE [IF EXISTS] name SET COMMENT = '…' | UNSET COMMENT; all else is refused."""
        tokens = Tokens(statement)
        tokens.expect_words("ALTER", "STAGE")
        is_tolerant = tokens.skip("IF", "EXISTS")
        stage = session.qualify(tokens.name())
        comment = ""
        if tokens.skip("SET", "COMMENT"):
            tokens.expect("=")
            comment = tokens.take().text
        elif not tokens.skip("UNSET", "COMMENT"):
            raise unsupported("ALTER STAGE with anything but COMMENT")
        tokens.expect_end()
        with self._defining:
            if not is_tolerant:
                self.require(session, stage)
            session.duck.execute(f"UPDATE {_STAGES} SET comment = ? WHERE {_OF_STAGE}", [comment, *stage])
        return status_result("Statement executed successfully.", DDL)

    def drop(self, session: Session, statement: str) -> Result:
        """DROP STAGE [IF EXISTS] name, with all its files."""
        tokens = Tokens(statement)
        tokens.expect_words("DROP", "STAGE")
        is_tolerant = tokens.skip("IF", "EXISTS")
        stage = session.qualify(tokens.name())
        tokens.expect_end()
        with self._defining:
            if is_tolerant and self.type_of(session, stage) is None:
                return status_result(
                    f"Drop statement executed successfully ({stage[2]} already dropped).", DDL
                )
            self.require(session, stage)
            session.duck.execute(f"DELETE FROM {_STAGES} WHERE {_OF_STAGE}", list(stage))
            self._files.drop(stage)
        return status_result(f"{stage[2]} successfully dropped.", DDL)

    def forget_orphans(self, session: Session) -> None:
        """Drop the stages whose schema is gone, with their files."""
        query = (
            f"DELETE FROM {_STAGES} s WHERE NOT EXISTS (SELECT 1 FROM duckdb_schemas() d WHERE "
            "d.database_name = s.database_name AND d.schema_name = s.schema_name) "
            "RETURNING database_name, schema_name, name"
        )
        for database, schema, name in session.duck.execute(query).fetchall():
            self._files.drop((database, schema, name))

    def forget_replaced(self, session: Session, statement: str) -> None:
        """Drop the stages of the schema that CREATE OR REPLACE SCHEMA has replaced, with their files."""
        tokens = Tokens(statement)
        tokens.expect_words("CREATE", "OR", "REPLACE")
        tokens.skip("TRANSIENT")
        tokens.expect_words("SCHEMA")
        name = tokens.name()
        database = name[0] if len(name) > 1 else session.database
        query = f"DELETE FROM {_STAGES} WHERE database_name = ? AND schema_name = ? RETURNING name"
        for (stage,) in session.duck.execute(query, [database, name[-1]]).fetchall():
            self._files.drop((str(database), name[-1], stage))

    def describe(self, session: Session, statement: str) -> Result:
        """DESCRIBE STAGE name: of the properties only those that the stand-in has."""
        tokens = Tokens(statement)
        if not (tokens.skip("DESCRIBE", "STAGE") or tokens.skip("DESC", "STAGE")):
            raise tokens.unexpected()
        stage = session.qualify(tokens.name())
        tokens.expect_end()
        self.require(session, stage)
        query = f"SELECT directory_enabled FROM {_STAGES} WHERE {_OF_STAGE}"
        row = session.duck.execute(query, list(stage)).fetchone()
        has_directory = "true" if row and row[0] == "Y" else "false"
        rows = [
            ["STAGE_FILE_FORMAT", "TYPE", "String", "CSV", "CSV"],
            ["STAGE_LOCATION", "URL", "String", "", ""],
            ["DIRECTORY", "ENABLE", "Boolean", has_directory, "false"],
        ]
        return table_result(dict.fromkeys(_DESCRIBED, "VARCHAR"), rows)

    def show(self, session: Session, statement: str) -> Result:
        """SHOW STAGES [LIKE '…'] [IN ACCOUNT | [DATABASE] name | [SCHEMA] name]."""
        tokens = Tokens(statement)
        tokens.expect_words("SHOW", "STAGES")
        like = tokens.take().text if tokens.skip("LIKE") else "%"
        database, schema = _scope(session, tokens)
        tokens.expect_end()
        query = (
            f"SELECT {_SHOWN} FROM {_STAGES} s WHERE name ILIKE ? AND (? IS NULL OR database_name = ?) "
            "AND (? IS NULL OR schema_name = ?) AND EXISTS (SELECT 1 FROM duckdb_schemas() d "
            "WHERE d.database_name = s.database_name AND d.schema_name = s.schema_name) ORDER BY 3, 4, 2"
        )
        rows = session.duck.execute(query, [like, database, database, schema, schema]).fetchall()
        kinds = {name.strip(): "VARCHAR" for name in _SHOWN.split(",")}
        return table_result(kinds | {"created_on": "TIMESTAMP WITH TIME ZONE"}, rows)


def _scope(session: Session, tokens: Tokens) -> tuple[str | None, str | None]:
    if not tokens.skip("IN"):
        return session.database, session.schema
    if tokens.skip("ACCOUNT"):
        return None, None
    if tokens.skip("DATABASE"):
        return (session.database if tokens.at_end() else tokens.name()[-1]), None
    tokens.skip("SCHEMA")
    if tokens.at_end():
        return session.database, session.schema
    name = tokens.name()
    return (name[0] if len(name) > 1 else session.database), name[-1]


def _has_schema(session: Session, stage: TableName) -> bool:
    query = "SELECT count(*) FROM duckdb_schemas() WHERE database_name = ? AND schema_name = ?"
    row = session.duck.execute(query, [stage[0], stage[1]]).fetchone()
    return bool(row and row[0])


def _already_there(stage: TableName, is_tolerant: bool) -> Result:
    if is_tolerant:
        return status_result(f"{stage[2]} already exists, statement succeeded.", DDL)
    raise SqlError(2002, "42710", f"SQL compilation error:\nObject '{'.'.join(stage)}' already exists.")


def _record(session: Session, stage: TableName, options: StageOptions) -> None:
    database, schema, name = stage
    session.duck.execute(f"DELETE FROM {_STAGES} WHERE {_OF_STAGE}", list(stage))
    session.duck.execute(
        f"INSERT INTO {_STAGES} (created_on, name, database_name, schema_name, url, has_credentials, "
        "has_encryption_key, owner, comment, type, owner_role_type, directory_enabled) "
        "VALUES (now(), ?, ?, ?, '', 'N', 'N', ?, ?, ?, 'ROLE', ?)",
        [
            name,
            database,
            schema,
            session.role,
            options.comment,
            options.type,
            "Y" if options.has_directory else "N",
        ],
    )
