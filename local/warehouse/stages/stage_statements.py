"""PUT, LIST and REMOVE.

https://docs.snowflake.com/en/sql-reference/sql/put, …/list, …/remove
"""

from __future__ import annotations

import builtins
import re
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from local.warehouse.errors import SqlError, syntax_error
from local.warehouse.results import Result, table_result
from local.warehouse.sessions.sessions import Session
from local.warehouse.stages.stage_catalog import StageCatalog
from local.warehouse.stages.stage_encryption import StageKeys
from local.warehouse.stages.stage_grants import Grant, Grants
from local.warehouse.stages.stage_location import StageLocation, parse_location
from local.warehouse.stages.stage_routes import PRESIGNED, STORAGE
from local.warehouse.stages.stages import StagedFile, StageFiles
from local.warehouse.tokens import Tokens

_PUT_OPTIONS = {"AUTO_COMPRESS", "SOURCE_COMPRESSION", "OVERWRITE", "PARALLEL"}
_COMPRESSIONS = {"AUTO_DETECT", "GZIP", "BZ2", "BROTLI", "ZSTD", "DEFLATE", "RAW_DEFLATE", "NONE"}
_PARALLEL_MAXIMUM = 99


class StageStatements:
    """Statements about the files of stages."""

    def __init__(self, files: StageFiles, catalog: StageCatalog, grants: Grants, keys: StageKeys) -> None:
        self._files = files
        self._catalog = catalog
        self._grants = grants
        self._keys = keys

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
        grant = Grant(location.stage, location.path, PurePosixPath(path).name)
        material = self._keys.material() if self._type_of(session, location) == "INTERNAL" else None
        upload = _upload_instructions(path, grant, self._grants.add(grant), options)
        return Result([], None, upload=upload | ({"encryptionMaterial": material} if material else {}))

    def list(self, session: Session, statement: str) -> Result:
        """The files of a stage whose path starts as the statement says."""
        location, found = self._found(session, statement, ("LIST", "LS"))
        rows = [[location.shown(one.path), one.size, one.md5, one.last_modified] for one in found]
        kinds = {"name": "VARCHAR", "size": "BIGINT", "md5": "VARCHAR", "last_modified": "VARCHAR"}
        return table_result(kinds, rows)

    def remove(self, session: Session, statement: str) -> Result:
        """Delete them; none is no error."""
        location, found = self._found(session, statement, ("REMOVE", "RM"))
        removed = self._files.delete(location.stage, found)
        rows = [[location.shown(staged.path), "removed"] for staged in removed]
        return table_result({"name": "VARCHAR", "result": "VARCHAR"}, rows)

    def existing(self, session: Session, reference: str) -> StageLocation:
        """A location of a stage that exists."""
        location = parse_location(reference, session)
        self._type_of(session, location)
        return location

    def _type_of(self, session: Session, location: StageLocation) -> str:
        return "INTERNAL" if location.is_of_user else self._catalog.require(session, location.stage)

    def _found(
        self, session: Session, statement: str, verbs: tuple[str, ...]
    ) -> tuple[StageLocation, builtins.list[StagedFile]]:
        tokens = Tokens(statement)
        if not any(tokens.skip(verb) for verb in verbs):
            raise tokens.unexpected()
        location = self.existing(session, tokens.take().text)
        pattern = _pattern(tokens)
        tokens.expect_end()
        found = self._files.files(location.stage, location.path)
        return location, [staged for staged in found if pattern.fullmatch(staged.path)]


def _pattern(tokens: Tokens) -> re.Pattern[str]:
    """PATTERN = '…' has to match the whole path within the stage."""
    if not tokens.skip("PATTERN"):
        return re.compile("(?s).*")
    tokens.expect("=")
    text = tokens.take().text
    try:
        return re.compile(text)
    except re.error as error:
        message = f"Invalid regular expression: '{text}', {error}"
        raise SqlError(100048, "2201B", message) from None


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
        raise _invalid_value("SOURCE_COMPRESSION")
    for name in ("AUTO_COMPRESS", "OVERWRITE"):
        if options[name] not in ("TRUE", "FALSE"):
            raise _invalid_value(name)
    parallel = options["PARALLEL"]
    if not (parallel.isdecimal() and 1 <= int(parallel) <= _PARALLEL_MAXIMUM):
        raise _invalid_value("PARALLEL")
    return options


def _invalid_value(name: str) -> SqlError:
    return SqlError(1481, "42601", f"Invalid value specified for property '{name}'")


def _upload_instructions(path: str, grant: Grant, secret: str, options: dict[str, str]) -> dict[str, Any]:
    """What the client needs, of both ways to upload; GCS is the one storage that it uses at any address."""
    return {
        "stageInfo": {
            "locationType": "GCS",
            "location": f"{grant.bucket}/{grant.folder}",
            "creds": {"GCS_ACCESS_TOKEN": secret},
            "endPoint": STORAGE,
            "presignedUrl": f"{PRESIGNED}/{secret}/{quote(grant.name)}",
        },
        "src_locations": [path],
        "parallel": int(options["PARALLEL"]),
        "autoCompress": options["AUTO_COMPRESS"] == "TRUE",
        "sourceCompression": options["SOURCE_COMPRESSION"].lower(),
        "overwrite": options["OVERWRITE"] == "TRUE",
        "command": "UPLOAD",
    }
