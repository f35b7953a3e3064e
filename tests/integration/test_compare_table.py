"""Files compared with the rows of a month that the local warehouse holds, through the real connector."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.warehouse.serving.server import running_warehouse
from sfetl_provider.adapters.snowflake_session import SnowflakeSession
from sfetl_provider.core.compare.comparison import Change, Comparison
from sfetl_provider.core.compare.run import CompareJob, compare
from sfetl_provider.core.compare.table_month import open_table_month
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.plan.month import Month
from tests.core.fakes import feed, source_file
from tests.integration.loading_bench import open_session

TYPES = {
    "day": "DATE",
    "id": "NUMBER(9,0)",
    "amount": "NUMBER(10,2)",
    "share": "FLOAT",
    "name": "VARCHAR(20)",
    "sold": "TIMESTAMP_NTZ",
    "seen": "TIMESTAMP_TZ",
    "opens": "TIME",
    "is_new": "BOOLEAN",
    "code": "BINARY",
    "extra": "VARIANT",
}
ROWS = """
SELECT '2024-01-01', 1, 1.5, 0.1, 'a', '2024-01-01 00:00:00.5', '2024-01-01 00:00:00', '01:02:03', true,
  TO_BINARY('00ff', 'HEX'), PARSE_JSON('1')
UNION ALL SELECT '2024-01-31', 2, -0.005, 1e300, 'NULL', '9999-12-31 23:59:59', NULL, NULL, NULL, NULL, NULL
UNION ALL SELECT '2024-01-31', 3, NULL, NULL, '', NULL, NULL, NULL, false, NULL, NULL
UNION ALL SELECT '2024-02-01', 4, 1, 1, 'next', NULL, NULL, NULL, NULL, NULL, NULL
"""
TABLE = '"DEMO"."PUBLIC"."FLIGHTS"'
SAME = (
    "20240101|1|1.500|1e-1|a|2024-01-01 00:00:00.500|2024-01-01 00:00:00|010203|Y|00FF|1\n"
    "20240131|2|-.01|1.0e300|NULL|9999-12-31 23:59:59.0|~|~|~|~|~\n"
    "20240131|03|~|~||~|~|~|0|~|~\n"
)


@pytest.fixture(scope="module")
def session() -> Iterator[SnowflakeSession]:
    with running_warehouse() as running, open_session(running) as opened:
        opened.query('CREATE DATABASE "DEMO"')
        opened.query('CREATE SCHEMA IF NOT EXISTS "DEMO"."PUBLIC"')
        columns = ", ".join(f'"{name.upper()}" {kind}' for name, kind in TYPES.items())
        opened.query(f"CREATE TABLE {TABLE} ({columns})")
        opened.query(f"INSERT INTO {TABLE} {ROWS}")
        yield opened


def config() -> FeedConfig:
    formats = {
        "delimiter": "|",
        "null_markers": ["~"],
        "date_format": "YYYYMMDD",
        "time_format": "HH24MISS",
        "timestamp_format": "YYYY-MM-DD HH24:MI:SS.FF",
    }
    return feed(list(TYPES), format=formats)


def compared(session: SnowflakeSession, folder: Path, text: str, **changes: Any) -> Comparison:
    files = [source_file(folder / "a.tsv", text.encode())]
    month = open_table_month(session, config(), Month(2024, 1))
    return compare(files, month, CompareJob(config(), folder / "scratch", **changes))


def test_values_of_all_types_are_the_same_however_they_are_spelled(
    session: SnowflakeSession, tmp_path: Path
) -> None:
    found = compared(session, tmp_path, SAME.replace("2024-01-01 00:00:00|", "2024-01-01 00:00:00.0|"))

    assert found.samples == ()
    assert (found.same, found.b.rows, found.differences) == (3, 3, 0)
    assert list(found.not_compared) == ["EXTRA"]
    assert not found.is_equal


def test_what_differs_is_told_by_key_line_and_value(session: SnowflakeSession, tmp_path: Path) -> None:
    text = SAME.replace("00:00:00|", "00:00:00.0|").replace("1.500", "1.51").replace("|03|", "|5|")
    found = compared(session, tmp_path, text, key=("DAY", "ID"), ignored=("EXTRA",))

    assert (found.same, found.changed, found.only_a, found.only_b) == (1, 1, 1, 1)
    changed, only_a, only_b = found.samples
    assert changed.changes == (Change(column="AMOUNT", a="1.51", b="1.50"),)
    assert (only_a.key, only_a.a and only_a.a.line) == (("20240131", "5"), 3)
    assert (only_b.key, only_b.b and only_b.b.line) == (("2024-01-31", "3"), None)


def test_rows_come_in_batches(session: SnowflakeSession) -> None:
    found = session.read_rows(f'SELECT "ID" FROM {TABLE} ORDER BY "ID"', (), 3)

    assert found.row_count == 4
    assert [[row[0] for row in rows] for rows in found.batches] == [[1, 2, 3], [4]]
