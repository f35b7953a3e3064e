"""The host of a Snowflake account."""

from __future__ import annotations

_OLD_DEFAULT_REGION = "us-west-2"


def account_host(region: str, account: str) -> str:
    """Give the host as the connector makes it of its options `region` (empty for none) and `account`.

    The account may hold its region itself: xy12345.eu-central-1.
    """
    name, _, own_region = account.partition(".")
    if region in ("", _OLD_DEFAULT_REGION):
        return f"{account}.snowflakecomputing.{_top_level(own_region)}"
    return f"{name}.{region}.snowflakecomputing.{_top_level(region)}"


def _top_level(region: str) -> str:
    return "cn" if region.lower().startswith("cn-") else "com"
