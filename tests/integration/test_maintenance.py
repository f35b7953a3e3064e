"""What runs left in the warehouse, found and removed there; passes on real Snowflake too, but for the dates."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from local.warehouse.serving.server import running_warehouse
from sfetl_provider.core.ledger.tables import prepare
from sfetl_provider.core.maintenance.in_warehouse import find_in_warehouse, remove_from_warehouse
from sfetl_provider.core.plan.names import load_table, quoted_table, stage_folder
from tests.core.load_samples import sample_config, sample_plan
from tests.integration.loading_bench import open_session
from tests.integration.month_bench import DirectUploader


def test_chunks_and_load_tables_of_a_run_are_found_and_removed(tmp_path: Path) -> None:
    config, plan = sample_config(), sample_plan()
    database = plan.table.database
    chunk = tmp_path / "part-00001.tsv.zst"
    chunk.write_bytes(b"12345")
    with running_warehouse() as running, open_session(running) as session:
        session.query(f'CREATE DATABASE "{database}"')
        assert find_in_warehouse(session, database) == ()
        prepare(session, config)
        DirectUploader(session).upload(chunk, stage_folder(plan, "a.tsv-1"))
        DirectUploader(session).upload(chunk, stage_folder(plan, "b.tsv-1"))
        table = quoted_table(load_table(plan, 1))
        session.query(f"CREATE TRANSIENT TABLE {table} (ID NUMBER)")
        session.query(f'CREATE TABLE "{database}"."SFETL"."LOAD_OF_SOMEBODY" (ID NUMBER)')

        table_left, chunks_left = find_in_warehouse(session, database)

        assert (table_left.kind, table_left.place) == ("load_table", table)
        assert (chunks_left.kind, chunks_left.place, chunks_left.size_bytes) == (
            "chunks",
            stage_folder(plan),
            10,
        )
        for left in (table_left, chunks_left):
            assert (left.feed, left.month, left.run_key) == (plan.feed, plan.month, plan.run_key)
            assert abs(left.newest - datetime.now(UTC)) < timedelta(minutes=5)
            remove_from_warehouse(session, left)
            remove_from_warehouse(session, left)
        assert find_in_warehouse(session, database) == ()
        assert session.query(f'SELECT COUNT(*) FROM "{database}"."SFETL"."LOAD_OF_SOMEBODY"').scalar() == 0
