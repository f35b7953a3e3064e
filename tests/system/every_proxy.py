"""One load of real flights through each kind of proxy, with the proxy's own log as proof.

    python -m tests.system.every_proxy [--record] [WAY …]

Run from the project's root with the environment of the tests; needs Squid and .venv-mitmproxy. The local warehouse
speaks TLS by a name that only the proxies can resolve, so that going around one cannot pass. Each way loads the
same month (QC, staging by upload processes, COPY, audit, publication) in place of the one before. Ends with an
error when a load does not arrive or a log does not show it. `--record` appends to benchmarks/RESULTS.md.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.results import MACHINE_COLUMNS, append_rows, machine_cells
from local.input.demo_data import FLIGHTS_BY_MONTH, flights_file, write_demo_data
from local.warehouse.serving.server import RunningWarehouse, running_warehouse
from sfetl_provider.adapters.network.login_fault import target_of
from sfetl_provider.adapters.network.route import network_options
from sfetl_provider.adapters.snowflake_session import SnowflakeSession, open_connection
from sfetl_provider.adapters.system_clock import SystemClock
from sfetl_provider.adapters.upload_process import Patience, ProcessUploader
from sfetl_provider.core.config.load import load_feed
from sfetl_provider.core.ledger.tables import prepare
from sfetl_provider.core.network.settings_reading import ProxyFields, read_proxy_settings
from sfetl_provider.core.publish.publication import publish_month
from tests.adapters.mitmproxy import PROJECT, running_mitmproxy
from tests.adapters.network.asking_proxy import PASSWORD, USER, AskingProxy, asking_proxy
from tests.adapters.network.certificates import make_certificate
from tests.adapters.squid import INNER_HOST, running_squid
from tests.adapters.squid import PASSWORD as SQUID_PASSWORD
from tests.adapters.squid import USER as SQUID_USER
from tests.integration.month_bench import MONTH, MonthBench

ROWS = FLIGHTS_BY_MONTH[str(MONTH)]
HEADING = f"""
## A load through each kind of proxy

`python -m tests.system.every_proxy --record`: {ROWS:,} real flights from file to table, the local warehouse behind
TLS under a name that only the proxy resolves; seconds from the login to the publication. "Proxy's log": how often
it says what.

| {MACHINE_COLUMNS} | way | s | rows | proxy's log |
|---|---|---|---|---|---|---|---|
"""
_CONFIG = PROJECT / "include" / "configs" / "flights.json"
_TABLES = PROJECT / "local" / "input" / "tables.sql"
_CHANGING = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27,}|\b[0-9a-f]{12}\b|:\d{4,5}\b|part-\d+")
_DEAD = "127.0.0.1:9"


@dataclass(frozen=True)
class Way:
    """A proxy connection as a user fills it in, and what the proxy logged, once all is over."""

    proxy: ProxyFields
    log: Callable[[], Sequence[str]]
    host: str = INNER_HOST


@dataclass(frozen=True)
class Place:
    """What the ways are made for: a warehouse behind TLS, and a folder with the month's file, to write in."""

    warehouse: RunningWarehouse
    folder: Path

    @property
    def ca_bundle(self) -> Path:
        """What clients of the warehouse need."""
        assert self.warehouse.ca_bundle is not None
        return self.warehouse.ca_bundle

    def fields(self, host: str, login: tuple[str, str] = ("", ""), **extra: str) -> ProxyFields:
        """Fill in a connection."""
        return ProxyFields("corp_proxy", host, None, *login, {"ca_bundle": str(self.ca_bundle), **extra})

    def script(self, answer: str) -> str:
        """Write a PAC script that always gives this answer."""
        path = self.folder / "proxy.pac"
        path.write_text(f'function FindProxyForURL(url, host) {{ return "{answer}"; }}\n')
        return str(path)


@contextmanager
def direct(place: Place) -> Iterator[Way]:
    """No proxy."""
    yield Way(place.fields("", mode="none"), lambda: (), "127.0.0.1")


@contextmanager
def squid(place: Place, scheme: str, pac: str = "", before: str = "") -> Iterator[Way]:
    """Squid, named by its address or by a PAC script (`file` or `served`), perhaps after one that is down."""
    with running_squid(scheme=scheme) as running, ExitStack() as stack:
        address = f"127.0.0.1:{running.port}"
        login = ("", "") if scheme == "none" else (SQUID_USER, SQUID_PASSWORD)
        extra: dict[str, str] = {} if scheme == "none" else {"authentication": scheme}
        served: list[str] = []
        if pac:
            location = place.script(f"PROXY {address}")
            if pac == "served":
                location = stack.enter_context(_serving(Path(location), served))
            extra |= {"mode": "pac", "pac": location}

        def log() -> list[str]:
            return served + [
                f"{found.status} {found.method} {found.address} {found.user}" for found in running.stop()
            ]

        yield Way(place.fields("" if pac else f"{before}{address}", login, **extra), log)


