"""PUT through Squid and through our forwarder, against direct: to the local warehouse over TLS, on loopback.

    python -m benchmarks.network [--mebibytes 128] [--rounds 5]

Run from the project's root with the environment of the tests; Squid must be installed. The warehouse and the
uploads are processes of their own, as in a load; the forwarder is a thread of this one. Each side uploads one file
of random bytes a round, in turn; the best round of each counts. Appends to RESULTS.md.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.results import MACHINE_COLUMNS, append_rows, machine_cells
from local.stack.waiting import wait_until
from sfetl_provider.adapters.network.login_fault import target_of
from sfetl_provider.adapters.network.route import network_options
from sfetl_provider.adapters.snowflake_session import SnowflakeSession, open_connection
from sfetl_provider.adapters.upload_process import Patience, ProcessUploader
from sfetl_provider.core.network.settings_reading import ProxyFields, read_proxy_settings
from tests.adapters.network.asking_proxy import PASSWORD, USER, asking_proxy
from tests.adapters.squid import PASSWORD as SQUID_PASSWORD
from tests.adapters.squid import USER as SQUID_USER
from tests.adapters.squid import running_squid

HEADING = f"""
## Proxies

`python -m benchmarks.network`: PUT of one file of random bytes by an upload process, as in a load, to the local
warehouse over TLS; in turn, the best of the rounds; loopback. "forwarder, direct": the forwarder without a proxy.

| {MACHINE_COLUMNS} | MiB | way | MB/s | of direct |
|---|---|---|---|---|---|---|---|
"""
STAGE = '@"DEMO"."SFETL"."CHUNKS"'


@contextmanager
def served(folder: Path) -> Iterator[dict[str, Any]]:
    """A local warehouse over TLS in a process of its own, with the stage; gives the connector's options."""
    port_file, tls = folder / "port", folder / "tls"
    command = [sys.executable, "-m", "local.warehouse", "serve", "--tls", "--tls-folder", str(tls)]
    with subprocess.Popen(
        [*command, "--folder", str(folder / "kept"), "--port-file", str(port_file)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            wait_until(port_file.exists, "the local warehouse", 60, poll_seconds=0.1)
            options = {"account": "local", "user": "local", "password": "local", "host": "127.0.0.1"}
            options |= {"port": int(port_file.read_text()), "protocol": "https"}
            yield options | {"ca_bundle": str(tls / "ca-bundle.pem")}
        finally:
            process.terminate()


def way(options: dict[str, Any], login: tuple[str, str] = ("", ""), **fields: Any) -> dict[str, Any]:
    """Options for one way, as the hook makes them of a proxy connection."""
    extra = {"ca_bundle": options["ca_bundle"], **fields.pop("extra", {})}
    settings = read_proxy_settings(
        ProxyFields("bench", login=login[0], password=login[1], extra=extra, **fields), {}
    )
    plain = {name: value for name, value in options.items() if name != "ca_bundle"}
    return plain | network_options(settings, target_of(plain))


def seconds_of(uploader: ProcessUploader, path: Path, folder: str) -> float:
    """Upload once."""
    began = time.perf_counter()
    uploader.upload(path, f"{STAGE}/{folder}/")
    return time.perf_counter() - began


def main() -> None:
    """Measure each way."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.network", description=__doc__)
    parser.add_argument("--mebibytes", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        path, script = folder / "part-00001.tsv.zst", folder / "direct.pac"
        path.write_bytes(os.urandom(given.mebibytes << 20))
        script.write_text('function FindProxyForURL(url, host) { return "DIRECT"; }')
        options = stack.enter_context(served(folder))
        squid, ntlm = stack.enter_context(running_squid()), stack.enter_context(asking_proxy("ntlm"))
        basic = {"authentication": "basic"}
        ways = {
            "direct": way(options, extra={"mode": "none"}),
            "forwarder, direct": way(options, extra={"mode": "pac", "pac": str(script)}),
            "Squid": way(
                options, (SQUID_USER, SQUID_PASSWORD), host="127.0.0.1", port=squid.port, extra=basic
            ),
            "forwarder, Squid": way(
                options, (SQUID_USER, SQUID_PASSWORD), host=f"127.0.0.1:{squid.port},127.0.0.1:9", extra=basic
            ),
            "forwarder, NTLM": way(options, (USER, PASSWORD), host="127.0.0.1", port=ntlm.port),
        }
        with SnowflakeSession(open_connection(ways["direct"])) as session:
            session.query('CREATE DATABASE "DEMO"')
            session.query('CREATE SCHEMA "DEMO"."SFETL"')
            session.query('CREATE STAGE "DEMO"."SFETL"."CHUNKS" ENCRYPTION=(TYPE=\'SNOWFLAKE_SSE\')')
        patience = Patience(120, 1e6)
        uploaders = {
            name: stack.enter_context(ProcessUploader(partial(dict, found), patience))
            for name, found in ways.items()
        }
        best = dict.fromkeys(ways, float("inf"))
        for number in range(given.rounds + 1):  # the first logs in and does not count
            for name, uploader in uploaders.items():
                seconds = seconds_of(uploader, path, f"{number}-{len(name)}")
                best[name] = min(best[name], seconds) if number else best[name]
    size, machine = given.mebibytes * 1.048576, machine_cells()
    rows = [
        f"| {machine} | {given.mebibytes} | {name} | {size / seconds:.0f} | {best['direct'] / seconds:.0%} |"
        for name, seconds in best.items()
    ]
    append_rows(HEADING, rows)
    print("\n".join(rows))


if __name__ == "__main__":
    main()
