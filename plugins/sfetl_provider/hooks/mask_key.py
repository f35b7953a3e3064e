"""The key of hashed columns."""

from __future__ import annotations

from sfetl_provider.hooks.snowflake import find_connection


def read_mask_key(conn_id: str | None) -> bytes:
    """Give the password of an Airflow connection, nothing without one; it goes nowhere but into memory.

    Raises ConnectionMissingError when the connection does not exist.
    """
    return (find_connection(conn_id).password or "").encode() if conn_id else b""
