"""A month through a proxy that verifies NTLM, and nothing of it where it must not be."""

from __future__ import annotations

import json
import os
from pathlib import Path
from urllib.parse import quote

import pytest

from local.warehouse.serving.server import RunningWarehouse
from sfetl_provider.adapters.network import forwarders
from sfetl_provider.core.config.load import load_feed
from sfetl_provider.dag_factory.feed_dag import build_feed_dag
from sfetl_provider.settings import read_settings
from tests.adapters.network.asking_proxy import PASSWORD, USER, asking_proxy

from .conftest import query
from .dag_runs import run_dag
from .month_files import write_month

SNOWFLAKE_PASSWORD = "sn0w-of-this-load"  # the stand-in takes any


def test_a_load_goes_through_the_forwarder_and_leaves_no_secret_anywhere(
    warehouse: RunningWarehouse,
    airflow_home: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    write_month(airflow_home / "incoming", "2024-11")
    feed = load_feed(read_settings().configs_dir / "sales.json")
    with asking_proxy("ntlm") as proxy, caplog.at_level("DEBUG"):
        fields = {"conn_type": "sfetl_proxy", "host": "127.0.0.1", "port": proxy.port, "login": USER}
        extra = {"authentication": "ntlm", "insecure": True}
        connection = json.dumps({**fields, "password": PASSWORD, "extra": extra})
        monkeypatch.setenv("AIRFLOW_CONN_CORP_NTLM", connection)
        login = json.loads(os.environ["AIRFLOW_CONN_SNOWFLAKE_DEFAULT"]) | {"password": SNOWFLAKE_PASSWORD}
        monkeypatch.setenv("AIRFLOW_CONN_SNOWFLAKE_DEFAULT", json.dumps(login))
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
        run = run_dag(build_feed_dag(feed.model_copy(update={"proxy_conn_id": "corp_ntlm"})), month="2024-11")

    assert run.state == "success", run
    assert run.report is not None
    assert run.report["is_insecure"] is True
    assert query(warehouse, "SELECT MONTH FROM TESTS.SFETL.LEDGER WHERE IS_INSECURE") == [("2024-11",)]
    assert {line.partition(" ")[0] for line in proxy.log} == {"asked", "challenged", "granted"}
    tokens = [forwarder.token for forwarder in forwarders._running.values()]
    said = caplog.text + "".join(capfd.readouterr())
    kept = [path.read_bytes() for path in airflow_home.rglob("*") if path.is_file()]
    assert tokens
    written = (PASSWORD, json.dumps(PASSWORD)[1:-1], quote(PASSWORD, safe=""))
    for secret in (*written, SNOWFLAKE_PASSWORD, *tokens):
        assert secret not in said
        assert not any(secret.encode() in content for content in kept)
