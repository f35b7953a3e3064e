"""A connection to the local warehouse with the few steps that its tests repeat."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import snowflake.connector
import zstandard
from snowflake.connector import SnowflakeConnection

STAGE = '"DB"."SFETL"."CHUNKS"'
TSV = (
    "TYPE=CSV COMPRESSION=AUTO FIELD_DELIMITER='\\t' RECORD_DELIMITER='\\n' SKIP_HEADER=0 SKIP_BLANK_LINES=TRUE "
    "FIELD_OPTIONALLY_ENCLOSED_BY=NONE ESCAPE=NONE ESCAPE_UNENCLOSED_FIELD=NONE NULL_IF=('','NA') "
    "EMPTY_FIELD_AS_NULL=TRUE TRIM_SPACE=FALSE ENCODING='UTF8' REPLACE_INVALID_CHARACTERS=FALSE "
    "ERROR_ON_COLUMN_COUNT_MISMATCH=TRUE DATE_FORMAT='YYYY-MM-DD' TIME_FORMAT='HH24:MI:SS' "
    'TIMESTAMP_FORMAT=\'YYYY-MM-DD"T"HH24:MI:SS"Z"\' BINARY_FORMAT=HEX'
)

Connect = Callable[..., SnowflakeConnection]


class Client:
    """A connection with the few steps that tests repeat."""

    def __init__(self, connection: SnowflakeConnection, folder: Path) -> None:
        self.connection = connection
        self.folder = folder

    def rows(self, statement: str, binds: tuple[Any, ...] = ()) -> list[Any]:
        """The rows of a statement."""
        return list(self.connection.cursor().execute(statement, binds or None).fetchall())

    def failure(self, statement: str, binds: tuple[Any, ...] = ()) -> snowflake.connector.errors.Error:
        """What a statement fails with."""
        with pytest.raises(snowflake.connector.errors.Error) as caught:
            self.rows(statement, binds)
        return caught.value

    def stage(self, path: str, content: bytes, options: str = "OVERWRITE=TRUE") -> Any:
        """PUT one file and give the row that the connector makes of it."""
        local = self.folder / Path(path).name
        local.write_bytes(content)
        folder = path.rpartition("/")[0]
        statement = f"PUT 'file://{local}' '@{STAGE}/{folder}' AUTO_COMPRESS=FALSE {options}"
        return self.rows(statement)[0]

    def copy(
        self, table: str, path: str, *files: str, options: str = "", file_format: str = TSV
    ) -> list[Any]:
        """COPY named files below a path."""
        return self.rows(copy_statement(table, path, *files, options=options, file_format=file_format))


def copy_statement(table: str, path: str, *files: str, options: str = "", file_format: str = TSV) -> str:
    """The text of a COPY with every option stated."""
    names = ", ".join(f"'{name}'" for name in files)
    return (
        f"COPY INTO {table} FROM '@{STAGE}/{path}' FILES=({names}) FILE_FORMAT=({file_format}) "
        f"ON_ERROR=ABORT_STATEMENT PURGE=FALSE {options or 'FORCE=FALSE'}"
    )


def zstd(content: bytes) -> bytes:
    """One zstd frame with its checksum."""
    return zstandard.ZstdCompressor(level=1, write_checksum=True).compress(content)
