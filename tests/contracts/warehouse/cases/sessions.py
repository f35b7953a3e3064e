"""How long a session lives without its client, and what ends with it."""

from __future__ import annotations

from tests.contracts.warehouse.case import Advance, Case, Close, Error, Lose, Open, Run

PAGE = "user-guide/session-policies"
MOVED = "moves the clock"
MORTAL = Open("mortal", {"CLIENT_SESSION_KEEP_ALIVE": False})

CASES = (
    Case(
        "a session that is idle for four hours must log in again",
        PAGE,
        (
            MORTAL,
            Run("SELECT 1", session="mortal"),
            Advance(14_500),
            Run(
                "SELECT 1",
                session="mortal",
                error=Error(390114, ("authenticate again",), is_documented=False),
            ),
        ),
        only_here=MOVED,
    ),
    Case(
        "a session that is idle for less goes on without a word",
        PAGE,
        (
            MORTAL,
            Run("ALTER SESSION SET QUERY_TAG = 'still mine'", session="mortal"),
            Advance(14_000),
            Run("SELECT 1", session="mortal", rows=[(1,)]),
            Advance(14_000),
            Run(
                "SHOW PARAMETERS LIKE 'QUERY_TAG'",
                session="mortal",
                columns=("value",),
                rows=[("still mine",)],
            ),
        ),
        only_here=MOVED,
    ),
    Case(
        "CLIENT_SESSION_KEEP_ALIVE keeps an idle session",
        "sql-reference/parameters",
        (
            Open("kept", {"CLIENT_SESSION_KEEP_ALIVE": True}),
            Run("SELECT 1", session="kept"),
            Advance(90_000),
            Run("SELECT 2", session="kept", rows=[(2,)]),
        ),
        only_here=MOVED,
    ),
    Case(
        "the transaction of a session that idles out is rolled back",
        PAGE,
        (
            Run("CREATE TABLE T (A NUMBER(3,0))"),
            MORTAL,
            Run("BEGIN", session="mortal"),
            Run("INSERT INTO T VALUES (1)", session="mortal"),
            Lose("mortal"),
            Advance(14_500),
            Run("SELECT COUNT(*) FROM T", rows=[(0,)]),
            Run("UPDATE T SET A = 2", affected=0),
        ),
        only_here=MOVED,
    ),
    Case(
        "each session has parameters of its own",
        "sql-reference/sql/alter-session",
        (
            Open("tagged", {"QUERY_TAG": "of login"}),
            Run(
                "SHOW PARAMETERS LIKE 'QUERY_TAG'", session="tagged", columns=("value",), rows=[("of login",)]
            ),
            Run("SHOW PARAMETERS LIKE 'QUERY_TAG'", columns=("value",), rows=[("",)]),
        ),
    ),
    Case(
        "logging out leaves what was committed",
        "sql-reference/transactions",
        (
            Run("CREATE TABLE T (A NUMBER(3,0))", session="leaving"),
            Run("INSERT INTO T VALUES (1)", session="leaving"),
            Close("leaving"),
            Run("SELECT A FROM T", rows=[(1,)]),
        ),
    ),
)
