"""A proxy that opens TLS, as companies' do: mitmproxy in a process of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from sfetl_provider.adapters.snowflake_session import SnowflakeSession, open_connection
from sfetl_provider.core.errors import TlsUntrustedError
from tests.adapters.mitmproxy import ISSUER, running_mitmproxy
from tests.system.every_proxy import ROWS, Way, flights_warehouse, load_flights, options_of


def test_without_its_ca_it_is_named_and_with_it_a_whole_load_passes(tmp_path: Path) -> None:
    with flights_warehouse(tmp_path) as place, running_mitmproxy(place.ca_bundle) as proxy:
        unknown, by_path, by_text = (
            Way(place.fields(f"127.0.0.1:{proxy.port}", ca_bundle=ca), proxy.requests)
            for ca in (str(place.ca_bundle), str(proxy.authority), proxy.authority.read_text())
        )
        with pytest.raises(TlsUntrustedError, match=f"issued by {ISSUER} .*not trusted"):
            open_connection(options_of(place, unknown))
        assert proxy.requests() == []

        with SnowflakeSession(open_connection(options_of(place, by_path))) as session:
            assert session.query("SELECT 1").scalar() == 1
        assert load_flights(place, by_text, "manual__1") == ROWS
        seen = [(line.split()[1], line.rpartition("/")[2]) for line in proxy.requests()]

    assert (
        seen.count(("POST", "login-request")) == 3
    )  # the session, and the load's own with that of its uploads
    assert ("PUT", "part-00001.tsv.zst") in seen
