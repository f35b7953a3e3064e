"""Query tags, parameters and the query history."""

from __future__ import annotations

import datetime
from pathlib import Path

from warehouse_client import Client, Connect

HISTORY = (
    "SELECT QUERY_ID, QUERY_TEXT, EXECUTION_STATUS, ERROR_CODE, USER_NAME, SESSION_ID, END_TIME "
    'FROM TABLE("DB".INFORMATION_SCHEMA.{function}(RESULT_LIMIT=>1000, '
    "END_TIME_RANGE_START=>DATEADD('hour', -1, CURRENT_TIMESTAMP()))) WHERE QUERY_TAG = ? ORDER BY START_TIME"
)


def test_found_by_tag(connect: Connect, client: Client, tmp_path: Path) -> None:
    tagged = Client(connect(QUERY_TAG="tag of login"), tmp_path)
    tagged.rows("SELECT 'tagged'")
    tagged.failure("SELECT * FROM NOT_THERE")
    rows = client.rows(HISTORY.format(function="QUERY_HISTORY_BY_USER"), ("tag of login",))
    assert [row[1:4] for row in rows] == [
        ("SELECT 'tagged'", "SUCCESS", None),
        ("SELECT * FROM NOT_THERE", "FAILED_WITH_ERROR", "002003"),
    ]
    assert {row[4:6] for row in rows} == {("LOCAL", tagged.connection.session_id)}
    assert all(row[6] is not None for row in rows)


def test_values_bound_inside_the_call(client: Client) -> None:
    client.rows("ALTER SESSION SET QUERY_TAG = 'bound'")
    client.rows("SELECT 'found'")
    statement = (
        "SELECT QUERY_TEXT FROM TABLE(INFORMATION_SCHEMA.QUERY_HISTORY(END_TIME_RANGE_START => ?)) "
        "WHERE QUERY_TAG = ? AND START_TIME < ? AND EXECUTION_STATUS = ?"
    )
    now = datetime.datetime.now(datetime.UTC)
    later = now + datetime.timedelta(hours=1)
    assert client.rows(statement, (now - datetime.timedelta(hours=1), "bound", later, "SUCCESS")) == [
        ("SELECT 'found'",)
    ]


def test_tag_of_alter_session_and_running_state(client: Client) -> None:
    client.rows("ALTER SESSION SET QUERY_TAG = 'it''s mine', LOCK_TIMEOUT = 60, ABORT_DETACHED_QUERY = FALSE")
    statement = HISTORY.format(function="QUERY_HISTORY")
    (row,) = client.rows(statement, ("it's mine",))
    assert (row[1], row[2], row[6]) == (statement, "RUNNING", None)


def test_parameters_are_shown(connect: Connect, tmp_path: Path) -> None:
    client = Client(connect(QUERY_TAG="a", STATEMENT_TIMEOUT_IN_SECONDS=77, UNKNOWN_TO_ALL="x"), tmp_path)
    shown = client.rows("SHOW PARAMETERS LIKE 'statement_timeout%' IN SESSION")
    assert [row[:4] for row in shown] == [("STATEMENT_TIMEOUT_IN_SECONDS", "77", "172800", "SESSION")]
    client.rows("ALTER SESSION UNSET QUERY_TAG")
    assert client.rows("SHOW PARAMETERS LIKE 'QUERY_TAG'")[0][1] == ""


def test_history_of_a_session(client: Client, second: Client) -> None:
    second.rows("SELECT 'not this one'")
    client.rows("SELECT 'this one'")
    rows = client.rows("SELECT QUERY_TEXT FROM TABLE(INFORMATION_SCHEMA.QUERY_HISTORY_BY_SESSION())")
    assert ("SELECT 'this one'",) in rows
    assert ("SELECT 'not this one'",) not in rows
