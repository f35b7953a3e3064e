"""The host of an account, from where it says its region; tests/adapters holds it against the connector."""

from __future__ import annotations

import pytest

from sfetl_provider.core.network.account_host import account_host


@pytest.mark.parametrize(
    ("region", "account", "host"),
    [
        ("", "myorg-account1", "myorg-account1.snowflakecomputing.com"),
        ("us-west-2", "xy12345", "xy12345.snowflakecomputing.com"),
        ("", "xy12345.cn-northwest-1", "xy12345.cn-northwest-1.snowflakecomputing.cn"),
        ("eu-central-1", "xy12345.us-east-1", "xy12345.eu-central-1.snowflakecomputing.com"),
    ],
)
def test_region_and_account_make_the_host(region: str, account: str, host: str) -> None:
    assert account_host(region, account) == host
