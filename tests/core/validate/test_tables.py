"""Many tables: one that cannot be looked at does not keep the others from it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.errors import (
    ConnectionLostError,
    LoginDeniedError,
    PrivilegeMissingError,
    SfetlError,
)
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.validate.tables import choose_feeds, validate_tables
from sfetl_provider.core.validate.wanted import Wanted
from tests.core.load_samples import sample_config
from tests.core.scripted_warehouse import ManualClock, ScriptedWarehouse
from tests.core.validate.test_validation import full, table_of

FEEDS = [
    sample_config(
        feed=name, table={"database": "demo", "schema": "public", "name": name}, end_month="2013-01"
    )
    for name in ("flights", "sales", "sales_old")
]


class Account:
    """Logs in as often as asked, and fails to as `faults` say, one after the other."""

    def __init__(self, warehouse: ScriptedWarehouse, *faults: SfetlError) -> None:
        self.logins = 0
        self.closed = 0
        self._warehouse = warehouse
        self._faults = list(faults)

    @contextmanager
    def open_session(self, _: FeedConfig) -> Iterator[ScriptedWarehouse]:
        self.logins += 1
        if self._faults:
            raise self._faults.pop(0)
        try:
            yield self._warehouse
        finally:
            self.closed += 1


@pytest.mark.parametrize(
    ("fault", "logins"),
    [
        (PrivilegeMissingError("SELECT is missing.", code=3001, next_step="GRANT it."), 1),
        (ConnectionLostError("The connection was cut."), 2),
    ],
)
def test_a_table_that_fails_is_told_and_the_others_go_on(fault: SfetlError, logins: int) -> None:
    warehouse = table_of(*full(Month(2013, 1)))
    warehouse.answer('COUNT(*)\nFROM "DEMO"."PUBLIC"."SALES"\n', fault)
    account = Account(warehouse)

    found = list(validate_tables(FEEDS, Wanted(), account.open_session, ManualClock()))

    assert [(one.feed, one.verdict) for one in found] == [
        ("flights", "warned"),
        ("sales", "not looked at"),
        ("sales_old", "warned"),
    ]
    assert found[1].fault == str(fault)
    assert not found[1].is_refused("INFO")
    assert (account.logins, account.closed) == (logins, logins)


def test_a_login_that_is_refused_is_not_tried_again_and_one_that_may_pass_is() -> None:
    warehouse = table_of(*full(Month(2013, 1)))
    refused = Account(warehouse, LoginDeniedError("The password is wrong."))
    found = list(validate_tables(FEEDS, Wanted(), refused.open_session, ManualClock()))
    assert ([one.verdict for one in found], refused.logins) == (["not looked at"] * 3, 1)

    shaky = Account(warehouse, ConnectionLostError("The connection was cut."))
    found = list(validate_tables(FEEDS, Wanted(), shaky.open_session, ManualClock()))
    assert ([one.verdict for one in found], shaky.logins) == (["not looked at", "warned", "warned"], 2)


def test_an_empty_table_is_told() -> None:
    (found,) = validate_tables(FEEDS[:1], Wanted(), Account(table_of()).open_session, ManualClock())
    assert (found.months, found.rows, found.verdict) == ((), 0, "warned")
    assert [finding.code for finding in found.findings] == ["table_empty"]


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        (None, ["flights", "sales", "sales_old"]),
        ("sales*", ["sales", "sales_old"]),
        ("DEMO.PUBLIC.FLIGHTS", ["flights"]),
        ("other", []),
    ],
)
def test_tables_are_chosen_by_name(pattern: str | None, names: list[str]) -> None:
    assert [feed.feed for feed in choose_feeds(FEEDS, pattern)] == names
