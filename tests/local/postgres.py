"""A PostgreSQL server of a test, in a folder of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg2

from local.stack.ports import LOOPBACK, choose_ports
from local.stack.waiting import wait_until

USER = "airflow"


@dataclass(frozen=True)
class RunningPostgres:
    """A server with an empty database `airflow`, owned by the user of that name."""

    port: int
    password: str = field(repr=False)

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """All rows of a query, in a session of its own."""
        address = {"host": LOOPBACK, "port": self.port, "dbname": "airflow", "user": USER}
        with closing(psycopg2.connect(**address, password=self.password)) as session:
            cursor = session.cursor()
            cursor.execute(statement)
            return list(cursor.fetchall())


@contextmanager
def running_postgres(password: str) -> Iterator[RunningPostgres]:
    """Start a server on a free loopback port; at the end it is stopped and its data deleted."""
    port = choose_ports(("postgres",), {})["postgres"]
    with TemporaryDirectory(prefix="sfetl-postgres-") as name:
        folder = _cluster(Path(name), password)
        options = [
            "-p",
            str(port),
            "-k",
            str(folder),
            "-c",
            f"listen_addresses={LOOPBACK}",
            "-c",
            "fsync=off",
        ]
        with (folder / "server.log").open("wb") as log:
            command = [program("postgres"), "-D", str(folder / "data"), *options]
            server = subprocess.Popen(command, stdout=log, stderr=log, **_as_somebody())
        try:
            address = ["-h", LOOPBACK, "-p", str(port), "-U", USER]
            wait_until(lambda: _succeeds([program("pg_isready"), *address]), "PostgreSQL's start", 30)
            environment = {**os.environ, "PGPASSWORD": password}
            subprocess.run([program("createdb"), *address, "airflow"], check=True, env=environment)
            yield RunningPostgres(port, password)
        finally:
            server.terminate()
            server.wait(30)


def program(name: str) -> str:
    """A program of PostgreSQL; Debian keeps those of the server out of PATH."""
    debian = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    found = str(debian[-1]) if debian else shutil.which(name)
    if found is None:
        raise FileNotFoundError(
            f"{name} is not installed; local/setup/install-debian-packages.sh installs it"
        )
    return found


def _cluster(folder: Path, password: str) -> Path:
    password_file = folder / "password"
    password_file.write_text(password)
    for path in (folder, password_file):
        if os.getuid() == 0:
            shutil.chown(path, "nobody", "nogroup")
    command = [program("initdb"), "-D", str(folder / "data"), "-U", USER, "-E", "UTF8", "--no-sync"]
    authentication = ["--auth=scram-sha-256", f"--pwfile={password_file}"]
    subprocess.run([*command, *authentication], check=True, stdout=subprocess.DEVNULL, **_as_somebody())
    return folder


def _as_somebody() -> dict[str, Any]:
    # PostgreSQL refuses to run as root.
    return {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.getuid() == 0 else {}


def _succeeds(command: list[str]) -> bool:
    return subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode == 0
