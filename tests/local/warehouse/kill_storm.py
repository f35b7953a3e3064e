"""SIGKILL at random moments of COPY and of publishing, and what must hold after each restart.

`python -m tests.local.warehouse.kill_storm --kills 200 --seed 7` for many; some run with the tests.
"""

from __future__ import annotations

import argparse
import base64
import random
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import snowflake.connector
import zstandard

from local.warehouse.serving.how_to_connect import connection_parameters
from tests.local.warehouse.server_process import PlainClient, ServerGoneError, ServerProcess

FILES = ("a.tsv.zst", "b.tsv.zst", "c.tsv.zst")
FILE_ROWS = 60_000
PUBLISHED_ROWS = 3 * FILE_ROWS
SUPPOSED_SECONDS = {0: 0.5}


@dataclass
class Moment:
    """When to kill: once the statement of this number in a round is answered, or after a share of its time.

    `is_cut` says that the answer did not come.
    """

    statement: int
    share: float | None
    is_cut: bool = False


@dataclass
class Storm:
    """One folder, killed again and again. `committed` is the newest round whose COMMIT was answered."""

    folder: Path
    random: random.Random
    committed: int = 0
    copied: int = 0
    seconds: dict[int, float] = field(default_factory=lambda: dict(SUPPOSED_SECONDS))

    def round(self, number: int) -> list[str]:
        """The statements of a round: load three files, then publish what they hold."""
        names = ", ".join(f"'{name}'" for name in FILES)
        return [
            f"COPY INTO LOADED FROM @CHUNKS/{number} FILES=({names}) FILE_FORMAT=(TYPE=CSV FIELD_DELIMITER='\\t' "
            "COMPRESSION=ZSTD ESCAPE_UNENCLOSED_FIELD=NONE FIELD_OPTIONALLY_ENCLOSED_BY=NONE "
            "SKIP_BLANK_LINES=TRUE) ON_ERROR=ABORT_STATEMENT",
            "BEGIN",
            f"UPDATE HEAD SET G = {number}",
            "DELETE FROM PUBLISHED",
            f"INSERT INTO PUBLISHED SELECT A, B FROM LOADED WHERE A = {number}",
            f"INSERT INTO LEDGER VALUES ({number})",
            "COMMIT",
        ]

    def moment(self) -> Moment:
        """The next moment: COPY and COMMIT more often than others, a third between two statements."""
        statement = self.random.choice([0, 0, 0, 1, 2, 3, 4, 5, 6, 6])
        share = self.random.uniform(0, 1)
        return Moment(statement, None if self.random.random() < 0.33 else share)

    def prepare(self, kills: int) -> None:
        """Make the tables and stage the files of all rounds."""
        server = ServerProcess(self.folder)
        try:
            parameters = connection_parameters("127.0.0.1", server.port, {})
            with snowflake.connector.connect(**parameters) as connection:
                _fill(connection, self.folder, kills)
        finally:
            server.close()

    def kill_once(self) -> Moment:
        """Play rounds until the chosen moment of the next one, kill, start again, look."""
        moment = self.moment()
        server = ServerProcess(self.folder)
        try:
            self._play(server, moment)
        finally:
            server.close()
        return moment

    def _play(self, server: ServerProcess, moment: Moment) -> None:
        client = PlainClient(server.address)
        self.check(client)
        for number, statement in enumerate(self.round(self.copied + 1)):
            killer = None
            if number == moment.statement and moment.share is not None:
                killer = threading.Timer(moment.share * self.seconds.get(number, 0.02), server.kill)
                killer.start()
            started = time.monotonic()
            try:
                client.run(statement)
                self.committed = self.copied + 1 if statement == "COMMIT" else self.committed
                self.seconds[number] = time.monotonic() - started
            except ServerGoneError:
                assert killer is not None, f"the server went away by itself in {statement}"
                moment.is_cut = True
            if killer is not None:
                killer.join()
            if number == moment.statement:
                break
        server.kill()

    def check(self, client: PlainClient) -> None:
        """Everything or nothing of each COPY and each transaction; then finish the COPY that was cut."""
        ((head,),) = _rows(client, "SELECT G FROM HEAD")
        assert head in (self.committed, self.copied + 1), f"HEAD says {head}, committed was {self.committed}"
        assert head >= self.committed
        published = _rows(client, "SELECT A, COUNT(*) FROM PUBLISHED GROUP BY A")
        assert published == ([(head, PUBLISHED_ROWS)] if head else []), (
            f"HEAD says {head}, there is {published}"
        )
        ((newest,),) = _rows(client, "SELECT COALESCE(MAX(N), 0) FROM LEDGER")
        assert newest == head, f"LEDGER says {newest}, HEAD {head}"
        self._check_copies(client)
        self.committed = head

    def _check_copies(self, client: PlainClient) -> None:
        counts = dict(_rows(client, "SELECT A, COUNT(*) FROM LOADED GROUP BY A"))
        assert set(counts.values()) <= {PUBLISHED_ROWS}, f"half a COPY: {counts}"
        number = self.copied + 1
        wanted = "LOAD_SKIPPED" if number in counts else "LOADED"
        answer = client.run(self.round(number)[0] + " FORCE=FALSE")
        scanned = (
            f"SELECT COUNT(*) FROM TABLE(RESULT_SCAN('{answer['queryId']}')) WHERE \"status\" = '{wanted}'"
        )
        found = _rows(client, scanned)
        assert found == [(len(FILES),)], f"the load history does not agree with the rows of round {number}"
        self.copied = number


