"""COPY INTO beside other sessions, and refusals of what cannot be a golden case."""

from __future__ import annotations

import threading

import pytest
from snowflake.connector.errors import DatabaseError
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


def test_two_sessions_copy_side_by_side(client: Client, second: Client) -> None:
    cursors = [each.connection.cursor() for each in (client, second)]
    for number, cursor in enumerate(cursors, start=1):
        cursor.execute_async(copy_statement(TABLE, "load/a", f"part-0000{number}.tsv.zst"))
    for number, cursor in enumerate(cursors):
        cursor.get_results_from_sfqid(str(cursor.sfqid))
        assert cursor.fetchall()[0][1:3] == ("LOADED", 2 - number)
    assert count(client) == 3


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        (copy_statement(TABLE, "load/", "a").replace("FILES=('a')", "FILES='a'"), 1003),
        (copy_statement(TABLE, "load/", "../a"), 1003),
        (copy_statement(TABLE, "load/", "a").replace("FORCE=FALSE", "FORCE=MAYBE"), 1003),
        (f"COPY INTO {TABLE} (A FROM '@{STAGE}/load/'", 1003),
        (f"COPY INTO {TABLE} FROM (SELECT $1", 1003),
        (f"COPY INTO {TABLE} FROM (SELECT $1, X FROM '@{STAGE}/load/') FILE_FORMAT=({TSV})", 904),
        (f"COPY INTO {TABLE} FROM (SELECT $1, u.$2 FROM '@{STAGE}/load/' t) FILE_FORMAT=({TSV})", 904),
        (f"COPY INTO {TABLE} FROM (SELECT * FROM '@{STAGE}/load/') FILE_FORMAT=({TSV})", 2098),
        (f"COPY INTO {TABLE} FROM (SELECT $1, (SELECT 1) FROM '@{STAGE}/load/')", 2098),
        (f"COPY INTO {TABLE} FROM (SELECT $1, NO_FUNCTION($2) FROM '@{STAGE}/load/')", 2140),
        (f"COPY INTO {TABLE} FROM (SELECT $1, METADATA$WRONG FROM '@{STAGE}/load/')", 2),
        (f"COPY INTO {TABLE} FROM 's3://bucket/path'", 2),
        (f"COPY INTO {TABLE} FROM '@{STAGE}/load/' FILE_FORMAT=({TSV} SKIP_HEADER=-1)", 1003),
        (f"COPY INTO {TABLE} FROM '@{STAGE}/load/' FILE_FORMAT=({TSV} ESCAPE='ab')", 1003),
        ("SELECT * FROM TABLE(VALIDATE(LOADED))", 1003),
        ("SELECT * FROM TABLE(VALIDATE(LOADED, JOB_ID => 'x', MORE => 1))", 1003),
        (
            "SELECT * FROM TABLE(INFORMATION_SCHEMA.COPY_HISTORY(TABLE_NAME => 'LOADED', START_TIME => 'x'))",
            1015,
        ),
        (
            "SELECT * FROM TABLE(INFORMATION_SCHEMA.COPY_HISTORY("
            "TABLE_NAME => 'NONE', START_TIME => '2026-01-01'))",
            2003,
        ),
    ],
)
def test_refused_statements(client: Client, statement: str, code: int) -> None:
    assert client.failure(statement).errno == code
    assert count(client) == 0


def test_nothing_is_left_in_the_scratch_folder(client: Client, warehouse: object) -> None:
    client.copy(TABLE, "load/a", "part-00001.tsv.zst")
    client.failure(copy_statement(TABLE, "load/a", "part-00002.tsv.zst", "none"))
    scratch = warehouse.warehouse.loader._scratch  # type: ignore[attr-defined]
    assert list(scratch.iterdir()) == []


def test_a_pace_hears_of_all_text(client: Client, warehouse: object) -> None:
    heard: list[int] = []
    loader = warehouse.warehouse.loader  # type: ignore[attr-defined]
    before, loader.on_bytes = loader.on_bytes, lambda _session, size: heard.append(size)
    try:
        client.copy(TABLE, "load/a", "part-00001.tsv.zst")
        client.rows(
            f"COPY INTO {TABLE} FROM (SELECT $1, $2 FROM '@{STAGE}/load/a/part-00002') FILE_FORMAT=({TSV})"
        )
    finally:
        loader.on_bytes = before
    assert sum(heard) == len("a\t1\nb\t2\n") + len("c\t3\n")


@pytest.mark.parametrize("escape", ["ESCAPE=NONE", "ESCAPE='^'"])
def test_a_cancelled_copy_keeps_nothing(
    client: Client, second: Client, warehouse: object, escape: str
) -> None:
    loader = warehouse.warehouse.loader  # type: ignore[attr-defined]
    is_reading, may_go_on = threading.Event(), threading.Event()

    def hold(_session: object, _size: int) -> None:
        is_reading.set()
        may_go_on.wait(30)

    before, loader.on_bytes = loader.on_bytes, hold
    try:
        cursor = client.connection.cursor()
        text = copy_statement(TABLE, "load/a", "part-00001.tsv.zst", "part-00002.tsv.zst")
        cursor.execute_async(text.replace("ESCAPE=NONE ", f"{escape} "))
        assert is_reading.wait(30)
        second.rows("SELECT SYSTEM$CANCEL_QUERY(?)", (cursor.sfqid,))
        may_go_on.set()
        # The connector raises in the first of the two when the query has ended by then.
        with pytest.raises(DatabaseError, match="canceled"):  # noqa: PT012
            cursor.get_results_from_sfqid(str(cursor.sfqid))
            cursor.fetchall()
    finally:
        may_go_on.set()
        loader.on_bytes = before
    assert count(client) == 0
    assert client.copy(TABLE, "load/a", "part-00001.tsv.zst")[0][1] == "LOADED"
