"""From the connector's exceptions to our typed errors.

Everything that goes wrong at login hides behind 250001, so the chain of causes is read. HTTP errno attributes
are unreliable in connector 4.x, so classes and texts are matched.
"""

from __future__ import annotations

import errno
import os
import re
import socket
from collections.abc import Iterator
from pathlib import Path

from snowflake.connector import errors as connector_errors

from sfetl_provider.adapters.network.faults import (
    NOTHING_CHANGED,
    connection_lost,
    host_unknown,
    proxy_answer,
    proxy_unreachable,
    untrusted,
)
from sfetl_provider.core.errors import (
    LoginDeniedError,
    LoginSettingsError,
    ServerFaultError,
    SfetlError,
    ThrottledError,
    TlsHostNameError,
    UploadDeniedError,
    WarehouseBusyError,
    WarehouseUnavailableError,
)
from sfetl_provider.core.network.login_remedies import login_remedy
from sfetl_provider.core.refusals import next_step_of, refusal
from sfetl_provider.core.stage.scratch import scratch_error

_LOGIN_FAILED = 250001
_REJECTED_LOGINS = range(390100, 390200)
# The connector adds the HTTP status to 290000; only a proxy answers 407 (to a request without a tunnel).
_PROXY_AUTHENTICATION_REQUIRED = 290407
_TUNNEL = re.compile(r"Tunnel connection failed: (\d{3})([^'\")]*)")
# The connector: no account, user or password, a value, key or workload identity that it cannot use.
_LOGIN_SETTINGS = (251001, 251005, 251006, 251007, 251008, 251013, 251017, 251018, 251020, 251021)
# At login the connector drops which of 429 and 5xx was answered.
_RETRYABLE_LOGIN = 251012
_PROXY_DENIED = 407
_STORAGE_DENIED = (401, 403)
_STORAGE_ANSWER = re.compile(r"\b(\d{3}) (?:Client|Server) Error")
_FULL_DISK = re.compile(rf"OSError\(({errno.ENOSPC}|{errno.EDQUOT}|{errno.EFBIG}),")
_UNTRUSTED = re.compile(r"certificate.verify.failed", re.IGNORECASE)
_OTHER_HOST = re.compile(r"hostname .* doesn't match", re.IGNORECASE)
_CUT = re.compile(r"Connection reset by peer|Connection aborted|RemoteDisconnected|Broken pipe")
CONNECTOR_FAILURES = (connector_errors.Error, OSError)
# Waiting for a lock, or in the queue, took longer than the session allows.
_BUSY = frozenset({625, 630})
_SERVER_FAULTS = (
    connector_errors.InternalServerError,
    connector_errors.ServiceUnavailableError,
    connector_errors.GatewayTimeoutError,
    connector_errors.BadGatewayError,
)
_NETWORK = (
    OSError,
    connector_errors.OperationalError,
    connector_errors.InterfaceError,
    *_SERVER_FAULTS,
    connector_errors.TooManyRequests,
    connector_errors.RequestTimeoutError,
    connector_errors.OtherHTTPRetryableError,
    connector_errors.RevocationCheckError,
)


def translate(error: BaseException, doing: str, statement: str = "") -> SfetlError:
    """Give the typed error for what the connector raised while `doing` something, as running a `statement`.

    The text never holds a credential: only Snowflake's own message, class names and HTTP codes are used.
    """
    chain = list(_chain(error))
    return (
        _on_the_way(chain, doing)
        or _refused_login(error, doing)
        or _busy(error, doing)
        or _unavailable(error, chain, doing)
        or _refused_statement(error, doing, statement)
    )


def _on_the_way(chain: list[BaseException], doing: str) -> SfetlError | None:
    """Give the fault of a proxy, of TLS or of a name; these hide deep in the chain."""
    if (answer := _proxy_status(chain)) is not None:
        return proxy_answer(*answer, doing)
    if any(_OTHER_HOST.search(str(link)) for link in chain):
        return TlsHostNameError(
            f"The certificate presented while {doing} belongs to another host.",
            safe="Nothing was sent.",
            next_step="Check account and host of the Snowflake connection, then clear this task.",
        )
    if any(_UNTRUSTED.search(str(link)) for link in chain):
        return untrusted("", doing)
    if any(type(link).__name__ == "ProxyError" for link in chain):
        return proxy_unreachable(_root(chain), doing)
    if any(isinstance(link, socket.gaierror) for link in chain):
        return host_unknown(doing)
    return None


def unusable_settings(error: BaseException) -> SfetlError | None:
    """Give the error for what the connector itself refuses to log in with, None for any other."""
    return LoginSettingsError("", (_message(error),)) if _code(error) in _LOGIN_SETTINGS else None


