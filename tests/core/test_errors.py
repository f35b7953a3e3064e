"""Messages have three parts, and every error knows its stage and whether a retry can help."""

from __future__ import annotations

import pytest

from sfetl_provider.core import errors
from sfetl_provider.core.copy_into.outcome import CopyOutcome


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


def test_a_result_that_a_task_did_not_leave_is_no_fault_of_its_form() -> None:
    with pytest.raises(errors.ResultMissingError, match=r"There is no CopyOutcome: .*marked") as raised:
        CopyOutcome.from_json(None)
    assert not raised.value.is_retryable
