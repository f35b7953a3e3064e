"""A golden case as data: statements and files in order, each with the rows or the error that must come of it.

In the text of a statement and in expected rows `{database}`, `{schema}` (with its database), `{stage}` (with @)
and `{label}` of an earlier step (its query id) are replaced. `{unique}` is a name that no other case has, for
roles and warehouses, which `Case.cleanup` drops; `{user}` and `{warehouse}` are those that the first session logs
in with. Each case has a schema of its own, with a stage CHUNKS in it, and starts there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Rows = list[tuple[Any, ...]]


@dataclass(frozen=True)
class Error:
    """A failure: its code, and words that its text holds.

    `is_documented` is False where Snowflake's documentation does not give code or text; on a real account such a
    case finds out.
    """

    code: int
    words: tuple[str, ...] = ()
    is_documented: bool = True


@dataclass(frozen=True)
class Run:
    """Execute a statement and compare.

    `columns` picks result columns by name (no case) before comparing with `rows`; without `rows` and `error` it
    must merely succeed. `affected` is the cursor's rowcount. `label` names the query id for later statements.
    """

    sql: str
    rows: Rows | None = None
    error: Error | None = None
    columns: tuple[str, ...] = ()
    any_order: bool = False
    affected: int | None = None
    binds: tuple[Any, ...] = ()
    session: str = "first"
    label: str = ""


@dataclass(frozen=True)
class Put:
    """PUT a file to a stage below a path; `status` is what PUT must say.

    AUTO_COMPRESS is FALSE unless the options say otherwise.
    """

    path: str
    content: bytes
    options: str = "OVERWRITE=TRUE"
    status: str = "UPLOADED"
    session: str = "first"
    stage: str = "{stage}"


@dataclass(frozen=True)
class PutMany:
    """PUT all files that match a pattern with * and ?, of those that are there; `sent` is what PUT must name."""

    pattern: str
    contents: Mapping[str, bytes]
    sent: tuple[str, ...]
    folder: str = ""


@dataclass(frozen=True)
class Open:
    """Log in a further session, with session parameters; its `role` and `warehouse` may be other ones."""

    session: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    role: str = ""
    warehouse: str = ""
    error: Error | None = None


@dataclass(frozen=True)
class Close:
    """Log a session out cleanly."""

    session: str


@dataclass(frozen=True)
class Lose:
    """Drop a session without logging out, as when its process is killed."""

    session: str


@dataclass(frozen=True)
class Advance:
    """Move the stand-in's clock forward; a case with it cannot run on a real account."""

    seconds: float


Step = Run | Put | PutMany | Open | Close | Lose | Advance


@dataclass(frozen=True)
class Case:
    """One rule of Snowflake's.

    `page` is the path of the page of Snowflake's documentation below https://docs.snowflake.com/en/. `only_here`
    says why a case cannot run on a real account (a moved clock, a deviation of the stand-in that it pins).
    """

    name: str
    page: str
    steps: tuple[Step, ...]
    only_here: str = ""
    cleanup: tuple[str, ...] = ()
