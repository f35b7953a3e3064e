"""A month in and out of a real Snowflake account, with a schema of its own that is dropped at the end.

Needs SNOWFLAKE_ACCOUNT, _USER, _ROLE, _WAREHOUSE, _DATABASE and _PASSWORD or _PRIVATE_KEY_FILE
(_PRIVATE_KEY_FILE_PWD when the key is encrypted). The role must be allowed to create schemas in the database. It
costs a few seconds of the warehouse.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import pytest

from sfetl_provider.adapters.snowflake_session import SnowflakeSession, open_connection
from tests.integration.month_bench import (
    check_a_month_in_and_out,
    check_refused_rows,
    check_room_for_texts,
    month_bench,
)

NEEDED = ("account", "user", "role", "warehouse", "database")
SECRETS = ("password", "private_key_file", "private_key_file_pwd")


def settings(*names: str) -> dict[str, str]:
    """The SNOWFLAKE_* variables that are set, by the connector's names."""
    found = {name: os.environ.get(f"SNOWFLAKE_{name.upper()}", "") for name in names}
    return {name: value for name, value in found.items() if value}


IS_READY = len(settings(*NEEDED)) == len(NEEDED) and bool(settings(*SECRETS[:2]))

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(not IS_READY, reason="no Snowflake account: SNOWFLAKE_* variables are not set"),
]


def test_a_month_goes_in_and_out(tmp_path: Path) -> None:
    options = settings(*NEEDED, *SECRETS)
    with SnowflakeSession(open_connection(dict(options))) as session:
        database = str(session.query("SELECT CURRENT_DATABASE()").scalar())
        with month_bench(session, database, secrets.token_hex(4), tmp_path) as bench:
            check_a_month_in_and_out(bench)


def test_refused_rows_are_told_by_line(tmp_path: Path) -> None:
    options = settings(*NEEDED, *SECRETS)
    with SnowflakeSession(open_connection(dict(options))) as session:
        database = str(session.query("SELECT CURRENT_DATABASE()").scalar())
        with month_bench(session, database, secrets.token_hex(4), tmp_path) as bench:
            check_refused_rows(bench)
            check_room_for_texts(bench)
