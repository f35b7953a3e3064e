"""The commands `ledger` and `init` against the local warehouse, with Airflow's connection."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

import pytest
from airflow.models import Connection
from airflow.utils.session import create_session

from local.warehouse.serving.server import RunningWarehouse
from sfetl_provider.cli.all_commands import INIT, LEDGER
from sfetl_provider.cli.folders import Folders
from sfetl_provider.core.config.load import find_feed
from sfetl_provider.core.ledger.append import append
from sfetl_provider.core.ledger.generation import raise_generation, read_generation
from sfetl_provider.core.ledger.transaction import transaction
from sfetl_provider.operators.feed_operator import hook_of
from tests.core.load_samples import sample_facts

from .conftest import SALES, query


def run(folder: Path, *arguments: str) -> int:
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(required=True)
    for command in (LEDGER, INIT):
        added = commands.add_parser(command.name)
        for option in command.options:
            added.add_argument(*option.flags, **option.settings)
        added.set_defaults(run=command.run)
    parsed = parser.parse_args([*arguments, "--feed", "kept"])
    return int(parsed.run(parsed, Folders(folder, folder, folder)))


def write_rows(folder: Path, count: int) -> None:
    with hook_of(find_feed(folder, "kept")).open_session() as session:
        for generation in range(1, count + 1):
            seen = read_generation(session, "TESTS", "kept", "2013-01")
            with transaction(session, 60):
                raise_generation(session, "TESTS", "kept", "2013-01", seen)
                append(session, "TESTS", sample_facts(feed="kept", generation=generation))


def test_the_connection_may_lie_in_airflows_database(
    warehouse: RunningWarehouse,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("_AIRFLOW_PROCESS_CONTEXT", "")  # put back at the end
    fields = json.loads(os.environ["AIRFLOW_CONN_SNOWFLAKE_DEFAULT"])
    with create_session() as session:
        session.add(Connection(**fields | {"conn_id": "stored", "extra": json.dumps(fields["extra"])}))
    (tmp_path / "kept.json").write_text(json.dumps({**SALES, "snowflake_conn_id": "stored"}))

    assert run(tmp_path, "init", "--role", "loader") == 0, capsys.readouterr().err


def test_a_tampered_row_is_named(
    warehouse: RunningWarehouse, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "kept.json").write_text(json.dumps(SALES))

    assert run(tmp_path, "init", "--role", "loader") == 0
    assert 'GRANT SELECT, INSERT, UPDATE ON TABLE "TESTS"."SFETL"."HEAD_KEPT"' in capsys.readouterr().out
    write_rows(tmp_path, 3)
    assert run(tmp_path, "ledger", "verify") == 0
    assert capsys.readouterr().out.startswith("kept: whole, 3 rows, the last has hash ")
    assert run(tmp_path, "ledger", "show", "--month", "2013-01", "--json") == 0
    assert [row["generation"] for row in json.loads(capsys.readouterr().out)] == [1, 2, 3]

    query(warehouse, "UPDATE TESTS.SFETL.LEDGER SET ACTOR = 'eve' WHERE FEED = 'kept' AND SEQUENCE = 2")

    assert run(tmp_path, "ledger", "verify") == 1
    said = "kept: BROKEN at row 2: its content was changed after it was written\n"
    assert capsys.readouterr().out == said
