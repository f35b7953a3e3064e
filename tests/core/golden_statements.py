"""Every statement that loading sends, for one sample feed.

`python -m tests.core.golden_statements` writes the golden files anew.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

from sfetl_provider.core.audit import statements as audit
from sfetl_provider.core.audit.day_scan import Aggregates
from sfetl_provider.core.audit.load_rules import RuleCounter
from sfetl_provider.core.column_type import read_column_type
from sfetl_provider.core.compute import leases, resizing
from sfetl_provider.core.compute.use import use_statement
from sfetl_provider.core.compute.warehouse_state import resume_statement
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.copy_into.batches import make_batches
from sfetl_provider.core.copy_into.copy_history import copy_history_statement
from sfetl_provider.core.copy_into.query_history import history_statement
from sfetl_provider.core.copy_into.session import session_statement
from sfetl_provider.core.copy_into.statement import (
    copy_statement,
    create_load_table,
    create_scratch_table,
    drop_table,
    validate_statement,
)
from sfetl_provider.core.drop import preview, recovery
from sfetl_provider.core.expression.table_text import TableNames, TableText
from sfetl_provider.core.expression.tree import FactName
from sfetl_provider.core.ledger import append, generation, month_history, month_rows, profiles, rejected_rows
from sfetl_provider.core.ledger.tables import (
    add_column_statement,
    preparing_statements,
    presence_statement,
)
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.plan.month_plan import MonthPlan
from sfetl_provider.core.plan.names import (
    head_table,
    kept_table,
    load_table,
    query_tag,
    quoted_table,
    scratch_table,
    stage_folder,
)
from sfetl_provider.core.publish import statements
from sfetl_provider.core.publish.column_list import ColumnList, column_list
from sfetl_provider.core.publish.computed_values import unreadable_statement
from sfetl_provider.core.qc.rule_scan import rules_of
from sfetl_provider.core.restore import statements as restore
from sfetl_provider.core.restore.records import Past
from sfetl_provider.core.validate import statements as validate
from sfetl_provider.core.validate.day_span import DaySpan
from sfetl_provider.core.validate.own_rules import OwnRules
from sfetl_provider.core.validate.table_facts import TableFacts, size_statement
from tests.core.load_samples import NOW, TABLE, sample_config, sample_plan, sample_staged_file

ALTERED = sample_config(
    columns=[
        "flight_date",
        "carrier",
        {"name": "distance", "target": "miles"},
        {"name": "note", "target": "remark"},
        {"name": "pilot", "mask": {"method": "hash", "where": "publish"}},
        {"name": "seat", "mask": {"method": "partial", "where": "publish", "keep_last": 1}},
        {"name": "card", "mask": {"method": "fixed", "where": "publish", "value": "hidden"}},
    ],
    publish={
        "columns": [
            {"name": "carrier", "value": "upper(trim(carrier))"},
            {"name": "is_far", "value": "CASE WHEN distance > 1000.5 THEN 'yes' ELSE 'no' END"},
            {"name": "length", "value": "CAST(note AS NUMBER) + 1"},
            {"name": "days_left", "value": "month_last_day() - flight_date"},
            {"name": "loaded_at", "value": "load_time()"},
            {"name": "source", "value": "file_name()"},
        ]
    },
)
FOLDER = Path(__file__).parent / "golden_sql"
QUERY_ID = "01b2c3d4-0000-1111-0000-000000000042"


def golden_statements() -> dict[str, str]:
    """Give all statements by the name of their file."""
    return {**_ledger(), **_compute(), **_copy(), **_audit(), **_change(), **_validate()}


def _ledger() -> dict[str, str]:
    head = quoted_table(head_table("DEMO", "flights"))
    names = (
        "create_schema",
        "create_stage",
        "create_ledger",
        "create_head",
        "create_profiles",
        "create_rejected_rows",
        "create_leases",
    )
    return {
        **dict(zip(names, preparing_statements("DEMO", "flights"), strict=True)),
        "ledger_presence": presence_statement("DEMO", "flights"),
        "lock_head": generation.lock_statement(head),
        "add_month": generation.add_month_statement(head),
        "raise_generation": generation.raise_statement(head),
        "add_ledger_column": add_column_statement("DEMO", "LOAD_MODE"),
        "insert_ledger": append.insert_statement("DEMO"),
        "insert_profile": profiles.insert_statement("DEMO"),
        "rejected_publications": rejected_rows.publications_statement("DEMO"),
        "delete_rejected_rows": rejected_rows.delete_statement("DEMO"),
        "earlier_profiles": profiles.earlier_statement("DEMO", "flights", 6),
        "earlier_months": month_history.months_statement("DEMO", "flights", 6),
        "recorded_months": month_history.recorded_months_statement("DEMO", "flights"),
        "move_chain_end": append.move_end_statement("DEMO", "flights"),
    }


def _compute() -> dict[str, str]:
    mark = resizing.Mark("XSMALL", "LARGE", "DEMO")
    return {
        "select_leases": leases.select_statement("DEMO"),
        "insert_lease": leases.insert_statement("DEMO"),
        "end_leases": leases.delete_statement("DEMO"),
        "resize_warehouse": resizing.resize_statement(
            "LOADS", "LARGE", resizing.marked_comment("it's", mark)
        ),
        "comment_warehouse": resizing.comment_statement("LOADS", ""),
        "resume_warehouse": resume_statement("LOADS"),
        "compute_use": use_statement("DEMO", NOW, 2),
    }


def _copy() -> dict[str, str]:
    config, plan = sample_config(), sample_plan()
    quoting = {"quote": '"', "delimiter": "|", "null_markers": ["\\N", "NA'"], "date_format": "DD.MM.YYYY"}
    quoted = sample_config(columns=["flight_date"], format=quoting)
    (batch,) = make_batches([sample_staged_file()], config)
    table, folder = load_table(plan, 1), stage_folder(plan)
    return {
        "create_load_table": create_load_table(table, TABLE, config),
        "create_load_table_altered": create_load_table(table, TABLE, ALTERED, ["NOTE"]),
        "drop_load_table": drop_table(table),
        "copy_plain": copy_statement(table, folder, batch, config),
        "copy_one_quoted_column": copy_statement(table, folder, batch, quoted),
        "copy_past_errors": copy_statement(scratch_table(plan, 1), folder, batch, config, "CONTINUE"),
        "create_scratch_table": create_scratch_table(scratch_table(plan, 1), table),
        "list_bad_rows": validate_statement(scratch_table(plan, 1), "01b2c3d4-0000"),
        "copy_session": session_statement(query_tag(plan, "copy"), 3600),
        "copy_history": copy_history_statement(table, NOW, NOW),
        "find_copy": history_statement("DEMO", NOW, NOW),
    }


RULES = [
    {"name": "far", "condition": "distance > 0 AND regexp_like(carrier, '(?:A|B)+') AND carrier LIKE 'A%'"},
    {"name": "days", "condition": "flight_date + 1 > month_first_day() AND dayofweek(flight_date) <> 0"},
    {"name": "mean", "aggregate": "avg(distance) / count_if(carrier IN ('AA', 'B')) * 2", "max": 1},
    {"name": "spread", "aggregate": "stddev(distance) + days_with_rows()", "max": 1},
    {"name": "middle", "aggregate": "median(distance) + count(DISTINCT carrier)", "max": 1, "per": "file"},
]


def _validate() -> dict[str, str]:
    months = (Month(2013, 1), Month(2013, 3))
    starts = {"2013-01": "2012-12-30", "2013-02": "2013-02-03", "2013-03": "2013-03-03"}
    fiscal_date = {"column": "flight_date", "type": "timestamp", "fiscal_months": starts}
    fiscal = sample_config(date=fiscal_date)
    key = ("CARRIER", "DISTANCE")
    types = {"FLIGHT_DATE": "DATE", "CARRIER": "VARCHAR(5)", "MILES": "NUMBER(38,0)"}
    facts = TableFacts(sample_plan().table, "FLIGHT_DATE", types, None)
    zoned = TableFacts(sample_plan().table, "FLIGHT_DATE", {"FLIGHT_DATE": "TIMESTAMP_TZ(9)"}, None)
    rules, fiscal_rules = Aggregates(), Aggregates()
    renamed = ["flight_date", "carrier", {"name": "distance", "target": "miles"}]
    OwnRules(sample_config(columns=renamed, qc={"rules": RULES}), facts, rules)
    about_month = {"name": "late", "condition": "flight_date <= month_last_day() AND month_days() > 27"}
    OwnRules(sample_config(date=fiscal_date, qc={"rules": [about_month]}), zoned, fiscal_rules)
    return {
        "validate_days": validate.days_statement(facts, DaySpan()).text,
        "validate_days_of_span": validate.days_statement(
            zoned, DaySpan(date(2013, 1, 5), date(2013, 2, 3))
        ).text,
        "validate_days_since": validate.days_statement(facts, DaySpan(date(2013, 1, 5))).text,
        "validate_keys": validate.keys_statement(sample_config(), facts, key, months).text,
        "validate_keys_fiscal": validate.keys_statement(fiscal, zoned, key, months).text,
        "validate_rules": validate.days_statement(facts, DaySpan(), rules.listed).text,
        "validate_rules_fiscal": validate.days_statement(zoned, DaySpan(), fiscal_rules.listed).text,
        "validate_size": size_statement(facts.table),
    }


def _audit() -> dict[str, str]:
    table, key = load_table(sample_plan(), 1), ("CARRIER", 'odd "name"')
    aggregates = Aggregates()
    rules = RuleCounter(rules_of(sample_config(qc={"rules": RULES})), _table_text(), aggregates)
    wanted = [
        audit.Wanted(rules.broken(rule), names)
        for rule, names in zip(rules.rules, (key, key[:1]), strict=False)
    ]
    days = audit.days_statement(
        table, audit.day_of("FLIGHT_DATE"), [audit.null_count("CARRIER"), audit.keyless_count(key)]
    )
    return {
        "audit_days": days.text,
        "audit_rules": audit.whole_statement(table, aggregates.listed).text,
        "audit_samples": audit.samples_statement(table, wanted, 5).text,
        "audit_keys": audit.keys_statement(table, key, 5),
    }


def _table_text() -> TableText:
    types = {"FLIGHT_DATE": "TIMESTAMP_NTZ(9)", "CARRIER": "VARCHAR(5)", "DISTANCE": "NUMBER(38,0)"}
    columns = {name: read_column_type(text) for name, text in types.items()}
    month = sample_plan().month_value
    facts: dict[FactName, date | int] = {"month_first_day": month.first_day}
    return TableText(TableNames(columns, {}, facts))


def _change() -> dict[str, str]:
    config, plan = sample_config(), sample_plan()
    merging = sample_config(publish={"mode": "merge", "merge_keys": ["carrier", "distance"]})
    rows = month_rows.MonthRows(TABLE, "FLIGHT_DATE", plan.month_value)
    table = load_table(plan, 1)
    plain, altered = _columns(plan, config), _columns(plan, ALTERED)
    return {
        "check_load_table": statements.load_check_statement(table, "FLIGHT_DATE"),
        "count_month": month_rows.count_statement(rows),
        "delete_month": month_rows.delete_statement(rows),
        "insert_month": statements.insert_statement(TABLE, table, plain, "FLIGHT_DATE"),
        "check_computed": unreadable_statement(table, altered.unreadable).text,
        "insert_altered": statements.insert_statement(TABLE, table, altered, "FLIGHT_DATE"),
        "merge_month": statements.merge_statement(TABLE, table, plain, merging),
        "unusable_keys": statements.unusable_keys_statement(table, plain, merging).text,
        "reject_rows": statements.reject_statement(table, plain, "FLIGHT_DATE"),
        "preview_totals": preview.totals_statement(TABLE, "FLIGHT_DATE"),
        "preview_sample": preview.sample_statement(config, config.target_names),
        "restore_past_count": restore.past_count_statement(rows, Past(statement_id=QUERY_ID)),
        "restore_insert": restore.bring_back_statement(
            rows, Past(statement_id=QUERY_ID), config.column_names
        ),
        "table_facts": recovery.facts_statement("DEMO"),
        "keep_clone": recovery.clone_statement(
            kept_table("DEMO", "flights", "2013-01", "0" * 12, NOW.date()), TABLE, is_transient=False
        ),
    }


def _columns(plan: MonthPlan, config: FeedConfig) -> ColumnList:
    types = {"VARCHAR(5)": ("CARRIER",), "NUMBER(9,0)": ("DISTANCE",), "DATE": ("FLIGHT_DATE",)}
    planned = plan.model_copy(update={"target_types": types, "unpublished": ("NOTE",)})
    return column_list(planned, config, ["flights_2013-01.tsv"], NOW)


def write_golden_files() -> None:
    """Write all files anew, and remove those of statements that are gone."""
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.sql"):
        old.unlink()
    for name, statement in golden_statements().items():
        (FOLDER / f"{name}.sql").write_text(statement + "\n", encoding="utf-8")


if __name__ == "__main__":
    write_golden_files()
