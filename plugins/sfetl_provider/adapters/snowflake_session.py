"""The Warehouse port over the real connector."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from snowflake.connector import SnowflakeConnection
from snowflake.connector.constants import QueryStatus as ConnectorStatus

from sfetl_provider.adapters.network.choice import NETWORK
from sfetl_provider.adapters.network.isolated_connection import IsolatedConnection
from sfetl_provider.adapters.network.login_fault import explain_certificate
from sfetl_provider.adapters.snowflake_errors import (
    CONNECTOR_FAILURES,
    translate,
    translate_upload,
    unusable_settings,
)
from sfetl_provider.core.compression import compression_of
from sfetl_provider.core.errors import TlsUntrustedError, UploadError
from sfetl_provider.core.identifiers import quote_literal
from sfetl_provider.core.ports import (
    Bind,
    QueryResult,
    QueryState,
    QueryStatus,
    RowBatches,
    StagedEntry,
    encrypted_bytes,
)

# Login and ordinary requests get an end; network_timeout is never set, because it cancels healthy queries.
# socket_timeout stays above Snowflake's long polls of 45 s.
DEFAULT_OPTIONS: dict[str, Any] = {
    "paramstyle": "qmark",
    "autocommit": True,
    "login_timeout": 60,
    "socket_timeout": 75,
    "client_session_keep_alive": True,
    "platform_detection_timeout_seconds": 0.0,
}
_PUT_PARALLEL = 4


def open_connection(options: Mapping[str, Any]) -> SnowflakeConnection:
    """Log in; with a NetworkChoice among the options as they say, whatever the environment says.

    Raises a typed error for everything that hides behind the connector's 250001, never a connector exception. A
    certificate that is not trusted is looked at once more, to name its issuer.
    """
    given = {**DEFAULT_OPTIONS, **options}
    network = given.pop(NETWORK, None)
    try:
        return IsolatedConnection(network, **given) if network else SnowflakeConnection(**given)
    except CONNECTOR_FAILURES as error:
        fault = unusable_settings(error) or translate(error, "logging in")
    if isinstance(fault, TlsUntrustedError):
        fault = explain_certificate(fault, options)
    raise fault


class SnowflakeSession:
    """Implements `core.ports.Warehouse` on one connection; close it, or use it as a context manager."""

    def __init__(self, connection: SnowflakeConnection) -> None:
        self._connection = connection

    def __enter__(self) -> SnowflakeSession:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Log out; statements that were submitted go on."""
        self._connection.close()

    def query(self, statement: str, binds: Sequence[Bind] = ()) -> QueryResult:
        """Run one statement and wait for it."""
        with self._cursor(_running(statement), statement) as cursor:
            cursor.execute(statement, list(binds) or None)
            return _result(cursor)

    def read_rows(self, statement: str, binds: Sequence[Bind] = (), batch_rows: int = 10_000) -> RowBatches:
        """Run one query and give its rows in batches; the connector holds a few chunks of the result."""
        doing = _running(statement)
        try:
            cursor = self._connection.cursor()
            cursor.execute(statement, list(binds) or None)
        except CONNECTOR_FAILURES as error:
            raise translate(error, doing, statement) from None
        return RowBatches(int(cursor.rowcount or 0), _batches(cursor, batch_rows, doing))

    def submit(self, statement: str) -> str:
        """Start one statement and return its query id at once."""
        with self._cursor(_running(statement), statement) as cursor:
            return str(cursor.execute_async(statement)["queryId"])

    def query_status(self, query_id: str) -> QueryStatus:
        """Ask for the state of a statement submitted by any session."""
        try:
            status, answer = self._connection._get_query_status(query_id)  # the public one drops the message
        except CONNECTOR_FAILURES as error:
            raise translate(error, f"asking for query {query_id}") from None
        return _status(self._connection, status, answer)

    def fetch(self, query_id: str) -> QueryResult:
        """Give the result of a statement that succeeded."""
        with self._cursor(f"fetching query {query_id}") as cursor:
            cursor.get_results_from_sfqid(query_id)
            return _result(cursor)

    def cancel(self, query_id: str) -> None:
        """Ask Snowflake to stop a statement."""
        self.query("SELECT SYSTEM$CANCEL_QUERY(?)", (query_id,))

    def upload(self, source: Path, stage_folder: str) -> None:
        """PUT one file once, as `core.ports.Uploader` says; it cannot be stopped and may hang."""
        size_bytes = source.stat().st_size
        statement = (
            f"PUT {quote_literal('file://' + source.as_posix())} {quote_literal(stage_folder)}"
            f" AUTO_COMPRESS=FALSE SOURCE_COMPRESSION={compression_of(source.name).upper()} OVERWRITE=TRUE"
            f" PARALLEL={_PUT_PARALLEL}"
        )
        try:
            (row,) = self._put(statement).records()
        except CONNECTOR_FAILURES as error:
            raise translate_upload(error, source) from None
        # Which of the two it must be is known where LIST is read: this number is the client's own.
        sizes = (size_bytes, encrypted_bytes(size_bytes))
        if row["status"] != "UPLOADED" or int(str(row["target_size"])) not in sizes:
            raise UploadError(
                f"PUT of {source.name} answered {row['status']} with {row['target_size']} bytes"
                f" instead of UPLOADED with {size_bytes}.",
                safe="Chunks staged before it are recorded.",
                next_step="Airflow tries again and resumes at this chunk.",
            )

    def _put(self, statement: str) -> QueryResult:
        with self._connection.cursor() as cursor:
            return _result(cursor.execute(statement))

    def list_stage(self, stage_folder: str) -> list[StagedEntry]:
        """LIST what lies below a stage path; paths are given relative to the stage."""
        rows = self.query(f"LIST {quote_literal(stage_folder)}").records()
        return [
            StagedEntry(
                str(row["name"]).partition("/")[2],
                int(str(row["size"])),
                parsedate_to_datetime(str(row["last_modified"])),
            )
            for row in rows
        ]

    @contextmanager
    def _cursor(self, doing: str, statement: str = "") -> Iterator[Any]:
        try:
            cursor = self._connection.cursor()
            try:
                yield cursor
            finally:
                cursor.close()
        except CONNECTOR_FAILURES as error:
            raise translate(error, doing, statement) from None


def _running(statement: str) -> str:
    return f"running {' '.join(statement.split()[:3])}"


def _batches(cursor: Any, batch_rows: int, doing: str) -> Iterator[Sequence[tuple[object, ...]]]:
    try:
        with cursor:
            while rows := cursor.fetchmany(batch_rows):
                yield rows
    except CONNECTOR_FAILURES as error:
        raise translate(error, doing) from None


def _result(cursor: Any) -> QueryResult:
    rows = tuple(tuple(row) for row in cursor.fetchall())
    columns = tuple(str(column.name) for column in cursor.description or ())
    return QueryResult(columns, rows, str(cursor.sfqid), int(cursor.rowcount or 0))


def _status(connection: SnowflakeConnection, status: ConnectorStatus, answer: Any) -> QueryStatus:
    if status == ConnectorStatus.SUCCESS:
        return QueryStatus(QueryState.SUCCEEDED)
    if status == ConnectorStatus.NO_DATA:
        return QueryStatus(QueryState.UNKNOWN)
    if connection.is_still_running(status):
        return QueryStatus(QueryState.RUNNING)
    queries = (answer or {}).get("data", {}).get("queries") or [{}]
    return QueryStatus(
        QueryState.FAILED,
        error_code=int(queries[0].get("errorCode") or 0),
        error_message=str(queries[0].get("errorMessage") or status.name),
    )