def _refused_login(error: BaseException, doing: str) -> SfetlError | None:
    if not isinstance(error, connector_errors.ForbiddenError) and not _is_rejected_login(error, _code(error)):
        return None
    return LoginDeniedError(
        f"Snowflake refused the login while {doing}: {_message(error)}",
        safe="Nothing was done.",
        next_step=login_remedy(_message(error)),
    )


def _busy(error: BaseException, doing: str) -> SfetlError | None:
    if _code(error) not in _BUSY:
        return None
    return WarehouseBusyError(
        f"Snowflake was busy while {doing}: {_message(error)}",
        safe="The transaction is rolled back; the table is as it was.",
        next_step="Airflow tries again.",
    )


def _unavailable(error: BaseException, chain: list[BaseException], doing: str) -> SfetlError | None:
    if not any(isinstance(link, _NETWORK) for link in chain):
        return None
    if any(isinstance(link, connector_errors.TooManyRequests) for link in chain):
        return ThrottledError(
            f"Snowflake asked for fewer requests while {doing}.",
            safe=NOTHING_CHANGED,
            next_step="Airflow tries again, later.",
        )
    if faults := [link for link in chain if isinstance(link, _SERVER_FAULTS)]:
        return ServerFaultError(
            f"Snowflake had a fault of its own while {doing} ({type(faults[0]).__name__}).",
            safe=NOTHING_CHANGED,
            next_step="Airflow tries again; if it goes on, look at status.snowflake.com.",
        )
    if any(_code(link) == _RETRYABLE_LOGIN for link in chain):
        return ServerFaultError(
            f"Snowflake had a fault of its own while {doing}, or asked for fewer requests (HTTP 5xx or 429).",
            safe=NOTHING_CHANGED,
            next_step="Airflow tries again; if it goes on, look at status.snowflake.com.",
        )
    if any(_CUT.search(f"{link!r}") for link in chain):
        return connection_lost(_root(chain), doing)
    return WarehouseUnavailableError(
        f"Snowflake could not be reached while {doing}: {_message(error)} ({_root(chain)}).",
        safe=NOTHING_CHANGED,
        next_step="Airflow tries again; if it goes on, check host, network and proxy of the connection.",
    )


def _refused_statement(error: BaseException, doing: str, statement: str) -> SfetlError:
    advice = next_step_of(_code(error), _message(error), statement)
    return refusal(_code(error))(
        f"Snowflake refused a statement while {doing}: {_message(error)}",
        code=_code(error),
        query_id=str(getattr(error, "sfqid", "") or ""),
        safe="The statement changed nothing.",
        next_step=f"{advice} Then clear this task." if advice else "",
    )


def translate_upload(error: BaseException, source: Path) -> SfetlError:
    """Give the typed error for what went wrong in a PUT: as `translate`, and what storage or disk say.

    The connector turns a failure in one of its threads into text (253003), so that is read.
    """
    text = " ".join(f"{link} {link!r}" for link in _chain(error))
    if full := _FULL_DISK.search(text):
        return scratch_error(source.parent, OSError(int(full[1]), os.strerror(int(full[1]))))
    answer = _STORAGE_ANSWER.search(text)
    status = int(answer[1]) if answer else 0
    if status == _PROXY_DENIED:
        return proxy_answer(status, "", f"uploading {source.name}")
    if status in _STORAGE_DENIED:
        return UploadDeniedError(
            f"The upload of {source.name} was refused: the stage's storage, or a proxy in its place, answered"
            f" {status}.",
            next_step="Have the storage's host allowed for this machine, or the account's stage checked.",
        )
    return translate(error, f"uploading {source.name}")


def _is_rejected_login(error: BaseException, code: int) -> bool:
    """A failed login without a network fault among its causes was answered by Snowflake itself."""
    if code == _LOGIN_FAILED:
        return not any(isinstance(link, OSError) for link in _chain(error)) and not isinstance(
            error, _NETWORK
        )
    return code in _REJECTED_LOGINS


def _code(error: BaseException) -> int:
    return getattr(error, "errno", None) or 0


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _proxy_status(chain: list[BaseException]) -> tuple[int, str] | None:
    for link in chain:
        if getattr(link, "errno", None) == _PROXY_AUTHENTICATION_REQUIRED:
            return 407, ""
        if match := _TUNNEL.search(str(link)):
            return int(match[1]), match[2]
    return None


def _root(chain: list[BaseException]) -> str:
    return type(chain[-1]).__name__


def _message(error: BaseException) -> str:
    """Give Snowflake's message; other exceptions only by class, since their texts may quote a URL."""
    text = getattr(error, "msg", None) if isinstance(error, connector_errors.Error) else None
    return str(text) if text and "://" not in str(text) else type(error).__name__
