"""What fakesnow runs, through the layer: binds, counts, names, and statements that nobody knows."""

from __future__ import annotations

import datetime
from decimal import Decimal
from pathlib import Path

import pytest
import requests
import snowflake.connector
from warehouse_client import Client, Connect

from local.warehouse.serving.server import RunningWarehouse


def test_binds_come_back_as_they_were(client: Client) -> None:
    client.rows(
        "CREATE OR REPLACE TABLE B (S VARCHAR, I NUMBER(38,0), D DATE, T TIMESTAMP_NTZ, F FLOAT, N NUMBER(9,3))"
    )
    values = (
        "text",
        7,
        datetime.date(2013, 1, 2),
        datetime.datetime(2013, 1, 2, 3, 4, 5, 678901),
        1.5,
        Decimal("2.125"),
    )
    client.rows("INSERT INTO B VALUES (?, ?, ?, ?, ?, ?)", values)
    client.rows("INSERT INTO B VALUES (?, ?, ?, ?, ?, ?)", (None,) * 6)
    assert client.rows("SELECT * FROM B ORDER BY I NULLS LAST") == [values, (None,) * 6]
    assert client.rows("SELECT I FROM B WHERE S = ? AND D = ? AND T = ?", values[:1] + values[2:4]) == [(7,)]


def test_many_rows_bound_at_once(client: Client) -> None:
    client.rows("CREATE OR REPLACE TABLE M (A VARCHAR(3), N NUMBER(3,0))")
    cursor = client.connection.cursor()
    cursor.executemany("INSERT INTO M VALUES (?, ?)", [("a", 1), ("b", None), ("c", 3)])
    assert cursor.rowcount == 3
    assert client.rows("SELECT * FROM M ORDER BY A") == [("a", 1), ("b", None), ("c", 3)]


@pytest.mark.parametrize(
    ("statement", "count"),
    [
        ("INSERT INTO R VALUES (1), (2), (3)", 3),
        ("INSERT INTO R SELECT A FROM R", 3),
        ("UPDATE R SET A = 9 WHERE A = 1", 2),
        ("DELETE FROM R WHERE A = 9", 2),
        ("MERGE INTO R t USING (SELECT 2 AS A) s ON t.A = s.A WHEN MATCHED THEN DELETE", 2),
        ("DELETE FROM R WHERE A = 100", 0),
    ],
)
def test_affected_rows(client: Client, statement: str, count: int) -> None:
    if statement.startswith("INSERT INTO R VALUES"):
        client.rows("CREATE OR REPLACE TABLE R (A NUMBER(9,0))")
    cursor = client.connection.cursor()
    cursor.execute(statement)
    assert cursor.rowcount == count
    assert cursor.sfqid


def test_names_of_the_session(connect: Connect, tmp_path: Path) -> None:
    client = Client(connect(), tmp_path)
    client.rows("USE ROLE SYSADMIN")
    client.rows("CREATE WAREHOUSE LOAD_WH")
    selected = (
        "SELECT CURRENT_USER(), CURRENT_ROLE(), CURRENT_WAREHOUSE(), CURRENT_DATABASE(), CURRENT_SCHEMA()"
    )
    assert client.rows(selected) == [("LOCAL", "SYSADMIN", "LOAD_WH", "DB", "SFETL")]
    ((session,),) = client.rows("SELECT CURRENT_SESSION()")
    assert session == str(client.connection.session_id)


def test_a_table_is_described_by_its_full_name_in_a_session_without_database(
    client: Client, warehouse: RunningWarehouse
) -> None:
    client.rows("CREATE OR REPLACE TABLE DESCRIBED (A DATE)")
    ((database, schema),) = client.rows("SELECT CURRENT_DATABASE(), CURRENT_SCHEMA()")
    with (
        snowflake.connector.connect(**warehouse.connection_parameters()) as bare,
        bare.cursor() as cursor,
    ):
        assert cursor.execute("SELECT CURRENT_DATABASE()").fetchall() == [(None,)]
        described = cursor.execute(f"DESCRIBE TABLE {database}.{schema}.DESCRIBED").fetchall()
    assert [row[:2] for row in described] == [("A", "DATE")]


def test_catalog(client: Client) -> None:
    client.rows("CREATE OR REPLACE TABLE C (A VARCHAR(5) NOT NULL, N NUMBER(5,2))")
    columns = (
        'SELECT COLUMN_NAME, DATA_TYPE, CHARACTER_MAXIMUM_LENGTH, NUMERIC_PRECISION, IS_NULLABLE FROM "DB".'
        "INFORMATION_SCHEMA.COLUMNS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION"
    )
    assert client.rows(columns, ("SFETL", "C")) == [
        ("A", "TEXT", 5, None, "NO"),
        ("N", "NUMBER", None, 5, "YES"),
    ]
    tables = "SELECT TABLE_NAME FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?"
    assert client.rows(tables, ("SFETL", "C")) == [("C",)]


