"""What the Warehouse port promises, by the real connector against the local warehouse."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from local.warehouse.serving.faults import Fault
from local.warehouse.serving.server import RunningWarehouse
from sfetl_provider.adapters.snowflake_session import SnowflakeSession, open_connection
from sfetl_provider.core.errors import (
    ComputeUnavailableError,
    ObjectMissingError,
    PrivilegeMissingError,
    SfetlError,
    StatementError,
    UploadError,
)
from sfetl_provider.core.ports import Bind, QueryResult, QueryState, StagedEntry
from tests.adapters.conftest import STAGE

UNKNOWN_QUERY = "00000000-0000-0000-0000-000000000000"


@pytest.fixture
def held(warehouse: RunningWarehouse) -> Iterator[str]:
    """A piece of SQL; the next statement that holds it does not start by itself."""
    warehouse.warehouse.faults.add(Fault(statement="held back", delay_seconds=600))
    yield "'held back'"
    warehouse.warehouse.faults.clear()


def wait_for_end(warehouse: RunningWarehouse, query_id: str) -> None:
    query = warehouse.warehouse.queries.get(query_id)
    assert query is not None
    query.done.result(timeout=20)


def test_a_result_has_columns_rows_and_a_query_id(session: SnowflakeSession) -> None:
    result = session.query("SELECT 1 AS ONE, 'b' AS \"Two\" UNION ALL SELECT 2, NULL ORDER BY 1")

    assert result.columns == ("ONE", "Two")
    assert result.rows == ((1, "b"), (2, None))
    assert result.records() == [{"one": 1, "two": "b"}, {"one": 2, "two": None}]
    assert (result.row_count, len(result.query_id)) == (2, 36)


def test_what_the_role_lacks_is_named(warehouse: RunningWarehouse, session: SnowflakeSession) -> None:
    for statement in (
        "CREATE ROLE READER",
        "CREATE USER READER DEFAULT_ROLE = READER DEFAULT_WAREHOUSE = LOCAL_WH",
        "GRANT ROLE READER TO USER READER",
        "GRANT USAGE ON DATABASE DB TO ROLE READER",
        "GRANT USAGE ON SCHEMA DB.SFETL TO ROLE READER",
    ):
        session.query(statement)
    options = {**warehouse.connection_parameters(), "user": "READER", "role": "READER"}
    with SnowflakeSession(open_connection(options)) as reader:
        with pytest.raises(PrivilegeMissingError, match=r'GRANT CREATE TABLE ON SCHEMA "DB"\."SFETL"'):
            reader.query('CREATE TABLE "DB"."SFETL"."T" (A NUMBER(9,0))')
        with pytest.raises(ComputeUnavailableError, match="GRANT USAGE ON WAREHOUSE"):
            reader.query("SELECT COUNT(*) FROM (SELECT 1 UNION ALL SELECT 2)")
        with pytest.raises(ObjectMissingError, match=r'GRANT SELECT ON TABLE "DB"\."SFETL"\."T"'):
            reader.query('SELECT A FROM "DB"."SFETL"."T"')


def test_a_scalar_is_one_value_and_nothing_else(session: SnowflakeSession) -> None:
    assert session.query("SELECT 5").scalar() == 5
    with pytest.raises(ValueError, match="unpack"):
        session.query("SELECT 5, 6").scalar()
    with pytest.raises(ValueError, match="unpack"):
        session.query("SELECT 5 WHERE FALSE").scalar()


@pytest.mark.parametrize(
    "value", ["it's a 'quoted' \\ string; -- é", "", 7, 2.5, True, date(2013, 1, 31), None], ids=repr
)
def test_binds_arrive_as_they_are(value: Bind, session: SnowflakeSession) -> None:
    assert session.query("SELECT ?", (value,)).rows == ((value,),)


def test_binds_are_positional(session: SnowflakeSession) -> None:
    assert session.query("SELECT ?, ?, ?", (1, "?", 3)).rows == ((1, "?", 3),)


def test_changed_rows_are_counted(session: SnowflakeSession) -> None:
    session.query("CREATE OR REPLACE TABLE DB.SFETL.COUNTED (A NUMBER(9,0))")

    assert session.query("INSERT INTO DB.SFETL.COUNTED VALUES (1), (2), (3)").row_count == 3
    assert session.query("UPDATE DB.SFETL.COUNTED SET A = 0 WHERE A > 1").row_count == 2
    assert session.query("DELETE FROM DB.SFETL.COUNTED WHERE A > 5").row_count == 0


def test_a_refused_statement_leaves_the_session_usable(session: SnowflakeSession) -> None:
    with pytest.raises(StatementError):
        session.query("SELEC 1")

    assert session.query("SELECT 1").scalar() == 1


def test_a_submitted_statement_outlives_its_session_and_belongs_to_nobody(
    warehouse: RunningWarehouse, other_session: SnowflakeSession
) -> None:
    with SnowflakeSession(open_connection(warehouse.connection_parameters())) as first:
        query_id = first.submit("SELECT 7 AS A")
    wait_for_end(warehouse, query_id)

    assert other_session.query_status(query_id).state is QueryState.SUCCEEDED
    result = other_session.fetch(query_id)
    assert (result.columns, result.rows) == (("A",), ((7,),))


def test_a_running_statement_is_seen_and_can_be_cancelled_from_elsewhere(
    warehouse: RunningWarehouse, session: SnowflakeSession, other_session: SnowflakeSession, held: str
) -> None:
    query_id = session.submit(f"SELECT {held}")
    assert other_session.query_status(query_id).state is QueryState.RUNNING

    other_session.cancel(query_id)
    wait_for_end(warehouse, query_id)

    status = other_session.query_status(query_id)
    assert (status.state, status.error_code) == (QueryState.FAILED, 604)
    with pytest.raises(StatementError):
        session.fetch(query_id)


def test_cancelling_what_has_ended_changes_nothing(
    warehouse: RunningWarehouse, session: SnowflakeSession
) -> None:
    query_id = session.submit("SELECT 7")
    wait_for_end(warehouse, query_id)

    session.cancel(query_id)

    assert session.fetch(query_id).scalar() == 7


def test_a_failed_statement_tells_snowflakes_code_and_words(
    warehouse: RunningWarehouse, session: SnowflakeSession
) -> None:
    query_id = session.submit("SELECT * FROM DB.SFETL.NOT_THERE")
    wait_for_end(warehouse, query_id)

    status = session.query_status(query_id)

    assert (status.state, status.error_code) == (QueryState.FAILED, 2003)
    assert "NOT_THERE" in status.error_message
    assert status.state.is_terminal


def test_a_query_that_nobody_knows(session: SnowflakeSession) -> None:
    status = session.query_status(UNKNOWN_QUERY)

    assert status.state is QueryState.UNKNOWN
    assert not status.state.is_terminal


def test_files_are_listed_below_their_folder_with_their_sizes(
    session: SnowflakeSession, tmp_path: Path
) -> None:
    for name, size_bytes in (("part-00001.tsv.zst", 10), ("part-00002.tsv.zst", 20)):
        chunk = tmp_path / name
        chunk.write_bytes(b"x" * size_bytes)
        session.upload(chunk, f"{STAGE}/listed/a/")
    session.upload(chunk, f"{STAGE}/listed/b/")

    began = datetime.now(UTC)
    listed = sorted(session.list_stage(f"{STAGE}/listed/a/"), key=str)
    assert listed == [
        StagedEntry("listed/a/part-00001.tsv.zst", 10, began),
        StagedEntry("listed/a/part-00002.tsv.zst", 20, began),
    ]
    assert all(abs(entry.modified_at - began) < timedelta(minutes=1) for entry in listed)
    assert len(session.list_stage(f"{STAGE}/listed/")) == 3
    assert session.list_stage(f"{STAGE}/nothing/") == []


def test_an_upload_replaces_the_file_of_that_name(session: SnowflakeSession, tmp_path: Path) -> None:
    chunk = tmp_path / "part-00001.tsv.zst"
    for content in (b"the first one", b"again"):
        chunk.write_bytes(content)
        session.upload(chunk, f"{STAGE}/replaced/")

    assert [entry.size_bytes for entry in session.list_stage(f"{STAGE}/replaced/")] == [5]


def test_a_scratch_folder_with_spaces_is_no_obstacle(session: SnowflakeSession, tmp_path: Path) -> None:
    folder = tmp_path / "scratch of über"
    folder.mkdir()
    chunk = folder / "part-00001.tsv.zst"
    chunk.write_bytes(b"x")

    session.upload(chunk, f"{STAGE}/quoted/")

    assert len(session.list_stage(f"{STAGE}/quoted/")) == 1


class _AnsweringUpload(SnowflakeSession):
    """A session whose PUT gets the result row that the test wants; the rest is real."""

    row: tuple[Any, ...] = ()

    def _put(self, statement: str) -> QueryResult:
        return QueryResult(("status", "target_size"), (self.row,), "q", 1)


@pytest.mark.parametrize("row", [("SKIPPED", 3), ("ERROR", 0), ("UPLOADED", 2)])
def test_an_upload_that_did_not_arrive_whole_is_an_error(
    row: tuple[Any, ...], warehouse: RunningWarehouse, tmp_path: Path
) -> None:
    chunk = tmp_path / "part-00001.tsv.zst"
    chunk.write_bytes(b"abc")

    session = _AnsweringUpload(open_connection(warehouse.connection_parameters()))
    session.row = row

    with (
        session,
        pytest.raises(UploadError, match=rf"{row[0]} with {row[1]} bytes instead of UPLOADED with 3"),
    ):
        session.upload(chunk, f"{STAGE}/broken/")


def test_a_file_that_is_not_there_is_an_error_of_ours(session: SnowflakeSession, tmp_path: Path) -> None:
    with pytest.raises((SfetlError, FileNotFoundError)):
        session.upload(tmp_path / "nothing.zst", f"{STAGE}/broken/")
