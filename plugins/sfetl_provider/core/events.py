"""Progress as events: who works says what happened, who listens decides how to show it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """How far a step of one subject (a file, a COPY) has come; `unit` is bytes, rows or chunks."""

    step: str
    subject: str
    done: int
    total: int
    unit: str


@dataclass(frozen=True)
class Notice:
    """Something that happened once and a person should be able to read later."""

    step: str
    message: str


Event = Progress | Notice
Listener = Callable[[Event], None]


def ignore_events(event: Event) -> None:  # the listener of those who do not listen
    """Listen to nothing."""
