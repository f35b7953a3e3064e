"""A transaction ends in COMMIT or ROLLBACK, and says so when neither is certain."""

from __future__ import annotations

import pytest

from sfetl_provider.core.errors import (
    PublishRefusedError,
    StatementError,
    TransientError,
    WarehouseUnavailableError,
)
from sfetl_provider.core.ledger.transaction import transaction
from tests.core.scripted_warehouse import ScriptedWarehouse


def test_block_is_committed() -> None:
    warehouse = ScriptedWarehouse()
    with transaction(warehouse, 900):
        warehouse.query("DROP TABLE IF EXISTS A")
    assert warehouse.statements == [
        "ALTER SESSION SET LOCK_TIMEOUT = 900",
        "BEGIN",
        "DROP TABLE IF EXISTS A",
        "COMMIT",
    ]


@pytest.mark.parametrize("error", [PublishRefusedError("no"), ValueError("bug"), KeyboardInterrupt()])
def test_any_exception_rolls_back_and_comes_out(error: BaseException) -> None:
    warehouse = ScriptedWarehouse()
    with pytest.raises(type(error)) as raised, transaction(warehouse, 900):
        raise error
    assert raised.value is error
    assert warehouse.statements[-1] == "ROLLBACK"
    assert "COMMIT" not in warehouse.statements


def test_lost_rollback_keeps_the_reason_and_names_the_open_transaction() -> None:
    warehouse = ScriptedWarehouse()
    warehouse.answer("ROLLBACK", WarehouseUnavailableError("connection reset"))
    with pytest.raises(PublishRefusedError) as raised, transaction(warehouse, 900):
        raise PublishRefusedError("rows outside the month")
    (note,) = raised.value.__notes__
    assert "Nothing was committed" in note
    assert "connection reset" in note


def test_connection_lost_at_commit_can_be_retried_and_is_not_rolled_back() -> None:
    warehouse = ScriptedWarehouse()
    warehouse.answer("COMMIT", WarehouseUnavailableError("connection reset"))
    with pytest.raises(TransientError, match="not known whether") as raised, transaction(warehouse, 900):
        pass
    assert raised.value.is_retryable
    assert "ROLLBACK" not in warehouse.statements


def test_refused_commit_is_rolled_back() -> None:
    warehouse = ScriptedWarehouse()
    warehouse.answer("COMMIT", StatementError("aborted", code=90236))
    with pytest.raises(StatementError), transaction(warehouse, 900):
        pass
    assert warehouse.statements[-1] == "ROLLBACK"
