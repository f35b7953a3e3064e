"""What failed tasks leave for the report: the parts of their errors."""

from __future__ import annotations

from typing import Self

from sfetl_provider.core.errors import SfetlError
from sfetl_provider.core.record import Record

_LONGEST = 4000


class ErrorText(Record):
    """An error by its class, in the three parts of its message; other people's errors have the first alone."""

    error: str
    what: str
    safe: str = ""
    next_step: str = ""

    @classmethod
    def of_error(cls, error: BaseException) -> Self:
        """Take an error's text, each part cut after 4,000 characters."""
        parts = (error.what, error.safe, error.next_step) if isinstance(error, SfetlError) else (str(error),)
        names = ("what", "safe", "next_step")
        texts = {name: _cut(part.strip()) for name, part in zip(names, parts, strict=False)}
        return cls.model_validate({"error": type(error).__name__, **texts})

    @property
    def text(self) -> str:
        """All of it, as the task's log has it."""
        return " ".join(part for part in (self.what, self.safe, self.next_step) if part)


class TaskFailure(ErrorText):
    """A failed task; of one that was killed nothing is known but its id."""

    task: str
    error: str = ""
    what: str = ""


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
