"""The session in which a COPY is submitted."""

from __future__ import annotations

from sfetl_provider.core.identifiers import quote_literal


def session_statement(tag: str, timeout_seconds: int) -> str:
    """Give the session parameters under which a COPY is submitted.

    Source: docs.snowflake.com/en/sql-reference/parameters. Without ABORT_DETACHED_QUERY = FALSE Snowflake ends a
    query whose client went away.
    """
    return (
        f"ALTER SESSION SET QUERY_TAG = {quote_literal(tag)}, "
        f"STATEMENT_TIMEOUT_IN_SECONDS = {int(timeout_seconds)}, ABORT_DETACHED_QUERY = FALSE"
    )
