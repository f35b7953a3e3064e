"""Earlier months and feeds as the ledger tells them."""

from __future__ import annotations

from sfetl_provider.core.ledger.lookup import ledger_feeds
from sfetl_provider.core.ledger.month_history import PublishedMonth, earlier_months
from tests.core.scripted_warehouse import ScriptedWarehouse, rows_of


def test_the_newest_months_before_one_are_asked_for_and_none_of_none() -> None:
    warehouse = ScriptedWarehouse()
    warehouse.answer("ORDER BY", rows_of(("2012-12", 5), ("2012-10", 7)))

    found = earlier_months(warehouse, "DEMO", "flights", "2013-01", 2)

    assert found == (PublishedMonth(month="2012-12", rows=5), PublishedMonth(month="2012-10", rows=7))
    assert (warehouse.binds[0], warehouse.statements[0][-7:]) == (("flights", "2013-01"), "LIMIT 2")
    assert earlier_months(warehouse, "DEMO", "flights", "2013-01", 0) == ()
    assert len(warehouse.statements) == 1


def test_feeds_of_a_ledger_are_those_with_rows() -> None:
    warehouse = ScriptedWarehouse()
    warehouse.answer('SELECT DISTINCT "FEED"', rows_of(("flights",), ("weather",)))

    assert ledger_feeds(warehouse, "DEMO") == ("flights", "weather")
