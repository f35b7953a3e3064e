"""Whatever is done to a table, AT shows each state that a statement left, over checkpoints and a restart."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import snowflake.connector
from warehouse_client import Client

from local.warehouse.serving.server import RunningWarehouse, running_warehouse

STATEMENTS = 40
DIGEST = "SELECT COUNT(*), SUM(N), SUM(MOD(N * N, 1000003)), MIN(N), MAX(N) FROM T"
WRITES = (
    "INSERT INTO T (N) SELECT MOD(N * 7 + {n}, 1000000) FROM T WHERE MOD(N, 3) = {n}",
    "INSERT INTO T (N) VALUES ({n}), ({n} + 1)",
    "DELETE FROM T WHERE MOD(N, 11) = {n}",
    "UPDATE T SET N = N + 1 WHERE MOD(N, 5) = {n}",
    "MERGE INTO T USING (SELECT {n} AS N) S ON T.N = S.N WHEN MATCHED THEN DELETE "
    "WHEN NOT MATCHED THEN INSERT (N) VALUES (S.N)",
    "DELETE FROM T WHERE N = -{n} - 1",
)


def checkpoint(running: RunningWarehouse) -> None:
    with running.warehouse.instance.duck_conn.cursor() as connection:
        connection.execute("CHECKPOINT DB")


def connected(running: RunningWarehouse, folder: Path) -> Client:
    return Client(snowflake.connector.connect(database="DB", **running.connection_parameters()), folder)


def fill(client: Client) -> None:
    client.rows("CREATE DATABASE DB")
    client.rows("CREATE TABLE T (N NUMBER(9,0))")
    client.rows("INSERT INTO T VALUES (1)")
    for doubling in range(17):
        client.rows(f"INSERT INTO T SELECT N + {2**doubling} FROM T")


def write(client: Client, chance: random.Random) -> list[tuple[str, object]]:
    """Some statements, each with the digest of the table after it; now and then in a transaction."""
    is_transaction = chance.random() < 0.3
    if is_transaction:
        client.rows("BEGIN")
    seen = []
    for _ in range(chance.randint(1, 3)):
        cursor = client.connection.cursor()
        cursor.execute(chance.choice(WRITES).format(n=chance.randint(0, 2)))
        seen.append((str(cursor.sfqid), client.rows(DIGEST)[0]))
    if not is_transaction:
        return seen
    is_kept = chance.random() < 0.7
    client.rows("COMMIT" if is_kept else "ROLLBACK")
    return seen if is_kept else []


@pytest.mark.parametrize("seed", [2, 7])
def test_every_state_is_seen_again(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - the same statements each time
    seen: list[tuple[str, object]] = []
    with running_warehouse(tmp_path / "kept") as running:
        client = connected(running, tmp_path)
        fill(client)
        while len(seen) < STATEMENTS:
            seen += write(client, chance)
            if chance.random() < 0.2:
                checkpoint(running)
        client.connection.close()
    with running_warehouse(tmp_path / "kept") as running:
        client = connected(running, tmp_path)
        for query_id, digest in seen:
            past = DIGEST.replace("FROM T", f"FROM T AT (STATEMENT => '{query_id}')")
            assert client.rows(past) == [digest], query_id
        client.connection.close()
