from __future__ import annotations

import pytest
from snowflake.connector.util_text import construct_hostname

from sfetl_provider.core.network.account_host import account_host


@pytest.mark.parametrize("region", ["", "us-west-2", "eu-central-1", "CN-northwest-1"])
@pytest.mark.parametrize("account", ["myorg-account1", "xy12345.us-east-1", "xy12345.cn-northwest-1"])
def test_the_host_is_the_one_that_the_connector_makes(region: str, account: str) -> None:
    assert account_host(region, account) == construct_hostname(region, account)