def test_functions(client: Client) -> None:
    ((now, system, digest),) = client.rows("SELECT CURRENT_TIMESTAMP(), SYSDATE(), SHA2('a', 256)")
    assert now.tzinfo is not None
    assert system.tzinfo is None
    assert digest == "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"


def test_databases_come_with_a_public_schema(client: Client) -> None:
    client.rows("CREATE DATABASE IF NOT EXISTS MORE")
    assert client.rows("SELECT CURRENT_DATABASE(), CURRENT_SCHEMA()") == [("MORE", "PUBLIC")]
    client.rows("USE DATABASE DB")
    client.rows("USE DATABASE MORE")
    assert client.rows("SELECT CURRENT_DATABASE(), CURRENT_SCHEMA()") == [("MORE", "PUBLIC")]
    client.rows("CREATE TABLE MORE.PUBLIC.T (A VARCHAR)")
    client.rows("DROP DATABASE MORE")
    assert client.failure("SELECT * FROM MORE.PUBLIC.T").errno == 2003


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("FOO BAR", 1003),
        ("SELECT FROM WHERE", 1003),
        ("SELECT 'unclosed", 1003),
        ("SELECT NO_SUCH_FUNCTION(1)", 2140),
        ("SELECT * FROM NOT_THERE", 2003),
        ("UNDROP DATABASE D", 2),
        ("ALTER WAREHOUSE W SUSPEND", 2003),
        ("CALL SOME_PROCEDURE()", None),
        ("GET @DB.SFETL.CHUNKS file:///tmp/", None),
        ("PRAGMA version", None),
        ("INSTALL httpfs", None),
        ("ATTACH 'x.db'", None),
        ("SELECT 1; SELECT 2", None),
        ("ALTER SESSION SET NO_SUCH_PARAMETER = 1", 2005),
        ("ALTER SESSION SET TIMEZONE = 'Europe/Berlin'", 2),
        ("ALTER SESSION SET LOCK_TIMEOUT = 'soon'", 1008),
        ("SELECT * FROM TABLE(RESULT_SCAN('nothing'))", 709),
        ("SELECT * FROM TABLE(INFORMATION_SCHEMA.QUERY_HISTORY(RESULT_LIMIT => 10001))", 1015),
        (";", None),
    ],
)
def test_what_is_not_known_fails_at_once(client: Client, statement: str, code: int | None) -> None:
    if code is None:
        with pytest.raises(snowflake.connector.errors.Error):
            client.rows(statement)
    else:
        assert client.failure(statement).errno == code
    assert client.rows("SELECT 1") == [(1,)]


@pytest.mark.parametrize(
    "path", ["/queries/v1/query-request", "/session/v1/login-request", "/control/faults"]
)
@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"data": 7}', b"\xff\x00"])
def test_broken_requests_do_no_harm(
    client: Client, warehouse: RunningWarehouse, path: str, body: bytes
) -> None:
    answer = requests.post(f"{warehouse.address}{path}", data=body, timeout=20).json()
    assert set(answer) >= {"success", "code", "message"}
    assert client.rows("SELECT 1") == [(1,)]


def test_a_token_that_is_gone_is_refused(
    connect: Connect, warehouse: RunningWarehouse, tmp_path: Path
) -> None:
    client = Client(connect(), tmp_path)
    warehouse.warehouse.sessions.close(
        next(s for s in warehouse.warehouse.sessions.all() if s.id == client.connection.session_id)
    )
    assert client.failure("SELECT 1").errno == 390111


def test_a_token_that_never_was_is_refused(warehouse: RunningWarehouse) -> None:
    for path in ("/session/heartbeat", "/session/token-request", "/queries/v1/query-request"):
        answer = requests.post(
            f"{warehouse.address}{path}", headers={"Authorization": 'Snowflake Token="x"'}, timeout=20
        )
        assert answer.json()["code"] == ("390113" if "token-request" in path else "390104")


def test_parameters_of_a_login_that_nobody_knows_are_ignored(connect: Connect, tmp_path: Path) -> None:
    client = Client(connect(UNKNOWN_TO_ALL="x"), tmp_path)
    assert client.rows("SELECT 1") == [(1,)]


def test_login_with_a_database_that_does_not_exist(warehouse: RunningWarehouse) -> None:
    with snowflake.connector.connect(database="NOPE", **warehouse.connection_parameters()) as connection:
        assert connection.cursor().execute("SELECT CURRENT_DATABASE()").fetchall() == [(None,)]
