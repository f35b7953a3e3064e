"""A warehouse made larger for loads, and given back as it was when the last of them is over.

Size and a mark in the warehouse's comment change in one ALTER, so whoever reads the warehouse knows what it was
before. Who wants it larger stands in the leases' table, written before the ALTER and deleted before the way
back. After each change a party looks again until what it sees is what the leases ask for, so whoever
acts last leaves it right; a load that was killed is ended by maintenance.

Sources: docs.snowflake.com/en/sql-reference/sql/alter-warehouse (several properties in one SET; needs MODIFY;
WAIT_FOR_COMPLETION), …/user-guide/warehouses-tasks (a new size is for statements that begin later; those that run
are not touched).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sfetl_provider.core.compute.leases import (
    Lease,
    add_lease,
    end_leases,
    leases,
)
from sfetl_provider.core.compute.warehouse_state import WarehouseState, find_warehouse, visible_warehouses
from sfetl_provider.core.identifiers import quote_identifier, quote_literal
from sfetl_provider.core.ports import Warehouse
from sfetl_provider.core.warehouse_size import SizeName, larger, read_size

_MARK = re.compile(r" ?\[sfetl: (?P<before>\w+) -> (?P<now>\w+) for loads of (?P<database>.+)\]$")
_LOOKS = 5


@dataclass(frozen=True)
class Mark:
    """What the comment of a warehouse says that loads made of it: its size before, and for which database."""

    before: SizeName
    now: SizeName
    database: str


def read_mark(comment: str) -> Mark | None:
    """Read the mark at the end of a comment, None when there is none."""
    found = _MARK.search(comment)
    if found is None:
        return None
    return Mark(read_size(found["before"]), read_size(found["now"]), found["database"])


def marked_comment(comment: str, mark: Mark | None) -> str:
    """Give a comment with this mark instead of the one that it has."""
    bare = _MARK.sub("", comment)
    if mark is None:
        return bare
    text = f"[sfetl: {mark.before} -> {mark.now} for loads of {mark.database}]"
    return f"{bare} {text}" if bare else text


def resize_statement(name: str, size: SizeName, comment: str) -> str:
    """Give the statement that changes size and comment together, and waits until the size is there."""
    return (
        f"ALTER WAREHOUSE {quote_identifier(name)} SET WAREHOUSE_SIZE = {size} WAIT_FOR_COMPLETION = TRUE"
        f" COMMENT = {quote_literal(comment)}"
    )


def comment_statement(name: str, comment: str) -> str:
    """Give the statement that changes the comment alone."""
    return f"ALTER WAREHOUSE {quote_identifier(name)} SET COMMENT = {quote_literal(comment)}"


def enlarge(warehouse: Warehouse, database: str, lease: Lease, state: WarehouseState) -> str:
    """Make the warehouse as large as the lease wants until `give_back`, and say what became of it.

    Idempotent. Refused, and said, where loads of another database have it resized: their leases are not seen here,
    so one would be shrunk under the other. Raises PrivilegeMissingError when the role lacks MODIFY.
    """
    mark = read_mark(state.comment)
    if mark and mark.database != database:
        return (
            f"{state.name} was resized for loads of database {mark.database}, which may give it back at any time;"
            f" it is not resized for this one and has {state.size} now. Feeds that resize a warehouse together"
            " must have their tables in one database."
        )
    add_lease(warehouse, database, lease)
    return settle(warehouse, database, state.name)


def give_back(warehouse: Warehouse, database: str, run_key: str) -> tuple[str, ...]:
    """End a run's leases, give back what no load wants any more, and say what was done; idempotent.

    Looks at every warehouse with our mark: also at those which a run killed on this way left.
    """
    end_leases(warehouse, database, run_key)
    marked = [(found.name, read_mark(found.comment)) for found in visible_warehouses(warehouse)]
    return tuple(
        settle(warehouse, database, name) for name, mark in marked if mark and mark.database == database
    )


def settle(warehouse: Warehouse, database: str, name: str) -> str:
    """Bring a warehouse to the size that its leases ask for, or back when there are none, and say what it has.

    A size that somebody else set meanwhile is left; only the mark goes.
    """
    for _ in range(_LOOKS):
        wanted = [held.size_wanted for held in leases(warehouse, database) if held.warehouse == name]
        state = find_warehouse(warehouse, name)
        if state is None:
            return f"{name} is gone, or the role may not see it any more."
        statement = _next_change(state, wanted, database)
        if statement is None:
            return f"{name} has {state.size}{' for loads' if read_mark(state.comment) else ''}."
        warehouse.query(statement)
    return f"{name} was changed by others at the same time; it has what they left."


def _next_change(state: WarehouseState, wanted: Sequence[SizeName], database: str) -> str | None:
    mark = read_mark(state.comment)
    before = mark.before if mark else state.size
    target = larger(before, *wanted)
    if mark and state.size != mark.now:
        return comment_statement(state.name, marked_comment(state.comment, None))
    if target == state.size and (mark is None or target != before):
        return None
    new_mark = Mark(before, target, database) if target != before else None
    return resize_statement(state.name, target, marked_comment(state.comment, new_mark))
