"""What the instances of a mapped task returned."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def present(values: Sequence[Any] | None) -> list[Any]:
    """Give the results of mapped tasks that ran; a skipped one leaves None, a skipped group None altogether.

    Airflow hands over a lazy sequence; a slice fetches all at once, iterating asks for one after the other.
    """
    return [value for value in (values[:] if values is not None else ()) if value is not None]
