"""What is said of a warehouse before a load, and what a load took of it."""

from __future__ import annotations

from typing import Any

import pytest

from sfetl_provider.core.compute.advice import LoadSize, advise, describe
from sfetl_provider.core.compute.resizing import Mark, marked_comment, read_mark
from sfetl_provider.core.compute.use import ComputeUse, total_credits, use_text
from sfetl_provider.core.compute.warehouse_state import WarehouseState
from sfetl_provider.core.warehouse_size import SIZES, credits_per_hour, files_at_once, read_size


def state(**fields: Any) -> WarehouseState:
    values = {"name": "LOADS", "size": "SMALL", "state": "STARTED", "running": 0, "queued": 0}
    return WarehouseState.model_validate({**values, "is_resuming": True, "has_known_rate": True, **fields})


@pytest.mark.parametrize(
    ("fields", "chunks", "said"),
    [
        ({}, 16, ()),
        ({}, 40, ()),
        ({}, 64, ("MEDIUM takes half the time",)),
        ({}, 8, ("XSMALL would be as fast",)),
        ({"size": "X6LARGE"}, 200, ("XLARGE would be as fast and cost less", "200 chunks")),
        ({"running": 2}, 16, ("2 statements run on LOADS",)),
        ({"running": 2, "queued": 3}, 16, ("3 statements wait in the queue",)),
    ],
)
def test_advice_follows_chunks_size_and_neighbours(
    fields: dict[str, Any], chunks: int, said: tuple[str, ...]
) -> None:
    advice = " ".join(advise(state(**fields), LoadSize(chunks, 1, chunks)))

    assert all(words in advice for words in said)
    assert bool(advice) is bool(said)


def test_the_line_before_a_load_tells_state_queue_and_size() -> None:
    line = describe(state(state="SUSPENDED", queued=1), LoadSize(70, 9_800_000_000, 70))

    assert "SMALL, suspended, 0 statements running, 1 queued. 70 chunks, 9,800.0 MB" in line


def test_every_size_costs_and_reads_twice_the_one_before() -> None:
    assert [credits_per_hour(size) for size in SIZES] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]
    assert [files_at_once(size) for size in SIZES[:3]] == [8, 16, 32]
    shown = ("X-Small", "Small", "x-large", "2X-Large", "X3LARGE", "6X-Large")
    assert [read_size(text) for text in shown] == [
        "XSMALL",
        "SMALL",
        "XLARGE",
        "XXLARGE",
        "XXXLARGE",
        "X6LARGE",
    ]
    with pytest.raises(ValueError, match="no size of a warehouse"):
        read_size("HUGE")


@pytest.mark.parametrize("comment", ["", "of the loads", "[sfetl: nothing]"])
def test_a_comment_carries_the_size_before_and_comes_back_whole(comment: str) -> None:
    mark = Mark("XSMALL", "LARGE", 'My "DB"')

    marked = marked_comment(comment, mark)

    assert read_mark(marked) == mark
    assert read_mark(comment) is None
    assert marked_comment(marked_comment(marked, mark), None) == comment


def test_credits_are_summed_only_where_every_rate_is_known() -> None:
    known = ComputeUse(
        warehouse="W",
        size="SMALL",
        statements=2,
        seconds=9,
        queued_seconds=1.5,
        credits=0.005,
        cloud_credits=0,
    )

    assert total_credits((known, known)) == 0.01
    assert total_credits((known, known.model_copy(update={"credits": None}))) is None
    assert total_credits(()) is None
    assert use_text([known]) == "W (SMALL): 2 statements, 9.0 s, queued 1.5 s, about 0.0050 credits"
