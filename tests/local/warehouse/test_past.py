"""The past of tables in a server that keeps a folder, and what keeping it costs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import snowflake.connector
from warehouse_client import Client

from local.warehouse.errors import SqlError
from local.warehouse.serving.server import RunningWarehouse, connection_parameters, running_warehouse
from local.warehouse.warehouse import Warehouse
from tests.local.warehouse.server_process import ServerProcess

MONTHS = [("2026-01", 1), ("2026-01", 2), ("2026-02", 3)]


@contextmanager
def connected(port: int, folder: Path) -> Iterator[Client]:
    with snowflake.connector.connect(**connection_parameters("127.0.0.1", port, {})) as connection:
        yield Client(connection, folder)


def query_id(client: Client, statement: str) -> str:
    cursor = client.connection.cursor()
    cursor.execute(statement)
    return str(cursor.sfqid)


def fill(client: Client) -> None:
    client.rows("CREATE DATABASE DB")
    client.rows("CREATE TABLE T (MONTH VARCHAR(7), N NUMBER(9,0)) DATA_RETENTION_TIME_IN_DAYS = 3")
    client.rows("INSERT INTO T VALUES ('2026-01', 1), ('2026-01', 2), ('2026-02', 3)")


def drop_month(client: Client) -> str:
    client.rows("BEGIN")
    deleted = query_id(client, "DELETE FROM T WHERE MONTH = '2026-01'")
    client.rows("COMMIT")
    return deleted


def test_the_past_survives_a_kill(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path)
    with closing(server), connected(server.port, tmp_path) as client:
        fill(client)
        deleted = drop_month(client)
        client.rows("CREATE TABLE GONE AS SELECT 7 AS N")
        client.rows("DROP TABLE GONE")
        client.rows("BEGIN")
        undone = query_id(client, "DELETE FROM T")
        server.kill()
        client.connection._server_session_keep_alive = True
    with running_warehouse(tmp_path / "kept") as again, connected(again.port, tmp_path) as client:
        client.rows("USE DATABASE DB")
        assert client.rows("SELECT * FROM T") == [("2026-02", 3)]
        assert sorted(client.rows(f"SELECT * FROM T BEFORE (STATEMENT => '{deleted}')")) == MONTHS
        assert client.rows(f"SELECT * FROM T BEFORE (STATEMENT => '{undone}')") == [("2026-02", 3)]
        bound = "SELECT MONTH FROM T BEFORE (STATEMENT => ?) WHERE N = ?"
        assert client.rows(bound, (deleted, 2)) == [("2026-01",)]
        client.rows("UNDROP TABLE GONE")
        assert client.rows("SELECT N FROM GONE") == [(7,)]
        assert client.rows("SHOW PARAMETERS IN TABLE T")[0][1] == "3"


def test_a_month_dropped_and_loaded_again_is_cloned_as_it_was(tmp_path: Path) -> None:
    with running_warehouse(tmp_path / "kept") as first, connected(first.port, tmp_path) as client:
        fill(client)
        deleted = drop_month(client)
        client.rows("CREATE STAGE CHUNKS")
        local = tmp_path / "again.csv"
        local.write_bytes(b"2026-01,11\n2026-01,12\n2026-01,13\n")
        client.rows(f"PUT 'file://{local}' @CHUNKS AUTO_COMPRESS=FALSE")
        copy = (
            "COPY INTO T FROM @CHUNKS FILES=('again.csv') FILE_FORMAT=(TYPE=CSV COMPRESSION=NONE "
            "ESCAPE_UNENCLOSED_FIELD=NONE)"
        )
        client.rows(copy)
    with running_warehouse(tmp_path / "kept") as second, connected(second.port, tmp_path) as client:
        client.rows("USE DATABASE DB")
        client.rows(f"CREATE TABLE RESTORED CLONE T BEFORE (STATEMENT => '{deleted}')")
        assert sorted(client.rows("SELECT * FROM RESTORED")) == MONTHS
        assert client.rows("SELECT COUNT(*) FROM T") == [(4,)]


def kept_tables(warehouse: RunningWarehouse) -> int:
    with warehouse.warehouse.instance.duck_conn.cursor() as connection:
        query = "SELECT count(*) FROM duckdb_tables() WHERE table_name LIKE '_local_warehouse_rows_%'"
        row = connection.execute(query).fetchone()
    return int(row[0]) if row else -1


def test_only_what_changes_rows_copies_the_table(tmp_path: Path) -> None:
    with running_warehouse() as running, connected(running.port, tmp_path) as client:
        fill(client)
        client.rows("INSERT INTO T SELECT * FROM T")
        client.rows("DELETE FROM T WHERE N = 100")
        client.rows("UPDATE T SET N = 0 WHERE N = ?", (100,))
        client.rows("CREATE TRANSIENT TABLE LOAD DATA_RETENTION_TIME_IN_DAYS = 0 AS SELECT * FROM T")
        client.rows("DELETE FROM LOAD")
        client.rows("DROP TABLE LOAD")
        assert kept_tables(running) == 0
        client.rows("DELETE FROM T WHERE N = 1")
        assert kept_tables(running) == 1


def test_what_is_beyond_the_retention_is_deleted(tmp_path: Path) -> None:
    with running_warehouse() as running, connected(running.port, tmp_path) as client:
        fill(client)
        client.rows("DELETE FROM T WHERE N = 1")
        running.warehouse.clock.advance(2 * 86_400)
        client.rows("DELETE FROM T WHERE N = 2")
        assert kept_tables(running) == 2
        running.warehouse.clock.advance(2 * 86_400)
        client.rows("DELETE FROM T WHERE N = 3")
        assert kept_tables(running) == 2


def test_a_standard_edition_keeps_one_day() -> None:
    with closing(Warehouse(edition="standard")) as warehouse:
        assert warehouse.retention.checked("1", is_transient=False) == 1
        with pytest.raises(SqlError, match=r"Exceeds maximum allowable retention time \(1 day\(s\)\)"):
            warehouse.retention.checked("2", is_transient=False)
