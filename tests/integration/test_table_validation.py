"""Validation over the local warehouse: what others do to a published table is told."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import date

from local.warehouse.serving.server import running_warehouse
from sfetl_provider.adapters.snowflake_session import SnowflakeSession
from sfetl_provider.core.publish.publication import publish_month
from sfetl_provider.core.validate.day_span import DaySpan
from sfetl_provider.core.validate.tables import validate_tables
from sfetl_provider.core.validate.validation import validate_table
from sfetl_provider.core.validate.wanted import Wanted
from tests.core.load_samples import sample_config
from tests.integration.loading_bench import CLOCK, TARGET, loaded_job, make_target, open_session, planned

RULES = [
    {"name": "far", "condition": "distance < 5", "severity": "WARNING"},
    {"name": "inside", "condition": "flight_date BETWEEN month_first_day() AND month_last_day()"},
    {"name": "days", "condition": "month_days() = 28 OR distance <> 1", "severity": "INFO"},
    {"name": "mean", "aggregate": "count(*) / days_with_rows()", "max": 1.01, "severity": "INFO"},
]
FEED = sample_config(qc={"key": ["carrier", "distance"], "rules": RULES}, end_month="2013-04")
STARTS = {"2013-01": "2012-12-30", "2013-02": "2013-02-03", "2013-03": "2013-03-03"}
FISCAL = sample_config(
    date={"column": "flight_date", "fiscal_months": STARTS},
    qc={"key": ["carrier"], "expected_days": "any", "rules": RULES[1:2]},
)
ZONED = sample_config(
    feed="zoned",
    table={"database": "demo", "schema": "public", "name": "zoned"},
    date={"column": "flight_date", "type": "timestamp"},
    qc={"key": ["carrier"], "expected_days": "any"},
)
LOCAL = sample_config(
    feed="local",
    table={"database": "demo", "schema": "public", "name": "local"},
    date={"column": "flight_date", "type": "timestamp"},
    qc={"expected_days": "any"},
)


def test_rows_that_others_brought_are_told_apart_from_those_published() -> None:
    with running_warehouse() as running, open_session(running) as session:
        make_target(session)
        for month, rows in (("2013-01", 31), ("2013-02", 28)):
            publish_month(loaded_job(session, planned(session, month, month), rows), session, CLOCK)
        session.query(f"INSERT INTO {TARGET} VALUES (1, '2013-02-01', 'AA'), (5, '2013-04-05', 'B')")
        session.query(f"INSERT INTO {TARGET} VALUES (6, NULL, 'C')")

        found = validate_table(FEED, Wanted(has_rules=True, has_keys=True, has_ledger=True), session, CLOCK)

        assert [(month.month, month.state, month.rows, month.duplicate_keys) for month in found.months] == [
            ("2013-01", "as published", 31, 0),
            ("2013-02", "differs", 29, 1),
            ("2013-04", "not published", 1, 0),
        ]
        told = {finding.code for _, finding in found.all_findings()}
        assert told == {
            "undated",
            "missing_months",
            "rows_differ",
            "duplicate_keys",
            "not_published",
            "missing_days",
            "outlier_high_days",
            "rule_far",
            "rule_days",
            "rule_mean",
        }
        assert found.ledger is not None
        assert found.ledger.chain is not None
        assert (len(found.ledger.entries), found.ledger.chain.broken) == (2, None)
        assert found.last_load == ("2013-02", found.months[1].recorded)
        assert found.size_bytes

        # The first days of February are January's last ones.
        fiscal = Wanted(days=DaySpan(date(2013, 1, 30), date(2013, 2, 3)), has_keys=True, has_rules=True)
        found = validate_table(FISCAL, fiscal, session, CLOCK)
        assert [(month.month, month.rows, month.state) for month in found.months] == [
            ("2013-01", 5, "in part"),
            ("2013-02", 1, "in part"),
        ]
        assert found.rows == 7
        _times_and_faults(session)


def _times_and_faults(session: SnowflakeSession) -> None:
    columns = '"CARRIER" VARCHAR, "DISTANCE" INT'
    session.query(f'CREATE TABLE "DEMO"."PUBLIC"."ZONED" ("FLIGHT_DATE" TIMESTAMP_TZ, {columns})')
    session.query(f'CREATE TABLE "DEMO"."PUBLIC"."LOCAL" ("FLIGHT_DATE" TIMESTAMP_NTZ, {columns})')
    session.query(f'CREATE TABLE "DEMO"."PUBLIC"."TEXTS" ("FLIGHT_DATE" VARCHAR, {columns})')
    session.query(
        # In the session's zone, UTC: 31 January 23:59:59.999, and 1 February 00:00.
        'INSERT INTO "DEMO"."PUBLIC"."ZONED" VALUES (\'2013-02-01 04:59:59.999+05:00\', \'A\', 1),'
        " ('2013-01-31 22:00:00-02:00', 'A', 1)"
    )
    session.query(
        'INSERT INTO "DEMO"."PUBLIC"."LOCAL" VALUES (\'2013-01-31 23:59:59.999\', \'A\', 1),'
        " ('2013-02-01 00:00:00', 'A', 1), ('2013-03-31 02:30:00', 'A', 1)"
    )
    absent, texts = (
        sample_config(feed=name, table={"database": "demo", "schema": "public", "name": name})
        for name in ("absent", "texts")
    )
    feeds = [absent, ZONED, texts, LOCAL]
    found = list(validate_tables(feeds, Wanted(has_keys=True), lambda _: nullcontext(session), CLOCK))
    assert [one.verdict for one in found] == ["not looked at", "warned", "not looked at", "warned"]
    assert '"DEMO"."PUBLIC"."ABSENT" does not exist' in found[0].fault
    assert "is VARCHAR" in found[2].fault
    assert [
        (month.month, month.state, month.rows, month.first, month.duplicate_keys) for month in found[1].months
    ] == [
        ("2013-01", "no ledger", 1, date(2013, 1, 31), 0),
        ("2013-02", "no ledger", 1, date(2013, 2, 1), 0),
    ]
    assert [(month.month, month.rows, month.first) for month in found[3].months] == [
        ("2013-01", 1, date(2013, 1, 31)),
        ("2013-02", 1, date(2013, 2, 1)),
        ("2013-03", 1, date(2013, 3, 31)),
    ]
