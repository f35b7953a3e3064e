"""Proxies and TLS between here and Snowflake."""
