"""PAC and WPAD: which way a script sends us to a host, asked in a process of its own and remembered."""

from __future__ import annotations

import json
import select
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO, cast

from sfetl_provider.adapters.child_environment import child_environment
from sfetl_provider.core.errors import ProxySettingsError
from sfetl_provider.core.network.pac_answer import parse_pac_answer
from sfetl_provider.core.network.proxy_settings import ProxyAddress, ProxySettings

_CHILD = "sfetl_provider.adapters.network.pac_child"
# For the interpreter's start and the download; the script itself gets RUN_SECONDS.
_FETCH_SECONDS = 8.0
RUN_SECONDS = 2.0
_KEEP_SECONDS = 300.0


@dataclass(frozen=True)
class _Known:
    ways: tuple[ProxyAddress | None, ...]
    until: float


class PacScript:
    """The script of one connection; scheme and host decide, so answers are kept by host for 5 minutes.

    Safe for threads. Each new host costs a process of some 0.3 s.
    """

    def __init__(self, settings: ProxySettings, ca_bundle: str) -> None:
        self._settings = settings
        self._ca_bundle = ca_bundle
        self._script = ""
        self._script_until = 0.0
        self._known: dict[str, _Known] = {}
        self._lock = threading.Lock()

    def ways(self, host: str, port: int) -> Sequence[ProxyAddress | None]:
        """Give the ways to a host, None for direct; raises ProxySettingsError when the script cannot say."""
        with self._lock:
            now = time.monotonic()
            known = self._known.get(host)
            if known is None or known.until < now:
                known = _Known(self._asked(host, port), now + _KEEP_SECONDS)
                self._known[host] = known
        return known.ways

    def _asked(self, host: str, port: int) -> tuple[ProxyAddress | None, ...]:
        script = self._script if self._script_until > time.monotonic() else ""
        question = {
            "location": self._settings.pac_location,
            "script": script,
            "ca_bundle": self._ca_bundle,
            "url": f"https://{host}/" if port != 80 else f"http://{host}/",
            "host": host,
        }
        found, answer = self._run(json.dumps(question))
        if not script:
            self._script, self._script_until = found, time.monotonic() + _KEEP_SECONDS
        try:
            return parse_pac_answer(answer)
        except ValueError as error:
            raise self._fault(str(error)) from error

    def _run(self, question: str) -> tuple[str, str]:
        process = subprocess.Popen(  # noqa: S603  # our own module
            [sys.executable, "-P", "-m", _CHILD],
            env=child_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        to_child, from_child = cast(IO[str], process.stdin), cast(IO[str], process.stdout)
        try:
            to_child.write(f"{question}\n")
            to_child.flush()
            script = self._line(from_child, _FETCH_SECONDS, "it could not be fetched in time")["script"]
            answer = self._line(from_child, RUN_SECONDS, f"it did not end within {RUN_SECONDS:.0f} s")
            return script, answer["answer"]
        finally:
            process.kill()
            process.communicate()

    def _line(self, output: IO[str], seconds: float, late: str) -> dict[str, str]:
        if not select.select([output], [], [], seconds)[0]:
            raise self._fault(late)
        parts: dict[str, str] = json.loads(output.readline() or '{"error": "its process ended"}')
        if "error" in parts:
            raise self._fault(parts["error"])
        return parts

    def _fault(self, what: str) -> ProxySettingsError:
        return ProxySettingsError(self._settings.conn_id, [f"pac: the script is of no use, {what}"])
