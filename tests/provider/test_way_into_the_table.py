"""One run that makes its table, widens a column, leaves one out, and maps, masks and computes others."""

from __future__ import annotations

from pathlib import Path

from local.warehouse.serving.server import RunningWarehouse
from sfetl_provider.adapters.snowflake_session import SnowflakeSession, open_connection
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.dag_factory.feed_dag import build_feed_dag

from .conftest import SALES
from .dag_runs import run_dag
from .month_files import lines_of, write_month

FEED = {
    "feed": "sales",
    "table": {**SALES["table"], "name": "WAY", "create": True, "schema_changes": "ignore"},
    "format": {"header": True},
    "columns": [
        {"name": "day", "target": "sold_on", "type": "DATE"},
        {"name": "shop", "type": "VARCHAR(5)"},
        {
            "name": "amount",
            "type": "VARCHAR(9)",
            "mask": {"method": "partial", "where": "publish", "keep_last": 1},
        },
    ],
    "publish": {
        "columns": [
            {"name": "shop_key", "value": "upper(shop)", "type": "VARCHAR(10)"},
            {"name": "run", "value": "run_id()", "type": "VARCHAR"},
        ]
    },
}


def test_a_run_makes_its_table_and_gives_it_room(warehouse: RunningWarehouse, airflow_home: Path) -> None:
    lines = [line.replace("\t", "\ta text\t", 1) for line in lines_of("2021-01")]
    write_month(airflow_home / "incoming", "2021-01", ["Day\tnote of the shop\tShop\tAmount", *lines])
    load = {**SALES["load"], "on_too_long": "widen"}
    feed = FeedConfig.model_validate({**SALES, **FEED, "load": load})

    run = run_dag(build_feed_dag(feed), month="2021-01")

    assert run.state == "success", run
    assert run.report is not None
    changes = [(change["kind"], change["column"]) for change in run.report["table_changes"]]
    assert changes == [("create", ""), ("widen", "SHOP")]
    assert [finding["message"] for finding in run.report["qc"]["findings"] if "note of" in finding["message"]]
    with SnowflakeSession(open_connection(warehouse.connection_parameters())) as session:
        rows = session.query('SELECT * FROM "TESTS"."PUBLIC"."WAY" ORDER BY "SOLD_ON", "SHOP"')
        kept = session.query('SELECT "QUERY_IDS" FROM "TESTS"."SFETL"."LEDGER" WHERE "MONTH" = \'2021-01\'')
    assert rows.columns == ("SOLD_ON", "SHOP", "AMOUNT", "SHOP_KEY", "RUN")
    assert rows.row_count == 62
    assert rows.rows[0][1:] == ("shop 0", "***0", "SHOP 0", run.run_id)
    ids = str(kept.scalar())
    assert all(change["query_id"] in ids for change in run.report["table_changes"])


def test_texts_that_qc_did_not_see_make_room_when_copy_refuses_them(
    warehouse: RunningWarehouse, airflow_home: Path
) -> None:
    write_month(airflow_home / "incoming", "2021-02", lines_of("2021-02"))
    table = {**SALES["table"], "name": "NARROW", "create": True}
    types = {"day": "DATE", "shop": "VARCHAR(5)", "amount": "NUMBER(9,0)"}
    columns = [{"name": name, "type": text} for name, text in types.items()]
    load = {**SALES["load"], "on_too_long": "widen"}
    sections = {"feed": "sales", "table": table, "columns": columns, "load": load}

    run = run_dag(
        build_feed_dag(FeedConfig.model_validate({**SALES, **sections})), month="2021-02", qc_mode="skip"
    )

    assert run.state == "success", run
    assert run.report is not None
    assert [change["kind"] for change in run.report["table_changes"]] == ["create", "widen"]
    with SnowflakeSession(open_connection(warehouse.connection_parameters())) as session:
        kept = session.query('SELECT "QUERY_IDS" FROM "TESTS"."SFETL"."LEDGER" WHERE "MONTH" = \'2021-02\'')
    assert run.report["table_changes"][1]["query_id"] in str(kept.scalar())
