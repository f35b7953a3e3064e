"""What of roles, grants and warehouses only the stand-in can show: other users, a restart, the pace."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
import requests
import snowflake.connector
from warehouse_client import TSV, Client, Connect, copy_statement

from local.warehouse.access.grants import ObjectKey
from local.warehouse.access.needed_privileges import Need, needs_of
from local.warehouse.serving.server import RunningWarehouse, running_warehouse
from local.warehouse.statements.object_statement import read_object_statement


def log_in(warehouse: RunningWarehouse, folder: Path, **options: Any) -> Client:
    return Client(snowflake.connector.connect(**{**warehouse.connection_parameters(), **options}), folder)


def test_a_user_that_was_created_has_only_its_roles(
    client: Client, warehouse: RunningWarehouse, tmp_path: Path
) -> None:
    client.rows("CREATE ROLE LIMITED")
    client.rows("CREATE USER LIMITED_USER PASSWORD='x' DEFAULT_ROLE=LIMITED")
    with pytest.raises(snowflake.connector.errors.Error, match="configured default role 'LIMITED'"):
        log_in(warehouse, tmp_path, user="LIMITED_USER")
    client.rows("GRANT ROLE LIMITED TO USER LIMITED_USER")
    limited = log_in(warehouse, tmp_path, user="LIMITED_USER", database="DB")
    assert limited.rows("SELECT CURRENT_ROLE(), CURRENT_DATABASE(), CURRENT_WAREHOUSE()") == [
        ("LIMITED", None, None)
    ]
    assert limited.failure("USE ROLE ACCOUNTADMIN").errno == 3013
    assert limited.failure("CREATE ROLE MORE").errno == 3001
    assert limited.failure("CREATE DATABASE MORE").errno == 3001
    assert limited.failure("ALTER ACCOUNT SET LOCK_TIMEOUT = 5").errno == 3001


def test_queries_of_other_users_are_hidden(
    client: Client, warehouse: RunningWarehouse, tmp_path: Path
) -> None:
    for statement in (
        "CREATE ROLE WATCHER",
        "GRANT USAGE ON DATABASE DB TO ROLE WATCHER",
        "GRANT USAGE ON SCHEMA DB.SFETL TO ROLE WATCHER",
        "GRANT USAGE ON WAREHOUSE LOCAL_WH TO ROLE WATCHER",
        "CREATE USER WATCHER_USER DEFAULT_ROLE=WATCHER DEFAULT_WAREHOUSE=LOCAL_WH",
        "GRANT ROLE WATCHER TO USER WATCHER_USER",
    ):
        client.rows(statement)
    watcher = log_in(warehouse, tmp_path, user="WATCHER_USER", database="DB", schema="SFETL")
    users = "SELECT DISTINCT USER_NAME FROM TABLE(INFORMATION_SCHEMA.QUERY_HISTORY()) ORDER BY 1"
    assert watcher.rows(users) == [("WATCHER_USER",)]
    assert {("LOCAL",), ("WATCHER_USER",)} <= set(client.rows(users))


def test_the_account_survives_a_restart(tmp_path: Path) -> None:
    with running_warehouse(tmp_path / "kept") as first:
        client = log_in(first, tmp_path)
        for statement in (
            "CREATE WAREHOUSE KEPT_WH WAREHOUSE_SIZE='LARGE' INITIALLY_SUSPENDED=TRUE COMMENT='kept'",
            "CREATE DATABASE DB",
            "CREATE TABLE DB.PUBLIC.T (A VARCHAR)",
            "CREATE ROLE KEPT",
            "GRANT ROLE KEPT TO USER LOCAL",
            "GRANT SELECT, INSERT ON TABLE DB.PUBLIC.T TO ROLE KEPT",
            "GRANT SELECT ON FUTURE TABLES IN SCHEMA DB.PUBLIC TO ROLE KEPT",
            "ALTER USER LOCAL SET LOCK_TIMEOUT = 7",
        ):
            client.rows(statement)
        granted = client.rows("SHOW GRANTS TO ROLE KEPT")
    with running_warehouse(tmp_path / "kept") as again:
        client = log_in(again, tmp_path)
        assert client.rows("SHOW GRANTS TO ROLE KEPT") == granted
        assert len(granted) == 2
        assert client.rows("SHOW FUTURE GRANTS IN SCHEMA DB.PUBLIC")[0][1] == "SELECT"
        assert client.rows("SHOW WAREHOUSES LIKE 'KEPT_WH'")[0][:4] == (
            "KEPT_WH",
            "SUSPENDED",
            "STANDARD",
            "Large",
        )
        assert client.rows("SHOW PARAMETERS LIKE 'LOCK_TIMEOUT'")[0][1] == "7"
        client.rows("USE ROLE KEPT")


def test_undrop_brings_grants_back() -> None:
    with running_warehouse() as running:
        access = running.warehouse.access
        statement = read_object_statement("UNDROP TABLE DB.S.T")
        assert statement is not None
        assert (statement.verb, statement.kind, statement.name) == ("UNDROP", "TABLE", ("DB", "S", "T"))
        key = ObjectKey("TABLE", ("DB", "S", "T"))
        access.grants.own(key, "LOADER")
        access.grants.give(key, "SELECT", "READER", "LOADER")
        access.grants.forget(key)
        assert access.grants.privileges(key, {"READER", "LOADER"}) == set()
        access.grants.bring_back(key)
        assert access.grants.privileges(key, {"READER"}) == {"SELECT"}
        assert access.grants.owner(key) == "LOADER"


def test_the_pace_waits_by_size_and_can_be_cancelled(
    client: Client, warehouse: RunningWarehouse, connect: Connect
) -> None:
    client.rows("CREATE OR REPLACE TABLE PACED (A VARCHAR)")
    client.stage("paced/f.tsv", b"a\n" * 1000)
    try:
        pace = {"bytes_per_second": 0.001}
        requests.post(f"{warehouse.address}/control/pace", json=pace, timeout=20).raise_for_status()
        cursor = client.connection.cursor()
        cursor.execute_async(copy_statement("PACED", "paced/", "f.tsv"))
        assert client.connection.is_still_running(client.connection.get_query_status(cursor.sfqid))
        other = connect()
        other.cursor().execute(f"SELECT SYSTEM$CANCEL_QUERY('{cursor.sfqid}')")
        query = warehouse.warehouse.queries.get(str(cursor.sfqid))
        assert query is not None
        query.done.result(20)
        assert query.error is not None
        assert query.error.code == 604
        assert client.rows("SELECT COUNT(*) FROM PACED") == [(0,)]
    finally:
        requests.post(f"{warehouse.address}/control/pace", json={"bytes_per_second": None}, timeout=20)
    assert client.copy("PACED", "paced/", "f.tsv", file_format=TSV)[0][1] == "LOADED"


def test_each_size_doubles_the_pace(warehouse: RunningWarehouse, client: Client) -> None:
    sizes = ["XSMALL", "SMALL", "MEDIUM", "LARGE", "XLARGE", "2X-LARGE", "X3LARGE", "4X-LARGE"]
    client.rows("CREATE WAREHOUSE SIZED_WH")
    found = []
    for size in sizes:
        client.rows(f"ALTER WAREHOUSE SIZED_WH SET WAREHOUSE_SIZE='{size}'")
        found.append(warehouse.warehouse.access.warehouses.get("SIZED_WH").factor)
    assert found == [1, 2, 4, 8, 16, 32, 64, 128]


def test_a_bad_pace_is_refused(warehouse: RunningWarehouse) -> None:
    answer = requests.post(
        f"{warehouse.address}/control/pace", json={"bytes_per_second": 0}, timeout=20
    ).json()
    assert not answer["success"]
    assert warehouse.warehouse.pace.bytes_per_second is None


def test_running_queries_are_counted_and_aborted(
    client: Client, second: Client, warehouse: RunningWarehouse
) -> None:
    client.rows("CREATE WAREHOUSE BUSY_WH")
    client.rows("CREATE OR REPLACE TABLE BUSY (A VARCHAR)")
    client.stage("busy/f.tsv", b"a\n")
    warehouse.warehouse.pace.bytes_per_second = 0.001
    try:
        cursor = client.connection.cursor()
        cursor.execute_async(copy_statement("BUSY", "busy/", "f.tsv"))
        query = warehouse.warehouse.queries.get(str(cursor.sfqid))
        assert query is not None
        while not warehouse.warehouse.access.warehouses.get("BUSY_WH").running:
            assert not query.done.done()
            threading.Event().wait(0.01)
        assert second.rows("SHOW WAREHOUSES LIKE 'BUSY_WH'")[0][7] == 1
        second.rows("ALTER WAREHOUSE BUSY_WH ABORT ALL QUERIES")
        query.done.result(20)
        assert query.error is not None
        assert query.error.code == 604
        assert second.rows("SHOW WAREHOUSES LIKE 'BUSY_WH'")[0][7] == 0
    finally:
        warehouse.warehouse.pace.bytes_per_second = None


@pytest.mark.parametrize(
    ("statement", "needs"),
    [
        ("SELECT 1", []),
        ("SELECT A FROM T", [("TABLE", ("T",), {"SELECT"})]),
        ('SELECT A FROM D."s".T', [("TABLE", ("D", "s", "T"), {"SELECT"})]),
        ("WITH C AS (SELECT * FROM T) SELECT * FROM C", [("TABLE", ("T",), {"SELECT"})]),
        (
            "INSERT INTO T SELECT * FROM U",
            [("TABLE", ("T",), {"INSERT"}), ("TABLE", ("U",), {"SELECT"})],
        ),
        ("INSERT INTO T (A) VALUES (1)", [("TABLE", ("T",), {"INSERT"})]),
        (
            "INSERT OVERWRITE INTO T SELECT 1",
            [("TABLE", ("T",), {"INSERT"}), ("TABLE", ("T",), {"DELETE"})],
        ),
        (
            "DELETE FROM T USING U WHERE T.A = U.A",
            [("TABLE", ("T",), {"DELETE"}), ("TABLE", ("U",), {"SELECT"})],
        ),
        (
            "UPDATE T SET A = U.A FROM U WHERE T.A = U.A",
            [("TABLE", ("T",), {"UPDATE"}), ("TABLE", ("U",), {"SELECT"})],
        ),
        ("TRUNCATE T", [("TABLE", ("T",), {"TRUNCATE"})]),
        ("DROP TABLE IF EXISTS T", [("TABLE", ("T",), {"OWNERSHIP"})]),
        ("UNDROP TABLE T", [("DROPPED TABLE", ("T",), {"OWNERSHIP"})]),
        ("ALTER TABLE T ADD COLUMN B VARCHAR", [("TABLE", ("T",), {"OWNERSHIP"})]),
        (
            "ALTER TABLE T RENAME TO U",
            [("TABLE", ("T",), {"OWNERSHIP"}), ("SCHEMA OF", ("U",), {"CREATE TABLE"})],
        ),
        (
            "CREATE TABLE U CLONE T AT (OFFSET => -60)",
            [("TABLE", ("T",), {"SELECT"}), ("SCHEMA OF", ("U",), {"CREATE TABLE"})],
        ),
        ("CREATE SCHEMA S", [("DATABASE OF", ("S",), {"CREATE SCHEMA"})]),
        ("CREATE DATABASE D", [("ACCOUNT", (), {"CREATE DATABASE"})]),
        ("PUT 'file:///x' '@D.S.ST/p'", [("STAGE", ("D", "S", "ST"), {"WRITE"})]),
        ("LIST @ST", [("STAGE", ("ST",), {"READ"})]),
        (
            "COPY INTO T FROM (SELECT $1 FROM @ST/p)",
            [("TABLE", ("T",), {"INSERT"}), ("STAGE", ("ST",), {"READ"})],
        ),
        ("COPY INTO @ST FROM T", [("STAGE", ("ST",), {"WRITE"}), ("TABLE", ("T",), {"SELECT"})]),
        ("COMMENT ON COLUMN T.A IS 'x'", [("TABLE", ("T",), {"OWNERSHIP"})]),
        ("SELECT * FROM TABLE(GENERATOR(ROWCOUNT => 1))", []),
        ("NONSENSE (", []),
    ],
)
def test_what_a_statement_needs(statement: str, needs: list[tuple[str, tuple[str, ...], set[str]]]) -> None:
    found = [(need.kind, need.name, set(need.privileges)) for need in needs_of(statement)]
    assert found == needs


def test_a_tolerant_drop_says_so() -> None:
    assert needs_of("DROP TABLE IF EXISTS T") == [Need("TABLE", ("T",), frozenset({"OWNERSHIP"}), True)]
