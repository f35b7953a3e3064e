"""Whoever reads a refusal is told the GRANT, the warehouse or the object that is missing."""

from __future__ import annotations

import pytest

from sfetl_provider.core.errors import (
    ComputeUnavailableError,
    ObjectMissingError,
    PrivilegeMissingError,
    StatementError,
)
from sfetl_provider.core.refusals import next_step_of, refusal

DENIED = "SQL access control error:\nInsufficient privileges to operate on {}"
ABSENT = "SQL compilation error:\n{} does not exist or not authorized."
TABLE = (
    'CREATE OR REPLACE TRANSIENT TABLE "DEMO"."SFETL"."LOAD_A1" AS SELECT * FROM "DEMO"."PUBLIC"."FLIGHTS"'
)
ROLE = "<role of the connection>"


@pytest.mark.parametrize(
    ("code", "message", "statement", "advice"),
    [
        (
            3001,
            DENIED.format(
                "schema 'SFETL'.\n\nYour primary role LOADER must have CREATE TABLE granted on SCHEMA"
                " DEMO.SFETL."
            ),
            TABLE,
            "GRANT CREATE TABLE ON SCHEMA DEMO.SFETL TO ROLE LOADER;",
        ),
        (
            3001,
            DENIED.format("schema 'SFETL'"),
            TABLE,
            f'GRANT CREATE TABLE ON SCHEMA "DEMO"."SFETL" TO ROLE {ROLE};',
        ),
        (
            3001,
            DENIED.format("table 'FLIGHTS'"),
            'DELETE FROM "DEMO"."PUBLIC"."FLIGHTS"',
            'GRANT DELETE ON TABLE "DEMO"."PUBLIC"."FLIGHTS"',
        ),
        (3001, DENIED.format("stage 'CHUNKS'"), "PUT 'file:///a' '@x'", "GRANT READ, WRITE ON STAGE CHUNKS"),
        (3001, DENIED.format("warehouse 'WH'"), "USE WAREHOUSE WH", "GRANT USAGE ON WAREHOUSE WH"),
        (3001, "not known yet", "", "GRANT …"),
        (
            2003,
            ABSENT.format("Object 'DEMO.PUBLIC.FLIGHTS'"),
            'SELECT 1 FROM "DEMO"."PUBLIC"."FLIGHTS"',
            'GRANT SELECT ON TABLE "DEMO"."PUBLIC"."FLIGHTS"',
        ),
        (2003, ABSENT.format("Database 'DEMO'"), "CREATE SCHEMA X", "GRANT CREATE SCHEMA ON DATABASE DEMO"),
        (2043, "Object does not exist, or operation cannot be performed.", "", "Create what is missing"),
        (606, "No active warehouse selected in the current session.", "", "GRANT USAGE ON WAREHOUSE"),
        (608, "Warehouse 'WH' is suspended. Use …", "", "ALTER WAREHOUSE WH RESUME;"),
        (
            90073,
            "Warehouse 'WH' cannot be resumed because resource monitor 'DAILY' has exceeded its quota.",
            "COPY",
            "resource monitor DAILY begins anew",
        ),
    ],
)
def test_the_remedy_is_named(code: int, message: str, statement: str, advice: str) -> None:
    assert advice in next_step_of(code, message, statement)


def test_a_code_that_tells_nothing_has_no_remedy() -> None:
    assert next_step_of(1003, "syntax error") == ""


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (3001, PrivilegeMissingError),
        (2003, ObjectMissingError),
        (2043, ObjectMissingError),
        (606, ComputeUnavailableError),
        (608, ComputeUnavailableError),
        (90073, ComputeUnavailableError),
        (1003, StatementError),
    ],
)
def test_each_has_its_type_and_none_is_retried(code: int, kind: type[StatementError]) -> None:
    assert refusal(code) is kind
    assert not kind.is_retryable
