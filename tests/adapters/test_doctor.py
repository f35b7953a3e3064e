"""The doctor on a way that works, and on ways with one fault each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from local.warehouse.serving.certificates import trusting
from local.warehouse.serving.server import RunningWarehouse, running_warehouse
from sfetl_provider.adapters.doctor import examine
from sfetl_provider.adapters.patient import Patient
from sfetl_provider.adapters.snowflake_session import SnowflakeSession, open_connection
from sfetl_provider.core.doctor.examination import Examination, StepState, render_examination
from sfetl_provider.core.errors import ConnectionMissingError
from sfetl_provider.core.network.settings_reading import ProxyFields, read_proxy_settings
from tests.adapters.network.asking_proxy import PASSWORD, USER, asking_proxy
from tests.adapters.squid import INNER_HOST, running_squid

STEPS = (
    *("connections", "proxy", "DNS", "TCP", "tunnel", "TLS", "login"),
    *("warehouse", "stage", "PUT", "LIST", "COPY", "REMOVE"),
)


@pytest.fixture(scope="module")
def encrypted() -> Iterator[RunningWarehouse]:
    with running_warehouse(tls=True, names=(INNER_HOST,)) as running, trusting(running.ca_bundle):
        with SnowflakeSession(open_connection(running.connection_parameters())) as session:
            session.query("CREATE DATABASE DB")
        yield running


def patient(encrypted: RunningWarehouse, proxy: str, password: str = PASSWORD, **more: Any) -> Patient:
    options = {"account": "local", "user": "local", "password": "local", "login_timeout": 2}
    options |= {"host": INNER_HOST, "port": encrypted.port, "protocol": "https", "warehouse": "LOCAL_WH"}
    extra = {"ca_bundle": str(encrypted.ca_bundle), **more}
    database = extra.pop("database", "DB")
    settings = read_proxy_settings(ProxyFields("corp", proxy, None, USER, password, extra), {})
    return Patient(options, settings, database)


def examined(patient: Patient) -> Examination:
    found = examine("inner", "corp", lambda: patient)
    for secret in (PASSWORD, "'local'"):
        assert secret not in str(found.to_json()) + repr(patient)
    assert tuple(step.name for step in found.steps) == STEPS
    return found


def failure(found: Examination) -> tuple[str, str]:
    step = found.failed_step
    assert step is not None
    assert step.remedy
    assert f"Failed at: {step.name} ({step.error})" in render_examination(found)
    after = [later.state for later in found.steps[found.steps.index(step) + 1 :]]
    assert set(after) <= {StepState.SKIPPED}
    return step.name, step.error


def test_a_way_that_works_is_gone_to_its_end_and_leaves_nothing(encrypted: RunningWarehouse) -> None:
    with asking_proxy("ntlm") as proxy:
        address = f"127.0.0.1:{proxy.port}"
        found = examined(patient(encrypted, address))

        assert found.failed_step is None, render_examination(found)
        by_name = {step.name: step for step in found.steps}
        assert by_name["proxy"].found == f"{address} (mode explicit)"
        assert by_name["TLS"].found.startswith("issued by sfetl local warehouse")
        assert (by_name["tunnel"].target_seconds, by_name["login"].target_seconds) == (2.0, 5.0)
        assert render_examination(found).endswith("Everything works.")
        assert failure(examined(patient(encrypted, address, database=""))) == (
            "stage",
            "ConnectionMissingError",
        )
        assert failure(examined(patient(encrypted, address, database="NO"))) == (
            "stage",
            "ObjectMissingError",
        )


def test_what_a_proxy_does_to_us_is_told_at_its_step(encrypted: RunningWarehouse) -> None:
    with asking_proxy("basic") as proxy, running_squid(blocked="warehouse") as denying:
        address = f"127.0.0.1:{proxy.port}"
        squid = f"127.0.0.1:{denying.port}"
        faults = [
            failure(examined(patient(encrypted, "proxy.invalid:1"))),
            failure(examined(patient(encrypted, "127.0.0.1:9"))),
            failure(examined(patient(encrypted, address, "wrong"))),
            failure(examined(patient(encrypted, squid, "", authentication="none"))),
            failure(examined(patient(encrypted, address, ca_bundle=""))),
        ]

    assert faults == [
        ("DNS", "ProxyUnreachableError"),
        ("TCP", "ProxyUnreachableError"),
        ("tunnel", "ProxyAuthenticationError"),
        ("tunnel", "ProxyDeniedError"),
        ("TLS", "TlsUntrustedError"),
    ]


def test_connections_that_are_not_there_are_the_first_step() -> None:
    def read() -> Patient:
        raise ConnectionMissingError("The Airflow connection x does not exist.", next_step="Create x.")

    assert failure(examine("x", "", read)) == ("connections", "ConnectionMissingError")