def _rows(client: PlainClient, statement: str) -> list[tuple[Any, ...]]:
    """Rows of whole numbers, which come in Arrow."""
    answer = client.run(statement)
    table = pa.ipc.open_stream(base64.b64decode(answer["rowsetBase64"])).read_all()
    return [tuple(int(value) for value in row.values()) for row in table.to_pylist()]


def _fill(connection: Any, folder: Path, kills: int) -> None:
    for statement in (
        "CREATE DATABASE DB",
        "CREATE SCHEMA DB.SFETL",
        "CREATE STAGE CHUNKS",
        "CREATE TABLE LOADED (A NUMBER(10,0), B VARCHAR(40))",
        "CREATE TABLE PUBLISHED (A NUMBER(10,0), B VARCHAR(40))",
        "CREATE TABLE HEAD (G NUMBER(10,0))",
        "CREATE TABLE LEDGER (N NUMBER(10,0))",
        "INSERT INTO HEAD VALUES (0)",
    ):
        connection.cursor().execute(statement)
    for number in range(1, kills + 2):
        for name in FILES:
            path = folder / name
            text = "".join(f"{number}\t{name} row {row}\n" for row in range(FILE_ROWS))
            path.write_bytes(zstandard.ZstdCompressor(level=1).compress(text.encode()))
            connection.cursor().execute(f"PUT 'file://{path}' '@CHUNKS/{number}' AUTO_COMPRESS=FALSE")


def storm(folder: Path, kills: int, seed: int) -> list[Moment]:
    """Kill so many times; raises AssertionError, with the seed in a note, when something is half done."""
    blowing = Storm(folder, random.Random(seed))  # noqa: S311 - moments of a test, which a seed must give again
    blowing.prepare(kills)
    moments: list[Moment] = []
    try:
        for _ in range(kills):
            moments.append(blowing.kill_once())
        server = ServerProcess(folder)
        try:
            blowing.check(PlainClient(server.address))
        finally:
            server.close()
    except AssertionError as error:
        error.add_note(f"seed {seed}, after {len(moments)} kills; the last: {moments[-1:]}")
        raise
    return moments


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.local.warehouse.kill_storm", description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="kill_storm_") as folder:
        for moment in storm(Path(folder), given.kills, given.seed):
            sys.stdout.write(f"{moment}\n")
    sys.stdout.write(f"{given.kills} kills: each COPY and each transaction whole or absent.\n")


if __name__ == "__main__":
    main()
