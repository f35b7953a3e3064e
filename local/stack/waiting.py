"""Waiting for something that other processes do."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

POLL_SECONDS = 0.1


def wait_until(
    condition: Callable[[], T], what: str, seconds: float, poll_seconds: float = POLL_SECONDS
) -> T:
    """Call `condition` until it gives something true, and give that.

    It is called once at the least. What it raises ends the waiting.

    Raises:
        TimeoutError: It did not within `seconds`; the message names `what` was waited for.
    """
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not happen within {seconds:.0f} s")
        time.sleep(poll_seconds)
    return found
