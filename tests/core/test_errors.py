"""Messages have three parts, and every error knows its stage and whether a retry can help."""

from __future__ import annotations

from sfetl_provider.core import errors


def test_a_message_says_what_is_safe_and_what_to_do_next() -> None:
    error = errors.UploadError("Chunk 3 failed.", safe="Chunks 1-2 are staged.", next_step="Clear this task.")

    assert str(error) == "Chunk 3 failed. Chunks 1-2 are staged. Clear this task."
    assert (error.stage, error.is_retryable) == ("stage", True)


def test_the_stage_may_be_a_field() -> None:
    assert errors.ReconciliationError("x", stage="qc").stage == "qc"
    assert errors.ReconciliationError("x").stage == "reconcile"


def test_a_statement_error_keeps_code_and_query() -> None:
    error = errors.StatementError("No.", code=2003, query_id="q")

    assert (error.code, error.query_id, error.is_retryable) == (2003, "q", False)
