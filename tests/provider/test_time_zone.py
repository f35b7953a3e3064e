"""A feed's time zone reaches Snowflake as its sessions' TIMEZONE."""

from __future__ import annotations

import json

import pytest

from sfetl_provider.operators.feed_operator import hook_of
from tests.core.load_samples import sample_config


def test_sessions_of_a_feed_have_its_time_zone_whatever_the_connection_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    in_extra = {"QUERY_TAG": "mine", "TIMEZONE": "Asia/Tokyo"}
    extra = {"account": "a", "session_parameters": in_extra}
    connection = {"conn_type": "snowflake", "login": "u", "password": "p", "extra": extra}
    monkeypatch.setenv("AIRFLOW_CONN_ZONED", json.dumps(connection))
    dated = {"column": "flight_date", "type": "timestamp", "time_zone": "Europe/Berlin"}

    options = hook_of(sample_config(snowflake_conn_id="zoned", date=dated)).connector_options()

    assert options["session_parameters"] == {"QUERY_TAG": "mine", "TIMEZONE": "Europe/Berlin"}
    with pytest.raises(ValueError, match="is no time zone"):
        sample_config(date={**dated, "time_zone": "Europe/Atlantis"})
