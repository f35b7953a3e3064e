"""The audit as the quality control of a month, on the stand-in."""

from __future__ import annotations

from local.warehouse.serving.server import running_warehouse
from sfetl_provider.core.audit.checks import check_load_table
from sfetl_provider.core.audit.job import AuditJob
from sfetl_provider.core.copy_into.statement import create_load_table
from sfetl_provider.core.ledger.month_history import earlier_months
from sfetl_provider.core.plan.names import load_table, quoted_table
from sfetl_provider.core.publish.publication import publish_month
from tests.core.load_samples import TABLE, sample_config, sample_outcome
from tests.integration.loading_bench import CLOCK, CONFIG, loaded_job, make_target, open_session, planned

QC = {
    "expected_days": "any",
    "key": ["flight_date", "carrier"],
    "rules": [
        {"name": "far", "condition": "distance > 0 AND regexp_like(carrier, '(?:A|B)+')"},
        {"name": "dated", "condition": "flight_date + 1 > month_first_day() AND dayofweek(flight_date) < 7"},
        {"name": "mean", "aggregate": "avg(distance) + stddev(distance)", "max": 10, "severity": "WARNING"},
        {"name": "late", "aggregate": "count_if(flight_date - month_first_day() > 1) / count(*)", "max": 0.5},
        {
            "name": "middle",
            "aggregate": "median(distance) * count(DISTINCT carrier)",
            "max": 19,
            "per": "file",
        },
    ],
}
ROWS = (
    "('2013-01-01', 'AA', 10), ('2013-01-01', 'AA', -5), ('2013-01-02', 'BX', 30), ('2013-01-02', NULL, NULL)"
)


def test_rules_keys_and_earlier_months_are_judged_in_the_load_table() -> None:
    config = sample_config(qc=QC)
    with running_warehouse() as running, open_session(running) as session:
        make_target(session)
        for month, rows in (("2012-10", 8), ("2012-11", 9), ("2012-12", 10)):
            publish_month(loaded_job(session, planned(session, month, month), rows), session, CLOCK)
        plan = planned(session, "one").model_copy(update={"qc_mode": "snowflake"})
        session.query(create_load_table(load_table(plan, 1), plan.table, CONFIG.column_names))
        session.query(f"INSERT INTO {quoted_table(load_table(plan, 1))} VALUES {ROWS}")
        earlier = earlier_months(session, TABLE.database, plan.feed, plan.month, 2)
        job = AuditJob(plan, config, sample_outcome(plan, 4), earlier=earlier)

        report = check_load_table(job, session, CLOCK)
        two_files = check_load_table(AuditJob(plan, config, sample_outcome(plan, 4), files=2), session, CLOCK)

    assert [(past.month, past.rows) for past in earlier] == [("2012-12", 10), ("2012-11", 9)]
    told = {finding.code: finding.message for finding in report.findings}
    assert list(told) == [
        "null_value", "rows_per_day", "rule_far", "rule_mean", "rule_middle", "keys_missing", "duplicate_keys",
    ]  # fmt: skip
    assert told["rule_far"].startswith(
        "2013-01 in the load table: rule far: 2 records not meeting distance > 0"
    )
    assert "DISTANCE '-5', CARRIER 'AA'" in told["rule_far"]
    assert "DISTANCE '30', CARRIER 'BX'" in told["rule_far"]
    assert "is 29.22" in told["rule_mean"]
    assert "is 20, and must be at most 19" in told["rule_middle"]
    assert told["duplicate_keys"] == (
        "1 value of the key (FLIGHT_DATE, CARRIER) more than once, 1 rows too many: ('2013-01-01', 'AA') 2 times."
    )
    assert len(report.query_ids) == 4
    assert "rules_not_checked" in [finding.code for finding in two_files.findings]
