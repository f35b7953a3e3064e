"""What the doctor prints on a way that works, and on ways with one fault each: the texts of docs/networks.md.

    python -m tests.system.doctor_faults

Run from the project's root with the environment of the tests; needs Squid and .venv-mitmproxy.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from local.warehouse.serving.server import running_warehouse
from sfetl_provider.adapters.doctor import examine
from sfetl_provider.adapters.patient import Patient
from sfetl_provider.adapters.snowflake_session import SnowflakeSession, open_connection
from sfetl_provider.core.doctor.examination import render_examination
from sfetl_provider.core.network.settings_reading import ProxyFields, read_proxy_settings
from tests.adapters.mitmproxy import running_mitmproxy
from tests.adapters.network.asking_proxy import PASSWORD, USER, asking_proxy
from tests.adapters.network.certificates import make_certificate
from tests.adapters.squid import INNER_HOST, running_squid
from tests.system.every_proxy import Place, direct, options_of


def patients(place: Place, stack: ExitStack) -> Iterator[tuple[str, Patient]]:
    """Give each way with what is wrong on it."""
    ntlm = stack.enter_context(asking_proxy("ntlm"))
    denying = stack.enter_context(running_squid(scheme="none", blocked="warehouse"))
    opening = stack.enter_context(running_mitmproxy(place.ca_bundle))
    stale = stack.enter_context(asking_proxy(None, shown=make_certificate(place.folder, INNER_HOST, -1)))
    wrong_folder = place.folder / "wrong"
    wrong_folder.mkdir()
    other = stack.enter_context(
        asking_proxy(None, shown=make_certificate(wrong_folder, "portal.example.com"))
    )
    login = (USER, PASSWORD)
    works = _patient(place, place.fields(f"127.0.0.1:{ntlm.port}", login, authentication="ntlm"))
    yield "Nothing", works
    yield "The proxy's name is wrong", _patient(place, place.fields("proxy.invalid:8080"))
    yield "The proxy is down", _patient(place, place.fields("127.0.0.1:9"))
    refused = place.fields(f"127.0.0.1:{ntlm.port}", (USER, "wrong"), authentication="ntlm")
    yield "Its password is wrong", _patient(place, refused)
    yield "The proxy forbids the host", _patient(place, place.fields(f"127.0.0.1:{denying.port}"))
    script = place.folder / "broken.pac"
    script.write_text("<html>Not found</html>")
    yield "The PAC script is none", _patient(place, place.fields("", mode="pac", pac=str(script)))
    yield (
        "A proxy opens TLS, and its CA is not known",
        _patient(place, place.fields(f"127.0.0.1:{opening.port}")),
    )
    for title, proxy, folder in (
        ("A certificate is out of date", stale, place.folder),
        ("A certificate is of another host", other, wrong_folder),
    ):
        bundle = folder / "certificate.pem"
        yield title, _patient(place, place.fields(f"127.0.0.1:{proxy.port}", ca_bundle=str(bundle)))
    yield "No database is named", replace(works, database="")
    yield "The database does not exist", replace(works, database="SALES_TYPO")


def _patient(place: Place, fields: ProxyFields) -> Patient:
    options: dict[str, Any] = {
        "account": "local",
        "user": "SFETL_LOADER",
        "password": "local",
        "login_timeout": 5,
    }
    options |= {
        "host": INNER_HOST,
        "port": place.warehouse.port,
        "protocol": "https",
        "warehouse": "LOCAL_WH",
    }
    return Patient(options, read_proxy_settings(fields, {}), "DEMO")


def main() -> None:
    """Print them all."""
    with TemporaryDirectory() as name, ExitStack() as stack:
        running = stack.enter_context(running_warehouse(tls=True, names=(INNER_HOST,)))
        place = Place(running, Path(name))
        with direct(place) as way, SnowflakeSession(open_connection(options_of(place, way))) as session:
            session.query("CREATE DATABASE DEMO")
        for title, patient in patients(place, stack):
            found = examine("snowflake_default", "corp_proxy", lambda patient=patient: patient)
            sys.stdout.write(f"### {title}\n\n{render_examination(found)}\n\n")


if __name__ == "__main__":
    main()
