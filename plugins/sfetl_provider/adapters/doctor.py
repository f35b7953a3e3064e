"""The way to Snowflake, step by step: the first that fails is named with its cause and remedy.

What is examined is done as a load does it: with the same options, the same session, a real PUT. It costs one login
and a few small statements, asks with a proxy's credential as often as a load, and leaves nothing behind but the
schema SFETL and its stage, which the first load would make.
"""

from __future__ import annotations

import os
import secrets
import socket
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sfetl_provider.adapters.network.certificate_probe import certificate_error, look_at_certificate
from sfetl_provider.adapters.network.choice import NETWORK
from sfetl_provider.adapters.network.faults import host_unknown, proxy_unreachable, reason_of
from sfetl_provider.adapters.network.login_fault import dial, target_of, trusted_file
from sfetl_provider.adapters.network.route import network_options, ways_to
from sfetl_provider.adapters.network.tunnel import Target
from sfetl_provider.adapters.patient import Patient
from sfetl_provider.adapters.snowflake_session import SnowflakeSession, open_connection
from sfetl_provider.core.doctor import statements
from sfetl_provider.core.doctor.examination import Examination, ExaminedStep, StepState, remedy_of
from sfetl_provider.core.errors import (
    ConnectionMissingError,
    ReconciliationError,
    SfetlError,
    WarehouseUnavailableError,
)
from sfetl_provider.core.ledger.tables import place_statements
from sfetl_provider.core.network.proxy_settings import ProxyAddress, ProxySettings
from sfetl_provider.core.network.settings_reading import ProxyFields, read_proxy_settings
from sfetl_provider.core.plan.names import doctor_folder, doctor_table
from sfetl_provider.core.stage.cleaning import remove_files

NEGOTIATION_SECONDS = 2.0
CONNECTION_SECONDS = 5.0
_CONNECT_SECONDS = 4.0
_FILE = "part-00001.tsv"
# Snowflake's own words come with a statement that it refused; most often it is this.
_REMEDY = "Have the role granted what it lacks; the README lists what a load needs."


@dataclass
class _Findings:
    """What one step leaves for the next ones."""

    options: dict[str, Any] = field(default_factory=dict, repr=False)
    way: ProxyAddress | None = None
    session: SnowflakeSession | None = None


def examine(snowflake_conn_id: str, proxy_conn_id: str, read: Callable[[], Patient]) -> Examination:
    """Go all steps until one fails; the first is `read`, which looks the connections up."""
    doctor = _Doctor(read)
    try:
        doctor.go()
    finally:
        doctor.leave()
    return Examination(
        snowflake_conn_id=snowflake_conn_id, proxy_conn_id=proxy_conn_id, steps=tuple(doctor.steps)
    )


