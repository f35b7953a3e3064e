"""Derived names belong to one run and survive SQL and stage paths."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from sfetl_provider.core.compression import compression_of
from sfetl_provider.core.doctor.statements import copy_file, create_table, drop_table
from sfetl_provider.core.plan import names
from sfetl_provider.core.plan.month_plan import MonthPlan, TableName


def make_plan(run_id: str = "manual__1") -> MonthPlan:
    return MonthPlan(
        feed="sales",
        month="2024-02",
        dag_id="load_sales",
        run_id=run_id,
        run_key=names.run_key("load_sales", run_id),
        actor="ann",
        table=TableName(database="DB", schema_name="PUBLIC", name='SA"LES'),
        generation=3,
        qc_mode="file",
        is_dry_run=False,
        base_path="/data",
        explicit_files=(),
        start_over=False,
        planned_at=datetime(2024, 3, 1, tzinfo=UTC),
    )


def test_names_of_a_run() -> None:
    plan = make_plan()
    key = plan.run_key

    assert names.stage_folder(plan) == f'@"DB"."SFETL"."CHUNKS"/sales/2024-02/{key}/'
    assert names.stage_folder(plan, "a.tsv-1").endswith(f"{key}/a.tsv-1/")
    assert names.load_table_parts(names.scratch_table(plan, 2).name) == ("sales", "2024-02", key)
    assert names.load_table(plan, 2).name == f"LOAD_SALES_202402_{key.upper()}_A2"
    assert names.quoted_table(plan.table) == '"DB"."PUBLIC"."SA""LES"'
    assert names.head_table("DB", "sales").name == "HEAD_SALES"
    chunks = {kind: names.chunk_name(7, kind) for kind in ("zstd", "gzip", "none")}
    assert list(chunks.values()) == ["part-00007.tsv.zst", "part-00007.tsv.gz", "part-00007.tsv"]
    assert {kind: compression_of(name) for kind, name in chunks.items()} == {kind: kind for kind in chunks}
    assert json.loads(names.query_tag(plan, "copy", 2, 3))["batch"] == 3
    assert names.scratch_folder(Path("/s"), plan, "k") == Path(f"/s/sales/2024-02/{key}/k")
    assert names.scratch_folder(Path("/s"), plan, "k", 2) == Path(f"/s/sales/2024-02/{key}/k-range-2")
    assert names.report_path(Path("/r"), "sales", "2024-02", key) == Path(f"/r/sales/2024-02/{key}.json")
    assert names.validation_path(Path("/r"), "sales", key) == Path(f"/r/sales/validations/{key}.json")


def test_two_runs_share_no_name() -> None:
    one, other = make_plan("a"), make_plan("b")

    assert names.stage_folder(one) != names.stage_folder(other)
    assert names.load_table(one, 1) != names.load_table(other, 1)


def test_a_plan_survives_its_json_form() -> None:
    plan = make_plan()

    assert MonthPlan.from_json(plan.to_json()) == plan
    assert (plan.first_day.isoformat(), plan.next_first_day.isoformat()) == ("2024-02-01", "2024-03-01")


@given(st.text(min_size=1, max_size=200), st.text(min_size=1, max_size=200))
def test_file_keys_are_stage_safe_and_distinct(one: str, other: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9._-]+", names.file_key(one))
    assert (names.file_key(one) == names.file_key(other)) == (one == other)


def test_the_list_of_bad_lines_lies_beside_the_report() -> None:
    plan = make_plan()
    report = names.report_path(Path("/reports"), plan.feed, plan.month, plan.run_key)

    path = names.rejects_path(Path("/reports"), plan, "sales.tsv-0a1b")

    assert path == report.parent / f"{plan.run_key}-rejects" / "sales.tsv-0a1b.tsv"


def test_what_is_found_in_our_schema_is_read_back_from_its_name() -> None:
    plan = make_plan()
    until = date(2024, 3, 9)

    for made in (names.load_table(plan, 3), names.scratch_table(plan, 3)):
        assert names.load_table_parts(made.name) == ("sales", "2024-02", plan.run_key)
    kept = names.kept_table("DB", "sales", "2024-02", plan.run_key, until)
    assert names.kept_table_parts(kept.name) == ("sales", "2024-02", plan.run_key, until)
    assert names.load_table_parts(kept.name) is names.kept_table_parts("KEPT_SALES") is None


def test_the_doctor_leaves_its_file_and_table_where_no_feed_can_be() -> None:
    table = names.doctor_table("DB", "2a4d")

    assert names.doctor_folder("DB", "2a4d") == '@"DB"."SFETL"."CHUNKS"/_doctor/2a4d/'
    assert names.load_table_parts(table.name) is None
    assert create_table(table).startswith('CREATE TRANSIENT TABLE "DB"."SFETL"."DOCTOR_2A4D" (')
    assert "FROM '@a/' FILES = ('b.csv')" in copy_file(table, "@a/", "b.csv")
    assert drop_table(table) == 'DROP TABLE IF EXISTS "DB"."SFETL"."DOCTOR_2A4D"'


def test_what_a_run_writes_lies_side_by_side_below_the_reports_folder() -> None:
    plan, root = make_plan(), Path("/reports")

    assert names.copy_rejects_path(root, plan) == root / f"sales/2024-02/{plan.run_key}-rejects/copy.tsv"
    assert names.left_out_path(root, "a") == root / "a.left-out.tsv"
    assert names.validation_path(root, "sales", "k") == root / "sales/validations/k.json"
    assert names.validations_path(root, "k") == root / "validations/k.json"
    assert names.batch_path(root, "k") == root / "batches/k.json"
    assert names.data_docs_folder(root, "sales") == root / "sales/expectations"
