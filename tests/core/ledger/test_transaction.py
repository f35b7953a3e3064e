"""A transaction ends in COMMIT or ROLLBACK, and says so when neither is certain; AUTOCOMMIT follows its end."""

from __future__ import annotations

import pytest

from sfetl_provider.core.errors import (
    PublishRefusedError,
    StatementError,
    TransactionEndedError,
    TransientError,
    WarehouseUnavailableError,
)
from sfetl_provider.core.ledger.transaction import transaction
from tests.core.scripted_warehouse import ScriptedWarehouse, rows_of

LOST = WarehouseUnavailableError("connection reset")
CURRENT = "SELECT CURRENT_TRANSACTION()"
ON = "ALTER SESSION SET AUTOCOMMIT = TRUE"


def run(warehouse: ScriptedWarehouse, error: BaseException | None = None) -> None:
    with transaction(warehouse, 900):
        if error is not None:
            raise error
        warehouse.query("DROP TABLE IF EXISTS A")


def test_block_is_committed() -> None:
    warehouse = ScriptedWarehouse()
    run(warehouse)
    assert warehouse.statements == [
        "ALTER SESSION SET AUTOCOMMIT = FALSE, LOCK_TIMEOUT = 900",
        "BEGIN",
        CURRENT,
        "DROP TABLE IF EXISTS A",
        CURRENT,
        "COMMIT",
        ON,
    ]


@pytest.mark.parametrize("error", [PublishRefusedError("no"), ValueError("bug"), KeyboardInterrupt()])
def test_any_exception_rolls_back_and_comes_out(error: BaseException) -> None:
    warehouse = ScriptedWarehouse()
    with pytest.raises(type(error)) as raised:
        run(warehouse, error)
    assert raised.value is error
    assert warehouse.statements[-2:] == ["ROLLBACK", ON]
    assert "COMMIT" not in warehouse.statements


@pytest.mark.parametrize("current", [None, "1700000000002"])
def test_a_transaction_that_snowflake_ended_is_not_committed(current: str | None) -> None:
    warehouse = ScriptedWarehouse()
    warehouse.answer(CURRENT, rows_of(("1700000000001",)), rows_of((current,)))
    with pytest.raises(TransactionEndedError, match="as they were") as raised:
        run(warehouse)
    assert raised.value.is_retryable
    assert warehouse.transaction_words[-1] == "ROLLBACK"
    assert "COMMIT" not in warehouse.statements


@pytest.mark.parametrize("words", ["AUTOCOMMIT = FALSE", "BEGIN", CURRENT])
def test_a_transaction_that_does_not_begin_leaves_autocommit_on(words: str) -> None:
    warehouse = ScriptedWarehouse()
    warehouse.answer(words, StatementError("refused", code=1))
    with pytest.raises(StatementError, match="refused"):
        run(warehouse)
    assert warehouse.statements[-2:] == ["ROLLBACK", ON]


def test_lost_rollback_keeps_the_reason_names_the_open_transaction_and_never_commits_it() -> None:
    warehouse = ScriptedWarehouse()
    warehouse.answer("ROLLBACK", LOST)
    with pytest.raises(PublishRefusedError) as raised:
        run(warehouse, PublishRefusedError("rows outside the month"))
    (note,) = raised.value.__notes__
    assert "Nothing was committed" in note
    assert "connection reset" in note
    assert ON not in warehouse.statements


def test_connection_lost_at_commit_can_be_retried_and_is_neither_rolled_back_nor_committed_again() -> None:
    warehouse = ScriptedWarehouse()
    warehouse.answer("COMMIT", LOST)
    with pytest.raises(TransientError, match="not known whether") as raised:
        run(warehouse)
    assert raised.value.is_retryable
    assert warehouse.statements[-1] == "COMMIT"


def test_refused_commit_is_rolled_back() -> None:
    warehouse = ScriptedWarehouse()
    warehouse.answer("COMMIT", StatementError("aborted", code=90236))
    with pytest.raises(StatementError):
        run(warehouse)
    assert warehouse.statements[-2:] == ["ROLLBACK", ON]


@pytest.mark.parametrize(("error", "note"), [(None, "All is committed"), (ValueError("bug"), "rolled back")])
def test_autocommit_that_stays_off_is_told(error: ValueError | None, note: str) -> None:
    warehouse = ScriptedWarehouse()
    warehouse.answer(ON, LOST)
    with pytest.raises(ValueError if error else WarehouseUnavailableError) as raised:
        run(warehouse, error)
    assert note in raised.value.__notes__[0]
