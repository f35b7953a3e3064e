"""How many bad lines a feed allows."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from sfetl_provider.core.config.reject_limit import may_reject, most_rejects
from tests.core.fakes import feed


@pytest.mark.parametrize(
    ("limit", "records", "most"),
    [
        (0, 10**9, 0),
        (7, 3, 7),
        ("0.1%", 999, 0),
        ("0.1%", 1000, 1),
        ("0.1 %", 2999, 2),
        ("100%", 5, 5),
        ("0%", 5, 0),
    ],
)
def test_a_share_is_rounded_down(limit: int | str, records: int, most: int) -> None:
    config = feed(qc={"reject_limit": limit})

    assert most_rejects(config.qc.reject_limit, records) == most
    assert config.qc.may_reject == config.qc.is_before_stage == may_reject(limit)


@pytest.mark.parametrize("limit", [-1, True, 1.5, "1", "101%", "-1%", "a%", "%", None])
def test_what_is_no_limit_is_refused_at_its_field(limit: object) -> None:
    with pytest.raises(ValidationError) as raised:
        feed(qc={"reject_limit": limit})

    assert [error["loc"] for error in raised.value.errors()] == [("qc", "reject_limit")]


@pytest.mark.parametrize("mode", ["snowflake", "skip"])
def test_a_mode_that_reads_no_file_takes_no_limit(mode: str) -> None:
    with pytest.raises(ValidationError, match=r"set qc\.mode to file"):
        feed(qc={"reject_limit": 1, "mode": mode})
    assert not feed(qc={"reject_limit": "0%", "mode": mode}).qc.may_reject
