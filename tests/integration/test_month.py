"""The month of tests/live on the stand-in."""

from __future__ import annotations

from pathlib import Path

from local.warehouse.serving.server import running_warehouse
from tests.integration.loading_bench import open_session
from tests.integration.month_bench import (
    check_a_month_in_and_out,
    check_refused_rows,
    check_room_for_texts,
    month_bench,
)


def test_a_month_goes_in_and_out_and_leaves_nothing(tmp_path: Path) -> None:
    with running_warehouse() as running, open_session(running) as session:
        session.query("CREATE DATABASE BENCH")
        with month_bench(session, "BENCH", "a1", tmp_path) as bench:
            check_a_month_in_and_out(bench)
            check_refused_rows(bench)
            check_room_for_texts(bench)

        names = "SELECT TABLE_SCHEMA, TABLE_NAME FROM BENCH.INFORMATION_SCHEMA.TABLES"
        assert session.query(f"{names} WHERE TABLE_SCHEMA <> 'INFORMATION_SCHEMA'").rows == (
            ("SFETL", "LEDGER"),
            ("SFETL", "PROFILES"),
            ("SFETL", "REJECTED_ROWS"),
            ("SFETL", "WAREHOUSE_LEASES"),
        )
        for table in ("LEDGER", "PROFILES", "REJECTED_ROWS", "WAREHOUSE_LEASES"):
            assert session.query(f"SELECT COUNT(*) FROM BENCH.SFETL.{table}").scalar() == 0
        assert session.list_stage('@"BENCH"."SFETL"."CHUNKS"/') == []