@contextmanager
def _serving(path: Path, log: list[str]) -> Iterator[str]:
    """Serve one file by HTTP and give its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # http.server's name
            content = path.read_bytes()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, template: str, *parts: object) -> None:
            log.append(f"200 GET {self.path}")

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/proxy.pac"
        server.shutdown()


@contextmanager
def asking(place: Place, scheme: str, is_tls: bool = False) -> Iterator[Way]:
    """A proxy that really verifies who asks, perhaps reached by TLS."""
    with ExitStack() as stack:
        files, bundle = None, place.ca_bundle
        if is_tls:
            files = make_certificate(place.folder)
            bundle = place.folder / "both.pem"
            bundle.write_bytes(place.ca_bundle.read_bytes() + files.certificate.read_bytes())
        proxy: AskingProxy = stack.enter_context(asking_proxy(scheme, files))
        host = f"{'https://localhost' if is_tls else '127.0.0.1'}:{proxy.port}"
        authentication = "ntlm" if scheme == "negotiate" else scheme
        fields = place.fields(host, (USER, PASSWORD), authentication=authentication, ca_bundle=str(bundle))
        yield Way(fields, lambda: proxy.log)


@contextmanager
def intercepting(place: Place, is_text: bool = False) -> Iterator[Way]:
    """mitmproxy, its CA given by path or as text."""
    with running_mitmproxy(place.ca_bundle) as running:
        ca = running.authority.read_text() if is_text else str(running.authority)
        yield Way(place.fields(f"127.0.0.1:{running.port}", ca_bundle=ca), running.requests)


WAYS: dict[str, Callable[[Place], AbstractContextManager[Way]]] = {
    "direct": direct,
    "Squid": partial(squid, scheme="none"),
    "Squid, Basic": partial(squid, scheme="basic"),
    "Squid, NTLM": partial(squid, scheme="ntlm"),
    "NTLM, verified": partial(asking, scheme="ntlm"),
    "Negotiate with NTLM, verified": partial(asking, scheme="negotiate"),
    "reached by TLS, Basic": partial(asking, scheme="basic", is_tls=True),
    "a list, the first one down": partial(squid, scheme="basic", before=f"{_DEAD},"),
    "PAC script, a file": partial(squid, scheme="basic", pac="file"),
    "PAC script, served": partial(squid, scheme="none", pac="served"),
    "mitmproxy, CA by path": intercepting,
    "mitmproxy, CA as text": partial(intercepting, is_text=True),
}


def options_of(place: Place, way: Way) -> dict[str, Any]:
    """Give the connector's options for a way, as the hook makes them."""
    options = {"account": "local", "user": "local", "password": "local", "host": way.host}
    options |= {"port": place.warehouse.port, "protocol": "https", "login_timeout": 20}
    return options | network_options(read_proxy_settings(way.proxy, {}), target_of(options))


def load_flights(place: Place, way: Way, run_id: str) -> int:
    """Load the month as a run's tasks do, and give the rows that the table then holds."""
    config = load_feed(_CONFIG)
    options = partial(options_of, place, way)
    with (
        SnowflakeSession(open_connection(options())) as session,
        ProcessUploader(options, Patience(120, 1e6)) as uploader,
    ):
        prepare(session, config)
        bench = MonthBench(session, config, place.folder, uploader)
        publish_month(bench.loaded(bench.plan(run_id)), session, SystemClock())
        rows, _ = bench.rows()
    return rows


@contextmanager
def flights_warehouse(folder: Path) -> Iterator[Place]:
    """A local warehouse behind TLS with the demo's tables, and a month of flights in the folder."""
    write_demo_data(folder / "incoming")
    shutil.copy(folder / "incoming" / "flights" / flights_file(str(MONTH)), folder / "month.tsv")
    with running_warehouse(tls=True, names=(INNER_HOST,)) as running:
        place = Place(running, folder)
        with direct(place) as way, SnowflakeSession(open_connection(options_of(place, way))) as session:
            for statement in re.sub(r"--[^\n]*", "", _TABLES.read_text()).split(";"):
                if statement.strip():
                    session.query(statement)
        yield place


def proof(log: Sequence[str]) -> str:
    """Say how often a log says what; ports and keys, which change, are left out."""
    counted = Counter(_CHANGING.sub("…", line) for line in log)
    return "; ".join(f"{count} × {line}" for line, count in counted.items())


def main() -> None:
    """Load by each way, and print what came of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.system.every_proxy", description=__doc__)
    parser.add_argument("ways", nargs="*", metavar="WAY", help=f"some of: {'; '.join(WAYS)}")
    parser.add_argument("--record", action="store_true")
    given = parser.parse_args()
    rows = []
    with TemporaryDirectory() as name, flights_warehouse(Path(name)) as place:
        for number, title in enumerate(given.ways or WAYS):
            with WAYS[title](place) as way:
                began = time.monotonic()
                loaded = load_flights(place, way, f"manual__{number}")
                seconds = time.monotonic() - began
                told = proof(way.log())
            if loaded != ROWS or (title != "direct" and INNER_HOST not in told):
                raise SystemExit(f"{title}: {loaded} rows; the proxy's log: {told or 'nothing'}")
            rows.append(f"{title} | {seconds:.1f} | {loaded:,} | {told or '–'}")
            sys.stdout.write(f"| {rows[-1]} |\n")
            sys.stdout.flush()
    if given.record:
        append_rows(HEADING, [f"| {machine_cells()} | {row} |" for row in rows])


if __name__ == "__main__":
    main()
