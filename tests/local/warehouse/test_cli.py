"""The Snowflake CLI, from an environment of its own, on the local warehouse. Each call takes some seconds."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local.warehouse.serving.how_to_connect import connections_toml
from local.warehouse.serving.server import RunningWarehouse

SNOW = Path(__file__).parents[3] / ".venv-cli" / "bin" / "snow"


@dataclass(frozen=True)
class Cli:
    """The program `snow` with a connection to the warehouse."""

    home: Path

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """One call of it."""
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.home), "SNOWFLAKE_HOME": str(self.home)}
        call = [str(SNOW), "--config-file", str(self.home / "config.toml"), *words, "-c", "local"]
        return subprocess.run(
            call, env=environment, cwd=self.home, capture_output=True, text=True, timeout=120, check=False
        )

    def rows(self, *words: str) -> Any:
        """What it answers with --format json."""
        done = self.run(*words, "--format", "json")
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)


@pytest.fixture
def cli(local_warehouse: RunningWarehouse, tmp_path: Path) -> Cli:
    config = tmp_path / "config.toml"
    toml = connections_toml(
        local_warehouse.host, local_warehouse.port, is_tls=False, table="connections.local"
    )
    config.write_text(toml, encoding="utf-8")
    config.chmod(0o600)
    return Cli(tmp_path)


def test_a_file_is_copied_up_listed_and_loaded_and_a_bad_row_is_shown(cli: Cli) -> None:
    made = "CREATE DATABASE CLI; CREATE STAGE CHUNKS; CREATE TABLE T (A NUMBER(9,0), B VARCHAR)"
    assert [answer[0]["status"] for answer in cli.rows("sql", "-q", made)] == [
        "Database CLI successfully created.",
        "Stage area CHUNKS successfully created.",
        "Table T successfully created.",
    ]
    (cli.home / "bad.tsv").write_bytes(b"1\tx\n2\ty\nbad\tz\n")
    (sent,) = cli.rows(
        "stage", "copy", str(cli.home / "bad.tsv"), "@CLI.PUBLIC.CHUNKS/p", "--no-auto-compress"
    )
    assert (sent["target"], sent["status"]) == ("bad.tsv", "UPLOADED")
    (listed,) = cli.rows("stage", "list-files", "@CLI.PUBLIC.CHUNKS")
    assert listed["name"] == "chunks/p/bad.tsv"
    copy = (
        "COPY INTO CLI.PUBLIC.T FROM @CLI.PUBLIC.CHUNKS/p FILES=('bad.tsv') FILE_FORMAT=(TYPE=CSV "
        "FIELD_DELIMITER='\\t' ESCAPE_UNENCLOSED_FIELD=NONE)"
    )
    failed = cli.run("sql", "-q", copy, "--format", "json")
    said = " ".join((failed.stdout + failed.stderr).replace("│", " ").split())
    assert failed.returncode == 1
    for part in (
        "100038",
        "Numeric value 'bad' is not recognized",
        "'p/bad.tsv', line 3",
        'column "T"["A":1]',
    ):
        assert part in said
    counted, listed_again = cli.rows(
        "sql", "-q", "SELECT COUNT(*) AS N FROM CLI.PUBLIC.T; LIST @CLI.PUBLIC.CHUNKS"
    )
    assert (counted, listed_again) == ([{"N": 0}], [listed])
