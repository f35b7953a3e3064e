"""What an open transaction remembers of its writes, and where that ends."""

from __future__ import annotations

import pytest

from local.warehouse.results import Result, table_result
from local.warehouse.transactions.replay_log import BYTES_KEPT, WRITES_KEPT, ReplayLog, Write
from local.warehouse.transactions.table_changes import TableChanges

TARGET, SOURCE = ("D", "S", "T"), ("D", "S", "U")


def affecting(count: int) -> Result:
    return Result([], None, affected=count)


def writing(*counts: int, size_bytes: int = 0, is_repeatable: bool = True) -> tuple[Write, Result]:
    """A write that affects these numbers of rows, one number each time; and its first result."""
    left = list(counts)
    first = affecting(left.pop(0))
    return Write(
        lambda: affecting(left.pop(0)), TARGET, size_bytes=size_bytes, is_repeatable=is_repeatable
    ), first


@pytest.mark.parametrize(("second", "is_same"), [(3, True), (4, False)])
def test_each_write_must_have_the_same_outcome_again(second: int, is_same: bool) -> None:
    log = ReplayLog()
    log.add(*writing(1, 1))
    log.add(*writing(3, second))
    assert log.replay() is is_same


def test_rows_of_a_copy_are_compared() -> None:
    def copied(status: str) -> Result:
        return table_result({"file": "VARCHAR", "status": "VARCHAR"}, [["a", status]])

    log = ReplayLog()
    log.add(Write(lambda: copied("LOAD_SKIPPED"), TARGET), copied("LOADED"))
    assert log.replay() is False


@pytest.mark.parametrize(
    ("size_bytes", "count", "is_complete"),
    [
        (0, WRITES_KEPT, True),
        (0, WRITES_KEPT + 1, False),
        (BYTES_KEPT // 2, 2, True),
        (BYTES_KEPT // 2 + 1, 2, False),
    ],
)
def test_is_bounded(size_bytes: int, count: int, is_complete: bool) -> None:
    log = ReplayLog()
    for _ in range(count):
        log.add(*writing(1, 1, size_bytes=size_bytes))
    assert log.is_complete is is_complete
    assert not log.is_empty
    log.clear()
    assert log.is_complete
    assert log.is_empty


def test_a_write_that_cannot_be_repeated_ends_it() -> None:
    log = ReplayLog()
    log.add(*writing(1, 1, is_repeatable=False))
    log.add(*writing(1, 1))
    assert not log.is_complete


def test_what_the_writes_depend_on() -> None:
    log = ReplayLog()
    log.add(Write(lambda: affecting(1), TARGET, frozenset({SOURCE}), is_appending=True), affecting(1))
    assert log.sources() == log.sensitive() == {SOURCE}
    log.add(Write(lambda: affecting(1), TARGET), affecting(1))
    assert log.sensitive() == {SOURCE, TARGET}


def test_changes_after_a_number() -> None:
    changes = TableChanges()
    changes.note([TARGET])
    number = changes.number()
    assert not changes.is_changed_since(number, [TARGET, SOURCE])
    changes.note([SOURCE])
    assert changes.is_changed_since(number, [TARGET, SOURCE])
    assert not changes.is_changed_since(number, [TARGET])
