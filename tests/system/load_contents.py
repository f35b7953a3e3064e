"""The warehouse that loads go to, and what must be there whenever no load is running, and when one is over."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from local.warehouse.serving.how_to_connect import connection_parameters
from sfetl_provider.adapters.snowflake_session import SnowflakeSession, open_connection
from sfetl_provider.core.ledger.entry import LedgerEntry
from sfetl_provider.core.ledger.lookup import chain_end, entries
from sfetl_provider.core.ledger.tables import prepare
from sfetl_provider.core.ledger.verification import verify
from sfetl_provider.core.maintenance.in_warehouse import find_in_warehouse, remove_from_warehouse
from sfetl_provider.core.plan.names import quoted_table, target_table
from tests.local.warehouse.server_process import server_process
from tests.system.load_process import CONFIG, MONTH, LoadOrder
from tests.system.stage_contents import scratch_files

ROWS_PER_DAY = 40
_TABLE = target_table(CONFIG)
_TARGET = quoted_table(_TABLE)
_DEFINITIONS = (
    "CREATE DATABASE IF NOT EXISTS DEMO",
    "CREATE SCHEMA IF NOT EXISTS DEMO.PUBLIC",
    f"CREATE OR REPLACE TABLE {_TARGET} "
    '("FLIGHT_DATE" DATE, "CARRIER" VARCHAR(20), "DISTANCE" NUMBER(9,0), "NOTE" VARCHAR)',
)
_RUNS = f'SELECT "CARRIER", COUNT(*), COUNT(DISTINCT "DISTANCE") FROM {_TARGET} GROUP BY "CARRIER"'
_CHANGES = ("publish", "drop", "restore")
_BLOCKING_SECONDS = 301


@dataclass(frozen=True)
class LoadContents:
    """A warehouse in a process of its own, by its port on loopback, and a session of the observer."""

    port: int
    session: SnowflakeSession

    def connection(self) -> dict[str, object]:
        """How a load logs in."""
        return connection_parameters("127.0.0.1", self.port, {})

    def pass_five_minutes(self) -> None:
        """After so long a transaction ends that blocks others and whose client is gone."""
        said = {"advance_seconds": _BLOCKING_SECONDS}
        address = f"http://127.0.0.1:{self.port}/control/clock"
        requests.post(address, json=said, timeout=20).raise_for_status()

    def ledger(self) -> tuple[LedgerEntry, ...]:
        """The feed's chain, which must be whole."""
        found = entries(self.session, _TABLE.database, CONFIG.feed)
        broken = verify(found, chain_end(self.session, _TABLE.database, CONFIG.feed))
        assert broken is None, f"the ledger is broken: {broken}"
        return found

    def require_whole(self) -> None:
        """The table holds what the ledger's last row says, and nothing else: all rows of one run, or none."""
        while True:
            before = self.ledger()
            held = self.session.query(_RUNS).rows
            if self.ledger() == before:
                break
        wanted = _held_after(before)
        found = [(str(run), int(str(rows)), int(str(distinct))) for run, rows, distinct in held]
        assert found == wanted, f"the table holds {found}, by the ledger it is {wanted}"

    def require_over(self, orders: Sequence[LoadOrder]) -> None:
        """Each run is in the ledger once with all that it did; one that was refused was told whom for."""
        self.require_whole()
        chain = self.ledger()
        done = [order for order in orders if not order.refusal.exists()]
        assert done, "every run was refused"
        for order in orders:
            actions = [entry.action for entry in chain if entry.run_key == order.run_key]
            wanted = [task for task in _CHANGES if order.returned(task) is not None]
            assert actions == wanted, f"{order.run_id} is recorded as {actions}, it did {wanted}"
            assert scratch_files(order.scratch) == []
            if order.refusal.exists():
                _require_reason(order, [other.run_id for other in orders if other is not order])
        self.require_clean({order.run_key for order in done})

    def require_clean(self, done: set[str]) -> None:
        """Runs that completed (their keys) left nothing; what refused ones left, maintenance finds and removes."""
        for leftover in find_in_warehouse(self.session, _TABLE.database):
            assert leftover.run_key not in done, f"a completed run left {leftover.place}"
            remove_from_warehouse(self.session, leftover)
        assert find_in_warehouse(self.session, _TABLE.database) == ()


def _require_reason(order: LoadOrder, others: Sequence[str]) -> None:
    """A refusal names the run that came first, or the month was empty, as another's drop had left it."""
    told = order.refusal.read_text()
    is_named = any(re.search(rf"run {other}\b", told) for other in others)
    assert is_named or (order.last_step == "preview" and "has no rows" in told), told


def _held_after(chain: Sequence[LedgerEntry]) -> list[tuple[str, int, int]]:
    """Which run's rows the table holds, how many, and how many different ones."""
    rows = chain[-1].rows_after if chain else 0
    published = [entry.run_id for entry in chain if entry.action == "publish"]
    return [(published[-1], rows, rows)] if rows else []


@contextmanager
def load_contents(folder: Path) -> Iterator[LoadContents]:
    """A warehouse with an empty target table, until the block ends."""
    with server_process(folder) as server:
        options = connection_parameters("127.0.0.1", server.port, {})
        with SnowflakeSession(open_connection(options)) as session:
            yield emptied_contents(server.port, session)


def emptied_contents(port: int, session: SnowflakeSession) -> LoadContents:
    """The warehouse at a port with an empty target table, and a ledger; the session's role owns both."""
    for statement in _DEFINITIONS:
        session.query(statement)
    prepare(session, CONFIG)
    return LoadContents(port, session)


def write_month(
    folder: Path, run_id: str, more_rows: int, seed: int, rows_per_day: int = ROWS_PER_DAY
) -> None:
    """Write a month's file: each row is of this run, and no other row is like it. It makes two chunks unless
    other rows a day are asked for.
    """
    numbers = random.Random(seed)  # noqa: S311 - a text that must be the same each time
    days = [day for day in MONTH.days() for _ in range(rows_per_day)]
    with (folder / "month.tsv").open("w") as file:
        for row, day in enumerate([*days, *days[:more_rows]]):
            file.write(f"{day}\t{run_id}\t{row}\t{numbers.randbytes(500).hex()}\n")
