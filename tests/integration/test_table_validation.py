"""Validation over the local warehouse: what others do to a published table is told."""

from __future__ import annotations

from datetime import date

from local.warehouse.serving.server import running_warehouse
from sfetl_provider.core.publish.publication import publish_month
from sfetl_provider.core.validate.validation import ValidateJob, validate_table
from tests.core.load_samples import sample_config
from tests.integration.loading_bench import CLOCK, TARGET, loaded_job, make_target, open_session, planned

FEED = sample_config(qc={"key": ["carrier", "distance"]})
ZONED = sample_config(
    feed="zoned",
    table={"database": "demo", "schema": "public", "name": "zoned"},
    date={"column": "flight_date", "type": "timestamp"},
    qc={"key": ["carrier"], "expected_days": "any"},
)


def test_rows_that_others_brought_are_told_apart_from_those_published() -> None:
    with running_warehouse() as running, open_session(running) as session:
        make_target(session)
        for month, rows in (("2013-01", 31), ("2013-02", 28)):
            publish_month(loaded_job(session, planned(session, month, month), rows), session, CLOCK)
        session.query(f"INSERT INTO {TARGET} VALUES (1, '2013-02-01', 'AA'), (5, '2013-04-05', 'B')")
        session.query(f"INSERT INTO {TARGET} VALUES (6, NULL, 'C')")

        found = validate_table(ValidateJob(FEED, has_keys=True), session, CLOCK)

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
        }

        session.query(
            'CREATE TABLE "DEMO"."PUBLIC"."ZONED" ("FLIGHT_DATE" TIMESTAMP_TZ, "CARRIER" VARCHAR, "DISTANCE" INT)'
        )
        session.query(
            'INSERT INTO "DEMO"."PUBLIC"."ZONED" VALUES (\'2013-01-31 23:30:00-02:00\', \'A\', 1),'
            " ('2013-02-01 00:30:00+02:00', 'A', 1)"
        )
        months = validate_table(ValidateJob(ZONED, has_keys=True), session, CLOCK).months
        assert [(month.month, month.state, month.rows) for month in months] == [
            ("2013-01", "no ledger", 1),
            ("2013-02", "no ledger", 1),
        ]
        assert [(month.first, month.duplicate_keys) for month in months] == [
            (date(2013, 1, 31), 0),
            (date(2013, 2, 1), 0),
        ]
