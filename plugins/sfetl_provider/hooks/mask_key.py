"""The key of hashed columns."""

from __future__ import annotations


def read_mask_key(conn_id: str | None) -> bytes:
    """Give the password of an Airflow connection, nothing without one; it goes nowhere but into memory.

    Raises ConnectionMissingError when the connection does not exist.
    """
    if not conn_id:
        return b""
    # Imported late: the connector costs a second, and every task parses the DAG file.
    from sfetl_provider.hooks.snowflake import find_connection

    return (find_connection(conn_id).password or "").encode()
