"""The audit as the quality control of a month, on the stand-in."""

from __future__ import annotations

from local.warehouse.serving.server import running_warehouse
from sfetl_provider.adapters.gx_engine import GxEngine
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

_FAR = {"row_condition": "distance > 0", "condition_parser": "pandas"}
SUITE = {
    "name": "flights",
    "expectations": [
        {"type": "expect_column_values_to_be_between", "kwargs": {"column": "distance", "min_value": 0}},
        {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "carrier", **_FAR}},
        {"type": "expect_column_values_to_be_in_set", "kwargs": {"column": "carrier", "value_set": ["AA"]},
         "severity": "info"},
        {"type": "expect_column_values_to_be_in_set", "kwargs": {"column": "distance", "value_set": ["x"]},
         "severity": "warning"},
        {"type": "expect_column_values_to_be_increasing", "kwargs": {"column": "distance"}},
        {"type": "expect_table_column_count_to_equal", "kwargs": {"value": 4}},
    ],
}  # fmt: skip


def test_rules_keys_and_earlier_months_are_judged_in_the_load_table() -> None:
    config = sample_config(qc=QC, suite=SUITE)
    with running_warehouse() as running, open_session(running) as session:
        make_target(session)
        for month, rows in (("2012-10", 8), ("2012-11", 9), ("2012-12", 10)):
            publish_month(loaded_job(session, planned(session, month, month), rows), session, CLOCK)
        plan = planned(session, "one").model_copy(update={"qc_mode": "snowflake"})
        session.query(create_load_table(load_table(plan, 1), plan.table, CONFIG))
        session.query(f"INSERT INTO {quoted_table(load_table(plan, 1))} VALUES {ROWS}")
        earlier = earlier_months(session, TABLE.database, plan.feed, plan.month, 2)
        job = AuditJob(plan, config, sample_outcome(plan, 4), earlier=earlier)

        engine = GxEngine(running.connection_parameters())
        report = check_load_table(job, session, CLOCK, engine)
        two_files = AuditJob(plan, sample_config(qc=QC), sample_outcome(plan, 4), files=2)
        of_two_files = check_load_table(two_files, session, CLOCK)

    assert [(past.month, past.rows) for past in earlier] == [("2012-12", 10), ("2012-11", 9)]
    told = {finding.code: finding.message for finding in report.findings}
    assert list(told) == [
        "null_value", "rows_per_day", "rule_far", "rule_mean", "rule_middle", "keys_missing", "duplicate_keys",
        "expectation_table_column_count_to_equal", "expectation_column_values_to_be_between",
        "expectation_column_values_to_be_in_set", "expectation_not_computed", "expectations_not_checked",
    ]  # fmt: skip
    assert told["rule_far"].startswith(
        "2013-01 in the load table: rule far: 2 records not meeting distance > 0"
    )
    assert "DISTANCE '-5', CARRIER 'AA'" in told["rule_far"]
    assert "DISTANCE '30', CARRIER 'BX'" in told["rule_far"]
    assert "is 29.22" in told["rule_mean"]
    assert "is 20, and must be at most 19" in told["rule_middle"]
    assert told["duplicate_keys"] == (
        "1 value of the key (FLIGHT_DATE, CARRIER) more than once, 1 row too many: ('2013-01-01', 'AA') 2 times."
    )
    assert len(report.query_ids) == 4
    assert "rules_not_checked" in [finding.code for finding in of_two_files.findings]
