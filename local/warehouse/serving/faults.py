"""Faults on request, for tests of what is around the warehouse: where one strikes, what it does, and how often.

The faults of statements are carried out here, those of requests by `faulty_connections`.
"""

from __future__ import annotations

import contextlib
import contextvars
import itertools
import math
import os
import random
import re
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from local.warehouse.errors import SqlError, canceled

ROUTES = ("login", "session", "query", "result", "monitoring", "abort", "upload")
_POLL_SECONDS = 0.05
_KILL = re.compile(r"(before|after)|(file|byte) (\d+)")


@dataclass(frozen=True)
class Fault:
    """One fault: exactly one of `statement` and `route`, and exactly one thing that it does.

    `statement` is a part of the statement's text or a regular expression found in it, in any case; `route` is one
    of ROUTES. What it does:

    - `delay_seconds`: it starts that much later; a statement can be cancelled meanwhile;
    - `status`, perhaps with `retry_after_seconds`: the request is answered with this status and not carried out;
    - `drop_request_at`: the connection is closed once that many bytes of the request's body have come;
    - `drop_response_at`: the request is carried out; of its answer's body that many bytes are sent, then the
      connection is closed; with 0 nothing is sent at all;
    - `error`: the statement fails with it and is not carried out;
    - `kill`: SIGKILL of the server itself, "before" or "after" the statement or request is carried out, after
      "file N" of a COPY, at "byte N" of a request's body.

    It strikes `count` times (None: without end), each time with this `probability`, drawn from `seed`.
    Raises ValueError when the parts do not fit together.
    """

    statement: str = ""
    route: str = ""
    delay_seconds: float | None = None
    status: int | None = None
    retry_after_seconds: int | None = None
    drop_request_at: int | None = None
    drop_response_at: int | None = None
    error: SqlError | None = None
    kill: str | None = None
    count: int | None = 1
    probability: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        self._check_types()
        deeds = ("delay_seconds", "status", "drop_request_at", "drop_response_at", "error", "kill")
        if bool(self.statement) == bool(self.route):
            raise ValueError("a fault names either a statement or a route")
        if self.route and self.route not in ROUTES:
            raise ValueError(f"'{self.route}' is none of the routes {', '.join(ROUTES)}")
        if sum(getattr(self, deed) is not None for deed in deeds) != 1:
            raise ValueError(f"a fault does exactly one of {', '.join(deeds)}")
        if self.kill is not None and not _KILL.fullmatch(self.kill):
            raise ValueError("kill is 'before', 'after', 'file N' or 'byte N'")
        if self.error is not None and self.route:
            raise ValueError("an error is for a statement")
        if (self.drop_request_at is not None or self.kills_at("byte") is not None) and self.statement:
            raise ValueError("a fault in the middle of a request is for a route")
        if self.kills_at("file") is not None and self.route:
            raise ValueError("a kill after a file is for a statement")

    def _check_types(self) -> None:
        for name in ("statement", "route", "kill"):
            if not isinstance(getattr(self, name), str | None):
                raise ValueError(f"{name} is not a text")
        for name in ("delay_seconds", "retry_after_seconds", "drop_request_at", "drop_response_at", "count"):
            value = getattr(self, name)
            if value is not None and (not isinstance(value, int | float) or not 0 <= value < math.inf):
                raise ValueError(f"{name} is not a number from 0 upwards")
        if self.status is not None and self.status not in range(200, 600):
            raise ValueError("status is not an HTTP status from 200 to 599")
        if not isinstance(self.probability, int | float) or not isinstance(self.seed, int):
            raise ValueError("probability and seed are numbers")

    @property
    def is_of_request(self) -> bool:
        """Whether it strikes the HTTP request, also where a statement names it."""
        return bool(self.route) or self.status is not None or self.drop_response_at is not None

    def kills_at(self, unit: str) -> int | None:
        """The number of the file or byte at which it kills."""
        match = _KILL.fullmatch(self.kill or "")
        return int(match[3]) if match and match[2] == unit else None

    def matches(self, text: str) -> bool:
        """Whether a statement of this text is meant."""
        if self.statement.upper() in text.upper():
            return True
        with contextlib.suppress(re.error):
            return re.search(self.statement, text, re.IGNORECASE | re.DOTALL) is not None
        return False


@dataclass
class ActiveFault:
    """A fault in force; `released` is set when it is taken back."""

    id: int
    fault: Fault
    chance: random.Random
    struck: int = 0
    files: int = 0
    released: threading.Event = field(default_factory=threading.Event)

    def strikes(self) -> bool:
        """Whether it strikes now; counts if so."""
        if self.fault.count is not None and self.struck >= self.fault.count:
            return False
        if self.chance.random() >= self.fault.probability:
            return False
        self.struck += 1
        return True


_copying: contextvars.ContextVar[ActiveFault | None] = contextvars.ContextVar("copying", default=None)


class Faults:
    """The faults in force, oldest first; thread-safe.

    Only a server that is a process of its own can be killed: `may_kill` says whether it is one.
    """

    def __init__(self) -> None:
        self.may_kill = False
        self._lock = threading.Lock()
        self._ids = itertools.count(1)
        self._active: list[ActiveFault] = []

    def add(self, fault: Fault) -> int:
        """Put a fault in force; gives its number. Raises ValueError for a kill of a server inside a test."""
        if fault.kill is not None and not self.may_kill:
            raise ValueError("only a server that is a process of its own (start, serve) can be killed")
        with self._lock:
            chance = random.Random(fault.seed)  # noqa: S311 - repeatable on purpose
            active = ActiveFault(next(self._ids), fault, chance)
            self._active.append(active)
        return active.id

    def all(self) -> list[ActiveFault]:
        """Every fault that was added and not cleared, those that are used up too."""
        with self._lock:
            return list(self._active)

    def clear(self) -> None:
        """Take all back; what they hold up goes on at once."""
        with self._lock:
            for active in self._active:
                active.released.set()
            self._active.clear()

    def take(self, is_meant: Callable[[Fault], bool]) -> ActiveFault | None:
        """The first fault of that kind that strikes now."""
        with self._lock:
            return next((one for one in self._active if is_meant(one.fault) and one.strikes()), None)

    @contextlib.contextmanager
    def around(self, text: str, cancelled: threading.Event) -> Iterator[None]:
        """Carry out what is in force for a statement, before and after the block that executes it."""
        active = self.take(lambda fault: not fault.is_of_request and fault.matches(text))
        if active is None:
            yield
            return
        fault = active.fault
        if fault.error is not None:
            raise fault.error
        if fault.kill == "before":
            kill_this_process()
        _wait(active, cancelled)
        token = _copying.set(active)
        try:
            yield
        finally:
            _copying.reset(token)
        if fault.kill == "after":
            kill_this_process()


def file_was_copied() -> None:
    """COPY says here that one more file is loaded, so that a fault can kill the server in the middle of it."""
    active = _copying.get()
    if active is not None:
        active.files += 1
        if active.fault.kills_at("file") == active.files:
            kill_this_process()


def kill_this_process() -> None:
    """SIGKILL: nothing is written, closed or answered."""
    os.kill(os.getpid(), signal.SIGKILL)


def _wait(active: ActiveFault, cancelled: threading.Event) -> None:
    left = active.fault.delay_seconds or 0.0
    while left > 0 and not active.released.is_set():
        if cancelled.wait(min(left, _POLL_SECONDS)):
            raise canceled()
        left -= _POLL_SECONDS
