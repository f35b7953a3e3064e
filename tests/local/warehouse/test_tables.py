"""CREATE TABLE and what is written to columns: limits, NOT NULL, keys."""

from __future__ import annotations

import pytest
from warehouse_client import Client

DEFINITION = "(A VARCHAR(5) NOT NULL, N NUMBER(5,2), T VARCHAR)"
TOO_LONG = "abcdef"
COPIES = [
    "CREATE TABLE COPIED LIKE ORIGINAL",
    "CREATE TABLE COPIED CLONE ORIGINAL",
    "CREATE TRANSIENT TABLE COPIED AS SELECT A, N, T FROM ORIGINAL WHERE 1=0",
    'CREATE TABLE COPIED AS SELECT "A" AS "A", N, T FROM "DB"."SFETL"."ORIGINAL" WHERE 1=0',
    "CREATE TABLE COPIED AS SELECT * FROM ORIGINAL WHERE 1=0",
    "CREATE OR REPLACE TABLE COPIED AS SELECT o.* FROM ORIGINAL o WHERE 1=0",
    "CREATE TABLE COPIED AS SELECT T::VARCHAR(5) AS A, N, T FROM ORIGINAL WHERE 1=0",
]


@pytest.fixture(autouse=True)
def _original(client: Client) -> None:
    client.rows(f"CREATE OR REPLACE TABLE ORIGINAL {DEFINITION}")
    client.rows("DROP TABLE IF EXISTS COPIED")


@pytest.mark.parametrize("statement", COPIES)
def test_copies_inherit_limits(client: Client, statement: str) -> None:
    client.rows(statement)
    error = client.failure("INSERT INTO COPIED (A) VALUES (?)", (TOO_LONG,))
    assert error.errno == 100078
    assert "User character length limit (5) exceeded by string 'abcdef'" in str(error.msg)
    client.rows("INSERT INTO COPIED (A) VALUES (?)", ("abcde",))
    assert client.rows("DESCRIBE TABLE COPIED")[0][1] == "VARCHAR(5)"


@pytest.mark.parametrize("kind", ["LIKE", "CLONE"])
def test_copies_keep_not_null(client: Client, kind: str) -> None:
    client.rows(f"CREATE TABLE COPIED {kind} ORIGINAL")
    assert client.failure("INSERT INTO COPIED (N) VALUES (1)").errno == 100072


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO ORIGINAL VALUES ('abcdef', 1, 't')",
        "INSERT INTO ORIGINAL (T, A) VALUES ('t', 'abcde'), ('t', 'abcdef')",
        "INSERT INTO ORIGINAL (A) SELECT 'abc' || 'def'",
        "INSERT INTO ORIGINAL SELECT 'abcdef', 1, NULL UNION ALL SELECT 'a', 2, NULL",
        "UPDATE ORIGINAL SET A = A || 'bcdef'",
        "MERGE INTO ORIGINAL t USING (SELECT 'abcdef' AS A) s ON t.A = s.A "
        "WHEN NOT MATCHED THEN INSERT (A) VALUES (s.A)",
    ],
)
def test_every_way_to_write_is_checked(client: Client, statement: str) -> None:
    client.rows("INSERT INTO ORIGINAL (A) VALUES ('a')")
    assert client.failure(statement).errno == 100078
    assert client.rows("SELECT A FROM ORIGINAL") == [("a",)]


def test_limits_go_with_the_table(client: Client) -> None:
    client.rows("DROP TABLE ORIGINAL")
    client.rows("CREATE TABLE ORIGINAL AS SELECT 'x' AS A")
    client.rows("INSERT INTO ORIGINAL VALUES (?)", (TOO_LONG,))
    client.rows("CREATE OR REPLACE TABLE ORIGINAL (A VARCHAR(3))")
    assert client.failure("INSERT INTO ORIGINAL VALUES ('abcd')").errno == 100078


def test_limits_follow_a_change_and_a_rename(client: Client) -> None:
    client.rows("ALTER TABLE ORIGINAL ALTER COLUMN A SET DATA TYPE VARCHAR(8)")
    client.rows("ALTER TABLE ORIGINAL ADD COLUMN C VARCHAR(2)")
    client.rows("ALTER TABLE ORIGINAL RENAME TO COPIED")
    client.rows("INSERT INTO COPIED (A) VALUES ('12345678')")
    assert client.failure("INSERT INTO COPIED (A) VALUES ('123456789')").errno == 100078
    assert client.failure("INSERT INTO COPIED (A, C) VALUES ('a', '123')").errno == 100078


def test_numbers_out_of_range(client: Client) -> None:
    assert client.failure("INSERT INTO ORIGINAL (A, N) VALUES ('a', 1000)").errno == 100132
    assert client.failure("INSERT INTO ORIGINAL (A, N) VALUES ('a', 'x')").errno == 100038


def test_not_null(client: Client) -> None:
    assert client.failure("INSERT INTO ORIGINAL (N) VALUES (1)").errno == 100072


@pytest.mark.parametrize(
    "definition",
    [
        "(A VARCHAR(5) UNIQUE, B VARCHAR(5))",
        "(A VARCHAR(5) PRIMARY KEY, B VARCHAR(5))",
        "(A VARCHAR(5), B VARCHAR(5), UNIQUE (A, B))",
        '("A" VARCHAR(5), B VARCHAR(5), CONSTRAINT KEY_OF PRIMARY KEY ("A"))',
    ],
)
def test_keys_are_not_enforced(client: Client, definition: str) -> None:
    client.rows(f"CREATE OR REPLACE TABLE KEYED {definition}")
    client.rows("INSERT INTO KEYED VALUES ('a', 'b'), ('a', 'b')")
    assert client.rows("SELECT COUNT(*) FROM KEYED") == [(2,)]
    assert client.failure("INSERT INTO KEYED VALUES ('abcdef', 'b')").errno == 100078
    if "PRIMARY" in definition:
        assert client.failure("INSERT INTO KEYED VALUES (NULL, 'b')").errno == 100072


def test_create_if_not_exists_keeps_what_is_there(client: Client) -> None:
    client.rows("INSERT INTO ORIGINAL (A) VALUES ('a')")
    client.rows("CREATE TABLE IF NOT EXISTS ORIGINAL AS SELECT 'x' AS Z")
    assert client.rows("SELECT A FROM ORIGINAL") == [("a",)]
    client.rows("CREATE TABLE IF NOT EXISTS COPIED AS SELECT 1 AS Z")
    assert client.rows("SELECT Z FROM COPIED") == [(1,)]
