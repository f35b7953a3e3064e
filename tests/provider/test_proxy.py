"""The hook's proxy: Airflow connections in, traffic through a real Squid out."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from airflow.sdk.exceptions import AirflowFailException
from airflow.sdk.observability import stats

from local.warehouse.serving.server import RunningWarehouse
from sfetl_provider.adapters.network.measures import NAMES
from sfetl_provider.cli.all_commands import DOCTOR
from sfetl_provider.cli.folders import Folders
from sfetl_provider.core.errors import (
    ConnectionMissingError,
    LoginDeniedError,
    ProxyAuthenticationError,
    ProxySettingsError,
    ProxyUnreachableError,
)
from sfetl_provider.hooks.proxy import SfetlProxyHook
from sfetl_provider.hooks.snowflake import SfetlSnowflakeHook
from sfetl_provider.operators.examine_connection import ExamineConnectionOperator
from sfetl_provider.operators.feed_operator import hook_of
from tests.adapters.answering_server import answering_server
from tests.adapters.squid import INNER_HOST, PASSWORD, USER, RunningSquid, running_squid
from tests.core.load_samples import sample_config

from .conftest import PROJECT, query

PROXY_URL = "http://127.0.0.1:9"


@pytest.fixture
def squid() -> Iterator[RunningSquid]:
    with running_squid() as running:
        yield running


@pytest.fixture
def inner(warehouse: RunningWarehouse, monkeypatch: pytest.MonkeyPatch) -> RunningWarehouse:
    """The warehouse behind the proxy: connection `inner` names a host that only the proxy can resolve."""
    query(warehouse, "CREATE SCHEMA IF NOT EXISTS TESTS.SFETL")
    query(warehouse, "CREATE STAGE IF NOT EXISTS TESTS.SFETL.PROXIED ENCRYPTION=(TYPE='SNOWFLAKE_SSE')")
    add_connection(monkeypatch, "inner", **snowflake(warehouse))
    return warehouse


def snowflake(warehouse: RunningWarehouse, **more: Any) -> dict[str, Any]:
    """The fields of an Airflow connection to the warehouse by its inner name."""
    extra = {"account": "local", "host": INNER_HOST, "port": warehouse.port, "protocol": "http"}
    fields = {"conn_type": "snowflake", "login": "local", "password": "l0cal-secret"}
    return {**fields, "extra": {**extra, "login_timeout": 5, **more}}


def add_connection(monkeypatch: pytest.MonkeyPatch, name: str, **fields: Any) -> None:
    monkeypatch.setenv(f"AIRFLOW_CONN_{name.upper()}", json.dumps(fields))


def add_proxy(
    monkeypatch: pytest.MonkeyPatch, port: int | None, password: str = PASSWORD, **more: Any
) -> None:
    fields = {"conn_type": "sfetl_proxy", "host": "127.0.0.1", "port": port, "login": USER}
    more = {"extra": {"authentication": "basic"}, **more}
    add_connection(monkeypatch, "corp_proxy", **fields, password=password, **more)


def passed(squid: RunningSquid) -> set[str]:
    """What went through, as method and last part of the address."""
    return {
        f"{found.method} {found.address.rpartition('/')[2].rstrip('?')}"
        for found in squid.requests()
        if found.status == 200
    }


def test_login_query_and_put_pass_the_proxy_that_the_feed_names(
    inner: RunningWarehouse, squid: RunningSquid, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_proxy(monkeypatch, squid.port)
    chunk = tmp_path / "part-00001.tsv.zst"
    chunk.write_bytes(b"x")

    hook = hook_of(sample_config(snowflake_conn_id="inner", proxy_conn_id="corp_proxy"))
    with hook.open_session() as session:
        assert session.query("SELECT 1").scalar() == 1
        session.upload(chunk, '@"TESTS"."SFETL"."PROXIED"/x/')

    assert {"POST login-request", "POST query-request", "PUT part-00001.tsv.zst"} <= passed(squid)
    assert {found.user for found in squid.requests()} == {USER}


def test_the_snowflake_connection_can_name_its_proxy(
    inner: RunningWarehouse, squid: RunningSquid, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_proxy(monkeypatch, squid.port)
    add_connection(monkeypatch, "inner", **snowflake(inner, proxy_conn_id="corp_proxy"))

    with SfetlSnowflakeHook("inner").open_session() as session:
        assert session.query("SELECT 1").scalar() == 1

    assert "POST query-request" in passed(squid)


def test_the_feeds_proxy_goes_before_the_connections(
    inner: RunningWarehouse, squid: RunningSquid, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_proxy(monkeypatch, squid.port)
    add_connection(monkeypatch, "inner", **snowflake(inner, proxy_conn_id="nowhere"))

    with SfetlSnowflakeHook("inner", proxy_conn_id="corp_proxy").open_session() as session:
        assert session.query("SELECT 1").scalar() == 1


@pytest.mark.parametrize(
    "environment",
    [
        dict.fromkeys(("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"), PROXY_URL),
        {"NO_PROXY": "*", "no_proxy": "*"},
        {"NO_PROXY": INNER_HOST, "no_proxy": INNER_HOST},
    ],
    ids=["dead-proxy", "bypass-all", "bypass-host"],
)
def test_the_environments_proxies_do_not_leak_in(
    environment: dict[str, str],
    inner: RunningWarehouse,
    squid: RunningSquid,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add_proxy(monkeypatch, squid.port)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    with SfetlSnowflakeHook("inner", proxy_conn_id="corp_proxy").open_session() as session:
        assert session.query("SELECT 1").scalar() == 1

    assert "POST query-request" in passed(squid)


def test_the_bypass_list_of_the_proxy_connection_goes_around_it(
    warehouse: RunningWarehouse, squid: RunningSquid, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_proxy(monkeypatch, squid.port, extra={"no_proxy": "127.0.0.1"})

    with SfetlSnowflakeHook("snowflake_default", proxy_conn_id="corp_proxy").open_session() as session:
        assert session.query("SELECT 1").scalar() == 1

    assert squid.requests() == []


def test_a_wrong_proxy_password_is_refused_at_once_and_shown_nowhere(
    inner: RunningWarehouse,
    squid: RunningSquid,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    wrong = "wr0ng@pass/:%é"
    add_proxy(monkeypatch, squid.port, password=wrong)

    with caplog.at_level("DEBUG"), pytest.raises(ProxyAuthenticationError, match="407") as caught:
        SfetlSnowflakeHook("inner", proxy_conn_id="corp_proxy").open_session()

    assert "Correct user or password of the proxy connection" in caught.value.next_step
    for secret in (wrong, quote(wrong, safe=""), "wr0ng", "l0cal-secret"):
        assert secret not in str(caught.value)
        assert secret not in caplog.text
    # One attempt: a proxy's account may be locked after three.
    assert [found.status for found in squid.requests()] == [407]


@pytest.mark.parametrize(("field", "word"), [("host", "host"), ("port", "port")])
def test_a_proxy_without_host_or_port_is_refused_because_it_would_be_left_out(
    field: str, word: str, inner: RunningWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    fields = {"conn_type": "sfetl_proxy", "host": "127.0.0.1", "port": 8080} | {field: None}
    add_connection(monkeypatch, "corp_proxy", **fields)

    with pytest.raises(ProxySettingsError, match=f"corp_proxy cannot be used: {word}: missing"):
        SfetlSnowflakeHook("inner", proxy_conn_id="corp_proxy").open_session()


def test_connections_with_different_proxies_live_side_by_side_and_mode_none_goes_direct(
    inner: RunningWarehouse, squid: RunningSquid, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_proxy(monkeypatch, squid.port)
    add_connection(monkeypatch, "no_proxy", conn_type="sfetl_proxy", extra={"mode": "none"})
    add_connection(monkeypatch, "dead", conn_type="sfetl_proxy", host="127.0.0.1", port=9)
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, PROXY_URL)
    monkeypatch.setenv("NO_PROXY", "")

    with (
        SfetlSnowflakeHook("inner", proxy_conn_id="corp_proxy").open_session() as proxied,
        SfetlSnowflakeHook("snowflake_default", proxy_conn_id="no_proxy").open_session() as direct,
    ):
        with pytest.raises(ProxyUnreachableError, match=r"127\.0\.0\.1:9: it refused"):
            SfetlSnowflakeHook("inner", proxy_conn_id="dead").open_session()
        assert (proxied.query("SELECT 1").scalar(), direct.query("SELECT 2").scalar()) == (1, 2)

    assert {found.address.partition("/")[0] for found in squid.requests()} == {"http:"}
    assert os.environ["HTTP_PROXY"] == PROXY_URL


def test_mode_environment_takes_the_environments_proxy_on_purpose(
    inner: RunningWarehouse, squid: RunningSquid, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"http://{quote(USER, safe='')}:{quote(PASSWORD, safe='')}@127.0.0.1:{squid.port}"
    monkeypatch.setenv("HTTPS_PROXY", address)
    monkeypatch.setenv("NO_PROXY", "example.com")
    add_connection(monkeypatch, "ambient", conn_type="sfetl_proxy", extra={"mode": "environment"})

    with SfetlSnowflakeHook("inner", proxy_conn_id="ambient").open_session() as session:
        assert session.query("SELECT 1").scalar() == 1

    assert "POST query-request" in passed(squid)


def test_a_proxy_connection_that_does_not_exist_is_named(inner: RunningWarehouse) -> None:
    with pytest.raises(ConnectionMissingError, match="The Airflow connection nowhere does not exist"):
        SfetlSnowflakeHook("inner", proxy_conn_id="nowhere").open_session()


def test_the_test_button_and_the_doctor_tell_what_is_wrong_with_a_proxy(
    inner: RunningWarehouse,
    squid: RunningSquid,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    add_proxy(monkeypatch, squid.port, password="wr0ng")
    add_connection(monkeypatch, "unfinished", conn_type="sfetl_proxy", host="proxy.test")

    is_good, told = SfetlProxyHook("corp_proxy").test_connection()
    assert not is_good
    assert "The proxy answered 407" in told
    is_good, told = SfetlProxyHook("unfinished").test_connection()
    assert not is_good
    assert "port: missing" in told

    arguments = argparse.Namespace(conn_id="inner", proxy_conn_id="unfinished", database="TESTS", json="-")
    assert DOCTOR.run(arguments, Folders(Path(), Path(), Path())) == 1
    steps = json.loads(capsys.readouterr().out)["steps"]
    assert (steps[0]["name"], steps[0]["error"]) == ("connections", "ProxySettingsError")


def test_the_doctor_goes_the_whole_way_of_the_named_connections(
    inner: RunningWarehouse, squid: RunningSquid, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_proxy(monkeypatch, squid.port)
    add_connection(monkeypatch, "inner", **snowflake(inner, database="TESTS", proxy_conn_id="corp_proxy"))

    is_good, told = SfetlSnowflakeHook("inner").test_connection()

    assert is_good, told
    assert told.startswith("Snowflake connection inner, proxy connection corp_proxy")
    assert "PUT part-00001.tsv" in passed(squid)


def test_airflows_stats_get_what_the_way_took(
    inner: RunningWarehouse, squid: RunningSquid, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(stats, "timing", lambda name, value: told.append(name))
    monkeypatch.setattr(stats, "incr", lambda name, value: told.append(name))
    add_proxy(monkeypatch, squid.port)
    add_connection(monkeypatch, "encrypted", **snowflake(inner, protocol="https"))

    SfetlSnowflakeHook("inner", proxy_conn_id="corp_proxy").open_session().close()
    add_proxy(monkeypatch, squid.port, password="wr0ng")
    with pytest.raises(ProxyAuthenticationError):
        SfetlSnowflakeHook("encrypted", proxy_conn_id="corp_proxy").open_session()

    page = (PROJECT / "docs" / "networks.md").read_text()
    assert set(told) == {f"sfetl.{name}" for name in ("connection_seconds", "proxy_connect_seconds")} | {
        "sfetl.proxy_negotiation_seconds",
        "sfetl.proxy_rejected_credentials",
    }
    assert all(f"| `sfetl.{name}` |" in page for name in NAMES)


def test_an_oauth_token_is_asked_for_through_the_proxy(
    inner: RunningWarehouse, squid: RunningSquid, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_proxy(monkeypatch, squid.port)
    token = json.dumps({"access_token": "t0ken", "expires_in": 600})
    with answering_server(200, token) as endpoint, answering_server(401) as refusing:
        monkeypatch.setenv("HTTP_PROXY", PROXY_URL)
        for name, port in (("oauth", endpoint.port), ("refused", refusing.port)):
            extra = {"authenticator": "oauth", "grant_type": "client_credentials"}
            extra["token_endpoint"] = f"http://{INNER_HOST}:{port}/token"
            add_connection(monkeypatch, name, **snowflake(inner, **extra))
        options = SfetlSnowflakeHook("oauth", proxy_conn_id="corp_proxy").connector_options()
        with pytest.raises(LoginDeniedError, match="its endpoint answered 401") as caught:
            SfetlSnowflakeHook("refused", proxy_conn_id="corp_proxy").connector_options()

    assert options["token"] == "t0ken"
    assert "l0cal-secret" not in str(caught.value)
    assert "POST token" in passed(squid)


def test_the_doctor_as_a_task_fails_with_the_step_that_fails(
    inner: RunningWarehouse, squid: RunningSquid, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_proxy(monkeypatch, squid.port, extra={"authentication": "none"})
    encrypted = snowflake(inner, protocol="https", proxy_conn_id="corp_proxy")
    add_connection(monkeypatch, "encrypted", **encrypted)
    task = ExamineConnectionOperator(task_id="examine", snowflake_conn_id="encrypted")

    with pytest.raises(AirflowFailException, match=r"^tunnel failed: The proxy answered 407 .*Correct user"):
        task.execute({})