class _Doctor:
    """One examination."""

    def __init__(self, read: Callable[[], Patient]) -> None:
        self.steps: list[ExaminedStep] = []
        self._read = read
        self._patient = Patient({}, None, "")
        self._found = _Findings()
        self._key = secrets.token_hex(6)

    def go(self) -> None:
        """Run each step, or skip it after a failure."""
        self._step("connections", self._connections)
        self._step("proxy", self._proxy)
        self._step("DNS", self._name)
        self._step("TCP", self._reach)
        self._step("tunnel", self._tunnel, NEGOTIATION_SECONDS)
        self._step("TLS", self._certificate)
        self._step("login", self._login, CONNECTION_SECONDS)
        self._step("warehouse", self._warehouse)
        self._step("stage", self._place)
        self._step("PUT", self._put)
        self._step("LIST", self._list)
        self._step("COPY", self._copy)
        self._step("REMOVE", self._remove)

    def leave(self) -> None:
        """Remove what a failure left, and log out."""
        session = self._found.session
        if session is None:
            return
        try:
            if self._is_done("stage") and not self._is_done("REMOVE"):
                self._remove()
                session.query(statements.drop_table(doctor_table(self._patient.database, self._key)))
            session.close()
        except SfetlError:
            pass  # the step that failed is told already; a file of a few bytes may stay

    def _is_done(self, name: str) -> bool:
        return any(step.name == name and step.state in (StepState.OK, StepState.SLOW) for step in self.steps)

    def _step(self, name: str, do: Callable[[], str], target_seconds: float | None = None) -> None:
        if any(step.state is StepState.FAILED for step in self.steps):
            self.steps.append(ExaminedStep(name=name, state=StepState.SKIPPED))
            return
        began = time.monotonic()
        parts: dict[str, Any] = {"name": name, "target_seconds": target_seconds}
        try:
            parts["found"] = do()
            seconds = time.monotonic() - began
            is_slow = target_seconds is not None and seconds > target_seconds
            parts["state"] = StepState.SLOW if is_slow else StepState.OK
        except SfetlError as error:
            seconds = time.monotonic() - began
            parts |= {
                "state": StepState.FAILED,
                "found": error.what,
                "error": type(error).__name__,
                "remedy": remedy_of(error) or _REMEDY,
            }
        self.steps.append(ExaminedStep(seconds=round(seconds, 3), **parts))

    @property
    def _target(self) -> Target:
        return target_of(self._patient.options)

    @property
    def _probed(self) -> ProxySettings:
        """The proxy's settings; without a proxy connection the environment's, which the connector follows."""
        ambient = ProxyFields("the environment", extra={"mode": "environment"})
        return self._patient.settings or read_proxy_settings(ambient, os.environ)

    def _connections(self) -> str:
        self._patient = self._read()
        target = self._target
        return f"{self._patient.options.get('user') or 'no user'} at {target.authority}"

    def _proxy(self) -> str:
        settings = self._probed
        ways = ways_to(settings, self._target)
        self._found.way = ways[0]
        named = ", then ".join("direct" if way is None else str(way) for way in ways)
        source = f"mode {settings.mode}" if self._patient.settings else "no proxy connection: the environment"
        return f"{named} ({source})"

    def _name(self) -> str:
        host = self._found.way.host if self._found.way else self._target.host
        try:
            addresses = {
                str(found[4][0]) for found in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
            }
        except OSError as error:
            if self._found.way is None:
                raise host_unknown("looking it up") from None
            raise proxy_unreachable(f"{self._found.way}: {reason_of(error)}", "looking it up") from None
        return f"{host} is {', '.join(sorted(addresses))}"

    def _reach(self) -> str:
        way, target = self._found.way, self._target
        address = (way.host, way.port) if way else (target.host, target.port)
        try:
            socket.create_connection(address, _CONNECT_SECONDS).close()
        except OSError as error:
            if way is not None and len(ways_to(self._probed, target)) > 1:
                return f"{way}: {reason_of(error)}; there are others"
            if way is not None:
                raise proxy_unreachable(f"{way}: {reason_of(error)}", "connecting to it") from None
            raise WarehouseUnavailableError(
                f"{target.authority} could not be reached: {reason_of(error)}.",
                next_step="Where only a proxy leads out, name it: make a connection of type sfetl proxy.",
            ) from None
        return f"{address[0]}:{address[1]} answers"

    def _tunnel(self) -> str:
        options = network_options(self._probed, self._target)
        self._found.options = {**self._patient.options, **options}
        if self._found.way is None:
            return "none needed"
        return "through this process's forwarder" if options.get("proxy_user") == "sfetl" else "open"

    def _certificate(self) -> str:
        target, options = self._target, self._found.options
        if not target.is_tls:
            return "none: the connection is not encrypted"
        try:
            found = look_at_certificate(lambda: dial(options, target), target.host, trusted_file(options))
        except OSError as error:
            raise WarehouseUnavailableError(
                f"No TLS with {target.authority}: {reason_of(error)}.",
                next_step="Check host and port, and whether a proxy or firewall cuts the connection.",
            ) from None
        told = f"issued by {found.issuer}, valid until {found.not_after:%Y-%m-%d}"
        if found.fault_code and options[NETWORK].is_insecure:
            return f"NOT VERIFIED (insecure): {told}, {found.fault}"
        if found.fault_code:
            raise certificate_error(found, target.host, "looking at it")
        return told

    def _login(self) -> str:
        options = self._found.options if self._patient.settings else dict(self._patient.options)
        self._found.session = SnowflakeSession(open_connection(options))
        return "logged in"

    @property
    def _session(self) -> SnowflakeSession:
        if self._found.session is None:
            raise ConnectionMissingError("There is no session.")
        return self._found.session

    def _warehouse(self) -> str:
        user, role, warehouse = self._session.query(statements.SESSION).rows[0]
        if not warehouse:
            raise ConnectionMissingError(
                f"The session of {user} with role {role} has no warehouse.",
                next_step="Name one in the Snowflake connection, and GRANT USAGE on it to the role.",
            )
        return f"user {user}, role {role}, warehouse {warehouse}"

    def _place(self) -> str:
        if not self._patient.database:
            raise ConnectionMissingError(
                "No database is named, so that no file can be staged.",
                next_step="Name it in the Snowflake connection, or give --database.",
            )
        for statement in place_statements(self._patient.database):
            self._session.query(statement)
        return doctor_folder(self._patient.database, self._key)

    def _put(self) -> str:
        with tempfile.TemporaryDirectory(prefix="sfetl-doctor-") as folder:
            path = Path(folder) / _FILE
            path.write_bytes(statements.CONTENT)
            self._session.upload(path, doctor_folder(self._patient.database, self._key))
        return f"{len(statements.CONTENT)} bytes"

    def _list(self) -> str:
        entries = self._session.list_stage(doctor_folder(self._patient.database, self._key))
        if [entry.size_bytes for entry in entries] != [len(statements.CONTENT)]:
            raise ReconciliationError(
                f"The stage lists {len(entries)} files where one of {len(statements.CONTENT)} bytes was put.",
                next_step="Look for a proxy that answers in the storage's place.",
            )
        return "1 file"

    def _copy(self) -> str:
        table = doctor_table(self._patient.database, self._key)
        self._session.query(statements.create_table(table))
        folder = doctor_folder(self._patient.database, self._key)
        row = self._session.query(statements.copy_file(table, folder, _FILE)).records()[0]
        self._session.query(statements.drop_table(table))
        if row.get("rows_loaded") != statements.RECORDS:
            raise ReconciliationError(
                f"COPY loaded {row.get('rows_loaded')} of {statements.RECORDS} rows.",
                next_step="Look the COPY up in Snowflake's query history.",
            )
        return f"{statements.RECORDS} rows into a table of their own, dropped again"

    def _remove(self) -> str:
        removed = remove_files(
            self._session, doctor_folder(self._patient.database, self._key), "Nothing is loaded."
        )
        return f"{removed} file"
