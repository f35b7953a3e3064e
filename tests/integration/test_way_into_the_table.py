"""A month on its way into a table that was made for it: mapped, masked, computed; columns added and widened."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime

import pytest

from local.warehouse.serving.server import running_warehouse
from sfetl_provider.adapters.snowflake_session import SnowflakeSession
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.copy_into.statement import create_load_table
from sfetl_provider.core.errors import PublishRefusedError
from sfetl_provider.core.ledger.tables import prepare
from sfetl_provider.core.plan.month_plan import MonthPlan
from sfetl_provider.core.plan.names import load_table, quoted_table
from sfetl_provider.core.plan.table_change import widen_columns
from sfetl_provider.core.plan.target_columns import describe_target
from sfetl_provider.core.plan.target_table import settle_target
from sfetl_provider.core.publish.publication import PublishJob, publish_month
from tests.core.load_samples import PASSED, TABLE, sample_config, sample_outcome, sample_staged_file
from tests.core.scripted_warehouse import MemoryCheckpoints
from tests.integration.loading_bench import CLOCK, TARGET, open_session, planned

PLACE = {"database": "demo", "schema": "public", "name": "flights", "create": True}
COLUMNS = [
    {"name": "flight_date", "target": "day", "type": "DATE"},
    {"name": "carrier", "type": "VARCHAR(5)"},
    {"name": "pilot", "type": "VARCHAR(64)", "mask": {"method": "hash", "where": "publish"}},
    {
        "name": "seat",
        "type": "VARCHAR(4)",
        "mask": {"method": "partial", "where": "publish", "keep_first": 1, "keep_last": 1},
    },
    {"name": "card", "type": "VARCHAR(9)", "mask": {"method": "fixed", "where": "publish"}},
    {"name": "miles", "type": "NUMBER(9,2)"},
]
COMPUTED = [
    {"name": "carrier", "value": "upper(trim(carrier))", "type": "VARCHAR(5)"},
    {"name": "is_far", "value": "CASE WHEN miles >= 1000.5 THEN 'yes' ELSE 'no' END", "type": "VARCHAR(3)"},
    {"name": "thirds", "value": "round(miles / 3, 2)", "type": "NUMBER(9,2)"},
    {"name": "days_left", "value": "month_last_day() - flight_date", "type": "NUMBER(9,0)"},
    {"name": "weekday", "value": "dayofweek(flight_date)", "type": "NUMBER(1,0)"},
    {"name": "stamp", "value": "TRY_CAST(carrier AS DATE)", "type": "DATE"},
    {"name": "loaded_at", "value": "load_time()", "type": "TIMESTAMP_NTZ(9)"},
    {"name": "source", "value": "file_name()", "type": "VARCHAR(99)"},
]


@pytest.fixture(scope="module")
def session() -> Iterator[SnowflakeSession]:
    with running_warehouse() as running, open_session(running) as opened:
        opened.query('CREATE DATABASE IF NOT EXISTS "DEMO"')
        opened.query('CREATE SCHEMA IF NOT EXISTS "DEMO"."PUBLIC"')
        yield opened


def feed_with(
    columns: list[dict[str, object]], computed: list[dict[str, str]], **table: object
) -> FeedConfig:
    return sample_config(columns=columns, publish={"columns": computed, "max_shrink": 1}, table=PLACE | table)


def settled(session: SnowflakeSession, config: FeedConfig, run_id: str) -> MonthPlan:
    prepare(session, config)
    found = settle_target(session, MemoryCheckpoints(), config)
    return planned(session, run_id).model_copy(
        update={
            "target_types": found.types,
            "unpublished": found.unpublished,
            "table_changes": found.changes,
        }
    )


def load_and_publish(
    session: SnowflakeSession, config: FeedConfig, run_id: str, rows: list[str]
) -> dict[str, object]:
    """Publish rows, given as SQL values in the file's order; the receipt's query ids come back."""
    plan = settled(session, config, run_id).model_copy(update={"load_mode": config.publish.mode})
    table = load_table(plan, 1)
    session.query(create_load_table(table, plan.table, config, plan.unpublished))
    session.query(f"INSERT INTO {quoted_table(table)} VALUES {', '.join(rows)}")
    job = PublishJob(
        plan, config, (sample_staged_file((len(rows),)),), sample_outcome(plan, len(rows)), PASSED
    )
    return dict(publish_month(job, session, CLOCK).query_ids)


def test_a_month_is_mapped_masked_and_computed_on_its_way(session: SnowflakeSession) -> None:
    rows = [
        "('2013-01-06', ' aa ', 'Ada', '12AB', '4711', 1000.5)",
        "('2013-01-31', NULL, NULL, NULL, NULL, NULL)",
    ]

    ids = load_and_publish(session, feed_with(COLUMNS, COMPUTED), "one", rows)

    assert "create" in ids
    names = [column.name for column in describe_target(session, TABLE) or ()]
    assert names[:7] == ["DAY", "CARRIER", "PILOT", "SEAT", "CARD", "MILES", "IS_FAR"]
    first, last = session.query(f'SELECT * FROM {TARGET} ORDER BY "DAY"').records()
    assert (first["carrier"], first["seat"], first["card"]) == ("AA", "1**B", "***")
    assert first["pilot"] == hashlib.sha256(b"Ada").hexdigest()
    assert (first["is_far"], last["is_far"]) == ("yes", "no")
    assert (str(first["thirds"]), first["days_left"], first["weekday"]) == ("333.50", 25, 0)
    assert isinstance(first["loaded_at"], datetime)
    assert first["source"] == "flights_2013-01.tsv"
    masked = ("carrier", "pilot", "seat", "card", "miles", "thirds", "stamp")
    assert [last[name] for name in masked] == [None] * len(masked)


def test_columns_are_added_left_out_and_widened(session: SnowflakeSession) -> None:
    session.query(f"DROP TABLE IF EXISTS {TARGET}")
    plain: list[dict[str, object]] = [
        {"name": "flight_date", "type": "DATE"},
        {"name": "carrier", "type": "VARCHAR(2)"},
    ]
    more: list[dict[str, object]] = [*plain, {"name": "note", "type": "VARCHAR(9)"}]
    load_and_publish(session, feed_with(plain, []), "made", ["('2013-01-01', 'AA')"])
    row = ["('2013-01-02', 'BB', 'a text that no column of the table takes')"]

    load_and_publish(session, feed_with(more, [], schema_changes="ignore"), "ignored", row)

    assert session.query(f"SELECT * FROM {TARGET}").columns == ("FLIGHT_DATE", "CARRIER")
    ids = load_and_publish(
        session, feed_with(more, [], schema_changes="add_columns"), "added", ["('2013-01-03', 'CC', 'note')"]
    )
    assert "add_column" in ids
    assert session.query(f'SELECT "NOTE" FROM {TARGET}').scalar() == "note"
    (change,) = widen_columns(session, MemoryCheckpoints(), TABLE, {"CARRIER": 7, "NOTE": 9})
    assert (change.column, bool(change.query_id)) == ("CARRIER", True)
    session.query(f"INSERT INTO {TARGET} (\"CARRIER\") VALUES ('1234567')")


def test_a_merge_compares_keys_as_they_are_published(session: SnowflakeSession) -> None:
    session.query(f"DROP TABLE IF EXISTS {TARGET}")
    columns: list[dict[str, object]] = [
        {"name": "flight_date", "target": "day", "type": "DATE"},
        {"name": "carrier", "target": "airline", "type": "VARCHAR(9)"},
        {"name": "seat", "type": "VARCHAR(9)", "mask": {"method": "fixed", "where": "publish"}},
    ]
    computed = [{"name": "airline", "value": "upper(trim(carrier))"}]
    publish = {"columns": computed, "mode": "merge", "merge_keys": ["flight_date", "carrier"]}
    config = sample_config(columns=columns, publish=publish, table=PLACE)
    rows = ["('2013-01-01', 'aa', '1A')", "('2013-01-01', 'BB', NULL)"]
    load_and_publish(session, config, "merge 1", rows)

    ids = load_and_publish(session, config, "merge 2", ["('2013-01-01', ' bb', '2B')"])

    assert "merge" in ids
    found = session.query(f'SELECT "AIRLINE", "SEAT" FROM {TARGET} ORDER BY "AIRLINE"').rows
    assert found == (("AA", "***"), ("BB", "***"))
    with pytest.raises(PublishRefusedError, match=r"'CC'\) in 2 rows"):
        load_and_publish(
            session, config, "merge 3", ["('2013-01-02', 'cc', '1')", "('2013-01-02', 'CC ', '2')"]
        )


def test_texts_that_cannot_be_read_are_refused_before_anything_is_published(
    session: SnowflakeSession,
) -> None:
    session.query(f"DROP TABLE IF EXISTS {TARGET}")
    columns: list[dict[str, object]] = [
        {"name": "flight_date", "type": "DATE"},
        {"name": "carrier", "type": "VARCHAR(9)"},
    ]
    computed = [{"name": "next", "value": "CAST(carrier AS NUMBER) + 1", "type": "NUMBER(9,0)"}]

    with pytest.raises(PublishRefusedError, match="NEXT in 1 rows"):
        load_and_publish(
            session,
            feed_with(columns, computed),
            "unreadable",
            ["('2013-01-01', '7')", "('2013-01-01', 'x')", "('2013-01-01', NULL)"],
        )

    assert session.query(f"SELECT COUNT(*) FROM {TARGET}").scalar() == 0
