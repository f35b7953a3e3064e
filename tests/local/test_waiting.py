"""Waiting ends with what was found, with a timeout that names it, or with the condition's own error."""

import pytest

from local.stack.waiting import wait_until


def test_it_gives_what_the_condition_found_in_the_end() -> None:
    answers = iter([None, "", "found"])
    assert wait_until(lambda: next(answers), "an answer", 60, poll_seconds=0) == "found"


def test_too_late_names_what_was_waited_for() -> None:
    with pytest.raises(TimeoutError, match="the end of the world did not happen within 0 s"):
        wait_until(lambda: False, "the end of the world", 0, poll_seconds=0)


def test_an_error_of_the_condition_ends_the_waiting() -> None:
    with pytest.raises(ZeroDivisionError):
        wait_until(lambda: 1 // 0, "a number", 60)
