"""COPY INTO as a statement: files, history, transactions."""

from __future__ import annotations

import pytest
from warehouse_client import STAGE, TSV, Client, copy_statement, zstd

TABLE = '"DB"."SFETL"."LOADED"'


@pytest.fixture(autouse=True)
def _fresh(client: Client) -> None:
    client.rows(f"CREATE OR REPLACE TABLE {TABLE} (A VARCHAR(5), N NUMBER(5,0))")
    client.rows(f"REMOVE '@{STAGE}/'")
    client.stage("load/a/part-00001.tsv.zst", zstd(b"a\t1\nb\t2\n"))
    client.stage("load/a/part-00002.tsv.zst", zstd(b"c\t3\n"))


def count(client: Client) -> int:
    return int(client.rows(f"SELECT COUNT(*) FROM {TABLE}")[0][0])


def test_one_row_per_file(client: Client) -> None:
    rows = client.copy(TABLE, "load/", "a/part-00001.tsv.zst", "a/part-00002.tsv.zst")
    assert [row[:6] for row in rows] == [
        ("chunks/load/a/part-00001.tsv.zst", "LOADED", 2, 2, 1, 0),
        ("chunks/load/a/part-00002.tsv.zst", "LOADED", 1, 1, 1, 0),
    ]
    assert client.rows(f"SELECT A, N FROM {TABLE} ORDER BY N") == [("a", 1), ("b", 2), ("c", 3)]


def test_without_files_all_below_the_path(client: Client) -> None:
    text = copy_statement(TABLE, "load/", "x").replace("FILES=('x') ", "")
    assert [row[0] for row in client.rows(text)] == [
        "chunks/load/a/part-00001.tsv.zst",
        "chunks/load/a/part-00002.tsv.zst",
    ]


def test_all_files_or_none(client: Client) -> None:
    client.stage("load/a/part-00003.tsv.zst", zstd(b"toolong\t3\n"))
    error = client.failure(copy_statement(TABLE, "load/a", "part-00001.tsv.zst", "part-00003.tsv.zst"))
    assert "File 'load/a/part-00003.tsv.zst', line 1, character 1" in str(error.msg)
    assert count(client) == 0
    (row,) = client.copy(TABLE, "load/a", "part-00001.tsv.zst")
    assert row[1] == "LOADED"


def test_missing_file_is_an_error(client: Client) -> None:
    error = client.failure(copy_statement(TABLE, "load/a", "part-00001.tsv.zst", "nothing.tsv"))
    assert "Remote file 'load/a/nothing.tsv' was not found" in str(error.msg)
    assert count(client) == 0


def test_more_than_a_thousand_files_are_refused(client: Client) -> None:
    error = client.failure(copy_statement(TABLE, "load/a", *[f"{n}.tsv" for n in range(1001)]))
    assert "maximum number of files (1000) exceeded: 1001" in str(error.msg)


def test_same_content_is_skipped(client: Client) -> None:
    client.copy(TABLE, "load/a", "part-00001.tsv.zst")
    (row,) = client.copy(TABLE, "load/a", "part-00001.tsv.zst")
    assert row[:4] == ("chunks/load/a/part-00001.tsv.zst", "LOAD_SKIPPED", 0, 0)
    assert count(client) == 2


def test_other_content_under_the_same_path_is_loaded(client: Client) -> None:
    client.copy(TABLE, "load/a", "part-00001.tsv.zst")
    client.stage("load/a/part-00001.tsv.zst", zstd(b"z\t9\n"))
    (row,) = client.copy(TABLE, "load/a", "part-00001.tsv.zst")
    assert row[1:4] == ("LOADED", 1, 1)


def test_force_loads_again(client: Client) -> None:
    client.copy(TABLE, "load/a", "part-00001.tsv.zst")
    client.copy(TABLE, "load/a", "part-00001.tsv.zst", options="FORCE=TRUE")
    assert count(client) == 4


@pytest.mark.parametrize(
    ("statement", "status"),
    [
        (f"DELETE FROM {TABLE}", "LOAD_SKIPPED"),
        (f"TRUNCATE TABLE {TABLE}", "LOADED"),
        (f"CREATE OR REPLACE TABLE {TABLE} (A VARCHAR(5), N NUMBER(5,0))", "LOADED"),
        (f"DROP TABLE {TABLE}", "LOADED"),
    ],
)
def test_what_clears_the_load_history(client: Client, statement: str, status: str) -> None:
    client.copy(TABLE, "load/a", "part-00001.tsv.zst")
    client.rows(statement)
    client.rows(f"CREATE TABLE IF NOT EXISTS {TABLE} (A VARCHAR(5), N NUMBER(5,0))")
    assert client.copy(TABLE, "load/a", "part-00001.tsv.zst")[0][1] == status


def test_a_clone_has_no_load_history(client: Client) -> None:
    client.copy(TABLE, "load/a", "part-00001.tsv.zst")
    client.rows(f"CREATE OR REPLACE TABLE CLONED CLONE {TABLE}")
    assert client.copy("CLONED", "load/a", "part-00001.tsv.zst")[0][1] == "LOADED"


def test_two_sessions_copy_side_by_side(client: Client, second: Client) -> None:
    cursors = [each.connection.cursor() for each in (client, second)]
    for number, cursor in enumerate(cursors, start=1):
        cursor.execute_async(copy_statement(TABLE, "load/a", f"part-0000{number}.tsv.zst"))
    for number, cursor in enumerate(cursors):
        cursor.get_results_from_sfqid(str(cursor.sfqid))
        assert cursor.fetchall()[0][1:3] == ("LOADED", 2 - number)
    assert count(client) == 3


def test_a_renamed_table_keeps_its_load_history(client: Client) -> None:
    client.rows("DROP TABLE IF EXISTS RENAMED")
    client.copy(TABLE, "load/a", "part-00001.tsv.zst")
    client.rows(f"ALTER TABLE {TABLE} RENAME TO RENAMED")
    assert client.copy("RENAMED", "load/a", "part-00001.tsv.zst")[0][1] == "LOAD_SKIPPED"


def test_copy_inside_a_transaction_is_rolled_back(client: Client) -> None:
    client.rows("BEGIN")
    client.copy(TABLE, "load/a", "part-00001.tsv.zst")
    assert count(client) == 2
    client.rows("ROLLBACK")
    assert count(client) == 0


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        (copy_statement("NO_TABLE", "load/", "a"), 2003),
        (copy_statement(TABLE, "load/", "a").replace("CHUNKS", "NO_STAGE"), 2003),
        (copy_statement(TABLE, "load/", "a").replace("FILES=('a')", "FILES='a'"), 1003),
        (copy_statement(TABLE, "load/", "../a"), 1003),
        (f"COPY INTO {TABLE} FROM '@{STAGE}/load/' FILES=('a')", 2),
        (f"COPY INTO {TABLE} (A) FROM '@{STAGE}/load/' FILE_FORMAT=({TSV})", 2),
        (f"COPY INTO {TABLE} FROM (SELECT $1 FROM '@{STAGE}/load/') FILE_FORMAT=({TSV})", 2),
        (f"COPY INTO {TABLE} FROM '@{STAGE}/load/' FILE_FORMAT=({TSV}", 1003),
    ],
)
def test_refused_statements(client: Client, statement: str, code: int) -> None:
    assert client.failure(statement).errno == code
