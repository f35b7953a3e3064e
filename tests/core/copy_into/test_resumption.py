"""What the log says of an earlier try of task `copy`."""

from __future__ import annotations

from sfetl_provider.core.copy_into.checkpoint import CopyState, read_state
from sfetl_provider.core.copy_into.resumption import resumption_text
from tests.core.copy_into.copy_bench import HISTORY, Bench
from tests.core.scripted_warehouse import rows_of


def kept(bench: Bench) -> CopyState | None:
    return read_state(bench.checkpoints)


def resumed(bench: Bench) -> str:
    """The text of a life of the task that begins now."""
    found = kept(bench)
    bench.advance()
    return resumption_text(found, kept(bench))


def test_the_first_try_says_nothing() -> None:
    assert resumed(Bench()) == ""


def test_a_copy_is_found_again_by_its_id_or_its_tag() -> None:
    bench = Bench()
    bench.advance()
    bench.succeed("copy-1", 1)
    bench.advance()

    assert resumed(bench) == "An earlier try had loaded 1 batch; COPY copy-2 was found again."

    tagged = Bench()
    tagged.checkpoints.deadly_words = "copy-1"
    try:
        tagged.advance()
    except KeyboardInterrupt:
        tagged.warehouse.answer(HISTORY, rows_of(("copy-1",)))

    assert resumed(tagged) == (
        "An earlier try had loaded 0 batches; COPY copy-1, whose id was not stored, was found by its tag."
    )


def test_an_attempt_that_is_abandoned_is_named_with_the_one_that_follows() -> None:
    bench = Bench()
    bench.checkpoints.deadly_words = "copy-1"
    try:
        bench.advance()
    except KeyboardInterrupt:
        bench.warehouse.answer(HISTORY, rows_of())

    text = resumed(bench)

    assert "_A1 is abandoned" in text
    assert text.endswith("_A2.")


def test_what_is_loaded_already_is_said() -> None:
    bench = Bench()
    bench.advance()
    bench.finish(["copy-1", "copy-2"])

    assert resumed(bench) == "An earlier try had loaded all chunks; nothing is loaded again."
