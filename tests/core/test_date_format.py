from __future__ import annotations

import duckdb
import pytest

from sfetl_provider.core.date_format import strptime_format


@pytest.mark.parametrize(
    ("snowflake", "text", "expected"),
    [
        ("YYYY-MM-DD", "2013-02-28", "2013-02-28 00:00:00"),
        ("yyyymmdd", "20130228", "2013-02-28 00:00:00"),
        ("DD-MON-YY", "28-FEB-13", "2013-02-28 00:00:00"),
        ("DY, DD MMMM YYYY", "Thu, 28 February 2013", "2013-02-28 00:00:00"),
        ('YYYY-MM-DD"T"HH24:MI:SS', "2013-02-28T23:59:01", "2013-02-28 23:59:01"),
        ("YYYY-MM-DD HH12:MI PM", "2013-02-28 11:05 PM", "2013-02-28 23:05:00"),
        ("YYYY-MM-DD HH24:MI:SS.FF3", "2013-02-28 01:02:03.125", "2013-02-28 01:02:03.125"),
        ("YYYY-MM-DD HH24:MI:SS.FF", "2013-02-28 01:02:03.123456789", "2013-02-28 01:02:03.123456789"),
        ('YYYY"%"MM"%"DD', "2013%02%28", "2013-02-28 00:00:00"),
    ],
)
def test_duckdb_reads_what_snowflake_would(snowflake: str, text: str, expected: str) -> None:
    found = duckdb.execute(
        "SELECT try_strptime(?, ?)::VARCHAR", [text, strptime_format(snowflake)]
    ).fetchone()

    assert found == (expected,)


@pytest.mark.parametrize(
    ("snowflake", "token"),
    [
        ("AUTO", "'AUTO'"),
        ("YYYY-MM-DDTHH24", "'THH24'"),
        ("YYYY-MM-DD TZHTZM", "'TZHTZM'"),
        ("YYYY-Q", "'Q'"),
        ("SS.FF99", "'9'"),
        ('YYYY"T', "'\"T'"),
        (" ", "empty"),
    ],
)
def test_an_unknown_element_is_named_with_those_that_are_known(snowflake: str, token: str) -> None:
    with pytest.raises(ValueError, match="YYYY, YY, MMMM") as caught:
        strptime_format(snowflake)

    assert token in str(caught.value)
