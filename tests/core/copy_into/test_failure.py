"""A refused COPY is explained by source file and line."""

from __future__ import annotations

import pytest

from sfetl_provider.core.copy_into.batches import make_batches
from sfetl_provider.core.copy_into.failure import explain_failure
from sfetl_provider.core.ports import QueryState, QueryStatus
from tests.core.load_samples import sample_config, sample_staged_file

(BATCH,) = make_batches([sample_staged_file((3, 2), "a.tsv")], sample_config())
LONG = (
    "User character length limit (5) exceeded by string 'UNITED'\n"
    "  File 'flights/2013-01/c2281af2d05d/{path}', line 17, character 12\n"
    '  Row 17, column "LOAD_FLIGHTS"["CARRIER":2]\n'
    "  If you would like to continue loading when an error is encountered, use other values"
)


def message_of(text: str, code: int = 100078) -> str:
    return str(explain_failure(BATCH, QueryStatus(QueryState.FAILED, code, text)))


def test_line_within_the_chunk_becomes_the_sources_line() -> None:
    message = message_of(LONG.format(path=BATCH.paths[1]))
    assert "a.tsv line 117, column CARRIER" in message
    assert "limit (5) exceeded by string 'UNITED' (Snowflake error 100078)" in message
    assert "No row of the target table was touched" in message
    assert "Correct the file" in message


def test_where_lines_were_left_out_the_lines_that_it_may_be_are_named() -> None:
    staged = sample_staged_file((3, 2), "a.tsv").model_copy(update={"chunk_left_out_lines": (0, 4)})
    (batch,) = make_batches([staged], sample_config())
    status = QueryStatus(QueryState.FAILED, 100078, LONG.format(path=batch.paths[1]))

    assert "a.tsv line 117 to 121, column CARRIER" in str(explain_failure(batch, status))


def test_unknown_chunk_is_named_as_it_came() -> None:
    assert "elsewhere/part-9' line 17" in message_of(LONG.format(path="elsewhere/part-9")).replace(
        " line", "' line"
    )


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("Remote file 'stages/x/part-00001.tsv.zst' was not found.", "Chunks are gone"),
        ("SQL execution canceled", "Remove the cause"),
        ("", "no reason given"),
        ("SQL compilation error:\nStage 'S' does not exist.", "error: Stage 'S' does not exist. (Snowflake"),
    ],
)
def test_failure_without_a_place_keeps_the_text_and_says_what_to_do(text: str, advice: str) -> None:
    message = message_of(text, 604)
    assert text.replace("\n", " ") in message
    assert advice in message


def test_a_row_in_chunk_37_of_400_is_told_by_its_line() -> None:
    staged = sample_staged_file((100,) * 400, "a.tsv").model_copy(
        update={"compressed_bytes": 400 * 150_000_000}
    )
    batches = make_batches([staged], sample_config())
    (batch,) = [batch for batch in batches if staged.key + "/part-00037.tsv.zst" in batch.paths]

    status = QueryStatus(QueryState.FAILED, 100078, LONG.format(path=f"{staged.key}/part-00037.tsv.zst"))
    assert f"batch {batch.number} of {len(batches)} was refused" in str(explain_failure(batch, status))
    assert "a.tsv line 3617, column CARRIER" in str(explain_failure(batch, status))
    assert len(batches) == 6
