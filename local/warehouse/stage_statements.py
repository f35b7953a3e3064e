"""PUT, LIST, REMOVE, CREATE STAGE and DROP STAGE.

https://docs.snowflake.com/en/sql-reference/sql/put, …/list, …/remove, …/create-stage
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from fakesnow.statement_type import DDL

from local.warehouse.errors import SqlError, does_not_exist, syntax_error, unsupported
from local.warehouse.results import Result, status_result, table_result
from local.warehouse.sessions import Session
from local.warehouse.stage_location import StageLocation, parse_location
from local.warehouse.stages import StageFiles
from local.warehouse.table_locks import TableName
from local.warehouse.tokens import Tokens

_STAGES = "_fs_global._fs_information_schema._fs_stages"
_OF_STAGE = "database_name = ? AND schema_name = ? AND name = ?"
_PUT_OPTIONS = {"AUTO_COMPRESS", "SOURCE_COMPRESSION", "OVERWRITE", "PARALLEL"}
_COMPRESSIONS = {"AUTO_DETECT", "GZIP", "BZ2", "BROTLI", "ZSTD", "DEFLATE", "RAW_DEFLATE", "NONE"}
_STAGE_OPTIONS = {"ENCRYPTION", "COMMENT", "DIRECTORY"}


class StageStatements:
    """Statements about stages, over the files on disk and the catalog of stages that fakesnow keeps."""

    def __init__(self, files: StageFiles) -> None:
        self._files = files

    def put(self, session: Session, statement: str) -> Result:
        """Tell the client where to upload to. The client does the upload and makes the result rows itself."""
        tokens = Tokens(statement)
        tokens.expect_words("PUT")
        source = tokens.take()
        if not source.text.startswith("file://"):
            raise syntax_error(f"PUT takes a file:// address, not '{source.text}'.")
        location = self.existing(session, tokens.take().text)
        options = _put_options(tokens)
        path = source.text.removeprefix("file://")
        name = PurePosixPath(path).name
        token = self._files.new_upload(location.stage, _join(location.path, name))
        return Result(
            [], None, upload=_upload_instructions(path, location, options, f"{token}/{quote(name)}")
        )

    def list(self, session: Session, statement: str) -> Result:
        """The files of a stage whose path starts as the statement says."""
        location = self._location_of(session, statement, ("LIST", "LS"))
        rows = [
            [location.shown(staged.path), staged.size, staged.md5, staged.last_modified]
            for staged in self._files.files(location.stage, location.path)
        ]
        kinds = {"name": "VARCHAR", "size": "BIGINT", "md5": "VARCHAR", "last_modified": "VARCHAR"}
        return table_result(kinds, rows)

    def remove(self, session: Session, statement: str) -> Result:
        """Delete them; none is no error."""
        location = self._location_of(session, statement, ("REMOVE", "RM"))
        removed = self._files.remove(location.stage, location.path)
        rows = [[location.shown(staged.path), "removed"] for staged in removed]
        return table_result({"name": "VARCHAR", "result": "VARCHAR"}, rows)

    def existing(self, session: Session, reference: str) -> StageLocation:
        """A location of a stage that exists."""
        location = parse_location(reference, session)
        if not _exists(session, location.stage):
            raise does_not_exist("Stage", location.full_name)
        return location

    def _location_of(self, session: Session, statement: str, verbs: tuple[str, ...]) -> StageLocation:
        tokens = Tokens(statement)
        if not any(tokens.skip(verb) for verb in verbs):
            raise tokens.unexpected()
        reference = tokens.take().text
        if tokens.peek().is_word("PATTERN"):
            raise unsupported("PATTERN")
        tokens.expect_end()
        return self.existing(session, reference)

    def create(self, session: Session, statement: str) -> Result:
        """CREATE [OR REPLACE] STAGE [IF NOT EXISTS] name [ENCRYPTION=(…)] [COMMENT='…'], internal only."""
        tokens = Tokens(statement)
        tokens.expect_words("CREATE")
        is_replacing = tokens.skip("OR", "REPLACE")
        if tokens.skip("TEMPORARY") or tokens.skip("TEMP"):
            raise unsupported("temporary stages")
        tokens.expect_words("STAGE")
        is_tolerant = tokens.skip("IF", "NOT", "EXISTS")
        stage = session.qualify(tokens.name())
        comment = _stage_options(tokens)
        _check_schema(session, stage)
        if _exists(session, stage) and not is_replacing:
            return _already_there(stage, is_tolerant)
        self._files.drop(stage)
        _record(session, stage, comment)
        return status_result(f"Stage area {stage[2]} successfully created.", DDL)

    def drop(self, session: Session, statement: str) -> Result:
        """DROP STAGE [IF EXISTS] name, with all its files."""
        tokens = Tokens(statement)
        tokens.expect_words("DROP", "STAGE")
        is_tolerant = tokens.skip("IF", "EXISTS")
        stage = session.qualify(tokens.name())
        tokens.expect_end()
        if not _exists(session, stage):
            if is_tolerant:
                return status_result(
                    f"Drop statement executed successfully ({stage[2]} already dropped).", DDL
                )
            raise does_not_exist("Stage", ".".join(stage))
        session.duck.execute(f"DELETE FROM {_STAGES} WHERE {_OF_STAGE}", list(stage))
        self._files.drop(stage)
        return status_result(f"{stage[2]} successfully dropped.", DDL)


def _put_options(tokens: Tokens) -> dict[str, str]:
    options = {
        "AUTO_COMPRESS": "TRUE",
        "SOURCE_COMPRESSION": "AUTO_DETECT",
        "OVERWRITE": "FALSE",
        "PARALLEL": "4",
    }
    while not tokens.at_end():
        name = tokens.take().text.upper()
        if name not in _PUT_OPTIONS:
            raise syntax_error(f"invalid property '{name}' for 'PUT'.")
        tokens.expect("=")
        options[name] = tokens.take().text.upper()
    if options["SOURCE_COMPRESSION"] not in _COMPRESSIONS:
        raise SqlError(1481, "42601", "Invalid value specified for property 'SOURCE_COMPRESSION'")
    return options


def _upload_instructions(
    path: str, location: StageLocation, options: dict[str, str], address: str
) -> dict[str, Any]:
    """What the client needs; GCS is the one storage that it uploads to by a plain address over HTTP."""
    return {
        "stageInfo": {
            "locationType": "GCS",
            "location": f"{location.full_name}/{location.path}",
            "creds": {},
            "presignedUrl": address,
        },
        "src_locations": [path],
        "parallel": int(options["PARALLEL"]),
        "autoCompress": options["AUTO_COMPRESS"] == "TRUE",
        "sourceCompression": options["SOURCE_COMPRESSION"].lower(),
        "overwrite": options["OVERWRITE"] == "TRUE",
        "command": "UPLOAD",
    }


def _join(folder: str, name: str) -> str:
    return f"{folder.rstrip('/')}/{name}" if folder else name


def _stage_options(tokens: Tokens) -> str:
    comment = ""
    while not tokens.at_end():
        name = tokens.take().text.upper()
        if name not in _STAGE_OPTIONS:
            raise unsupported(f"stage option {name}")
        tokens.expect("=")
        if tokens.skip_mark("("):
            while not tokens.skip_mark(")"):
                if tokens.take().kind == "end":
                    raise tokens.unexpected()
        else:
            comment = tokens.take().text
    return comment


def _check_schema(session: Session, stage: TableName) -> None:
    query = "SELECT count(*) FROM duckdb_schemas() WHERE database_name = ? AND schema_name = ?"
    row = session.duck.execute(query, [stage[0], stage[1]]).fetchone()
    if not row or not row[0]:
        raise does_not_exist("Schema", f"{stage[0]}.{stage[1]}")


def _exists(session: Session, stage: TableName) -> bool:
    row = session.duck.execute(f"SELECT count(*) FROM {_STAGES} WHERE {_OF_STAGE}", list(stage)).fetchone()
    return bool(row and row[0])


def _already_there(stage: TableName, is_tolerant: bool) -> Result:
    if is_tolerant:
        return status_result(f"{stage[2]} already exists, statement succeeded.", DDL)
    raise SqlError(2002, "42710", f"SQL compilation error:\nObject '{'.'.join(stage)}' already exists.")


def _record(session: Session, stage: TableName, comment: str) -> None:
    database, schema, name = stage
    session.duck.execute(
        f"INSERT OR REPLACE INTO {_STAGES} (created_on, name, database_name, schema_name, url, has_credentials, "
        "has_encryption_key, owner, comment, type, owner_role_type, directory_enabled) "
        "VALUES (now(), ?, ?, ?, '', 'N', 'N', ?, ?, 'INTERNAL', 'ROLE', 'N')",
        [name, database, schema, session.role, comment],
    )
