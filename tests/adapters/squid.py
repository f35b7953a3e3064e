"""A real Squid on a free loopback port, which mostly asks for a password, and knows a host that nobody else knows.

`warehouse.test` resolves only inside the proxy, so that what reaches it went through the proxy.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

INNER_HOST = "warehouse.test"
# Nearly all that a form field can hold and a URL cannot; é is within Latin-1, which the connector can send.
USER = "corp\\ann@x"
PASSWORD = "p@ss:w/rd %&é#?"

_HELPERS = Path("/usr/lib/squid")
# By how it asks who is there. The helper of NTLM believes everybody: it shows that Squid's NTLM is spoken.
_ASKING = {
    "basic": """
auth_param basic program {helpers}/basic_ncsa_auth {folder}/passwords
auth_param basic children 1
auth_param basic realm tests
acl known proxy_auth REQUIRED
http_access deny !known
""",
    "ntlm": """
auth_param ntlm program {helpers}/ntlm_fake_auth
auth_param ntlm children 1
acl known proxy_auth REQUIRED
http_access deny !known
""",
    "none": "",
}
_START_SECONDS = 20.0
_LAST_REQUEST = "http://last.invalid/"
_CONFIG = """
http_port 127.0.0.1:{port}
acl here dst {allowed}
acl blocked url_regex {blocked}
http_access deny blocked
{asking}
http_access allow here
http_access deny all
hosts_file {folder}/hosts
pid_filename none
logformat short %>Hs %rm %ru %un
access_log stdio:{folder}/access.log short
cache_log {folder}/cache.log
cache deny all
cache_mem 0 MB
max_filedescriptors 1024
pinger_enable off
coredump_dir {folder}
shutdown_lifetime 0 seconds
visible_hostname squid.test
"""


@dataclass(frozen=True)
class SquidRequest:
    """One line of Squid's access log; the address without its query."""

    status: int
    method: str
    address: str
    user: str


@dataclass
class RunningSquid:
    """A proxy that answers on `port`."""

    port: int
    folder: Path
    process: subprocess.Popen[bytes]

    def stop(self) -> list[SquidRequest]:
        """End it in good order, which takes 2 s, and give all it logged: tunnels that were open too."""
        self.process.terminate()
        self.process.wait(timeout=_START_SECONDS)
        return self._logged()

    def requests(self) -> list[SquidRequest]:
        """Give what it logged: every request whose answer has arrived, but tunnels only once they are closed.

        Squid logs in the order of its one thread, so the answer to a last request says that all are written.
        """
        with socket.create_connection(("127.0.0.1", self.port), _START_SECONDS) as connection:
            connection.sendall(f"GET {_LAST_REQUEST} HTTP/1.0\r\n\r\n".encode())
            while connection.recv(65536):
                pass
        return self._logged()

    def _logged(self) -> list[SquidRequest]:
        lines = (self.folder / "access.log").read_text(encoding="utf-8", errors="replace").splitlines()
        parts = (line.split(" ", 3) for line in lines)
        requests = [SquidRequest(int(status), *rest) for status, *rest in parts]
        # The start's bare connection has no method.
        return [found for found in requests if found.method != "-" and found.address != _LAST_REQUEST]


@contextlib.contextmanager
def running_squid(
    blocked: str = "^nothing$", scheme: str = "basic", allowed: str = "127.0.0.1/32"
) -> Iterator[RunningSquid]:
    """A Squid until the block ends; addresses that match `blocked` are refused with 403.

    `scheme` is basic, ntlm or none; `allowed` the addresses that it leads to.

    Raises RuntimeError when Squid is not installed or does not start within 20 s.
    """
    program = shutil.which("squid", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if program is None or not _HELPERS.exists():
        raise RuntimeError(
            "Squid is not installed: run local/setup/install-debian-packages.sh (Debian: squid)."
        )
    folder, port = Path(tempfile.mkdtemp(prefix="sfetl-squid-")), _free_port()
    try:
        asking = _ASKING[scheme].format(helpers=_HELPERS, folder=folder)
        _write_files(folder, port=port, blocked=blocked, asking=asking, allowed=allowed)
        # A service name of its own: Squid's shared memory is named by it, and another Squid may run.
        command = [program, "-N", "-n", f"sfetl{port}", "-f", str(folder / "squid.conf")]
        silence = subprocess.DEVNULL
        with _ended(subprocess.Popen(command, stdout=silence, stderr=silence)) as process:  # noqa: S603
            _wait_until_it_answers(process, port, folder)
            yield RunningSquid(port, folder, process)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        for segment in Path("/dev/shm").glob(f"sfetl{port}-*"):  # noqa: S108  # left by a killed Squid
            segment.unlink()


def _write_files(folder: Path, **parts: object) -> None:
    digest = hashlib.md5(PASSWORD.encode("latin-1"), usedforsecurity=False).hexdigest()
    (folder / "passwords").write_bytes(USER.encode("latin-1") + f":{digest}\n".encode())
    (folder / "hosts").write_text(f"127.0.0.1 {INNER_HOST}\n")
    (folder / "squid.conf").write_text(_CONFIG.format(folder=folder, **parts))
    if os.geteuid() == 0:  # Squid then works as user `proxy`
        account = pwd.getpwnam("proxy")
        os.chown(folder, account.pw_uid, account.pw_gid)


def _free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port: int = bound.getsockname()[1]
    return port


def _wait_until_it_answers(process: subprocess.Popen[bytes], port: int, folder: Path) -> None:
    waited_seconds, pause_seconds = 0.0, 0.05
    while waited_seconds < _START_SECONDS:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        try:
            process.wait(timeout=pause_seconds)
            break
        except subprocess.TimeoutExpired:
            waited_seconds += pause_seconds
    log = folder / "cache.log"
    raise RuntimeError(
        f"Squid did not start: {log.read_text()[-2000:] if log.exists() else 'it left no log'}"
    )


@contextlib.contextmanager
def _ended(process: subprocess.Popen[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    try:
        yield process
    finally:
        process.kill()
        process.wait()
