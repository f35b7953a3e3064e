"""From the connector's exceptions to our typed errors.

Everything that goes wrong at login hides behind 250001, so the chain of causes is read. HTTP errno attributes
are unreliable in connector 4.x, so classes and texts are matched.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from pathlib import Path

from snowflake.connector import errors as connector_errors

from sfetl_provider.core.errors import (
    LoginDeniedError,
    ProxyDeniedError,
    SfetlError,
    TlsUntrustedError,
    UploadDeniedError,
    WarehouseBusyError,
    WarehouseUnavailableError,
)
from sfetl_provider.core.refusals import next_step_of, refusal
from sfetl_provider.core.stage.scratch import scratch_error

_LOGIN_FAILED = 250001
_REJECTED_LOGINS = range(390100, 390200)
# The connector adds the HTTP status to 290000; only a proxy answers 407 (to a request without a tunnel).
_PROXY_AUTHENTICATION_REQUIRED = 290407
_TUNNEL = re.compile(r"Tunnel connection failed: (\d{3})")
_PROXY_DENIED = 407
_STORAGE_DENIED = (401, 403)
_STORAGE_ANSWER = re.compile(r"\b(\d{3}) (?:Client|Server) Error")
_FULL_DISK = re.compile(rf"OSError\(({errno.ENOSPC}|{errno.EDQUOT}|{errno.EFBIG}),")
_UNTRUSTED = re.compile(r"certificate.verify.failed|hostname .* doesn't match", re.IGNORECASE)
_RETRY_LATER = "Nothing was changed by this statement as far as is known; the run's checkpoints are kept."
CONNECTOR_FAILURES = (connector_errors.Error, OSError)
# Waiting for a lock, or in the queue, took longer than the session allows.
_BUSY = frozenset({625, 630})
_NETWORK = (
    OSError,
    connector_errors.OperationalError,
    connector_errors.InterfaceError,
    connector_errors.InternalServerError,
    connector_errors.ServiceUnavailableError,
    connector_errors.GatewayTimeoutError,
    connector_errors.TooManyRequests,
    connector_errors.BadGatewayError,
    connector_errors.RequestTimeoutError,
    connector_errors.OtherHTTPRetryableError,
    connector_errors.RevocationCheckError,
)


def translate(error: BaseException, doing: str, statement: str = "") -> SfetlError:
    """Give the typed error for what the connector raised while `doing` something, as running a `statement`.

    The text never holds a credential: only Snowflake's own message, class names and HTTP codes are used.
    """
    if (status := _proxy_status(error)) is not None:
        return _proxy_error(status, doing)
    if any(_UNTRUSTED.search(str(link)) for link in _chain(error)):
        return TlsUntrustedError(
            f"The certificate presented while {doing} is not trusted.",
            safe="Nothing was sent.",
            next_step="Behind a proxy that opens TLS, add its CA to the bundle of REQUESTS_CA_BUNDLE;"
            " otherwise check the host name. Then clear this task.",
        )
    code = getattr(error, "errno", None) or 0
    if isinstance(error, connector_errors.ForbiddenError) or _is_rejected_login(error, code):
        return LoginDeniedError(
            f"Snowflake refused the login while {doing}: {_message(error)}",
            safe="Nothing was done.",
            next_step="Correct user, key, role or network policy in the Airflow connection, then clear this task.",
        )
    if code in _BUSY:
        return WarehouseBusyError(
            f"Snowflake was busy while {doing}: {_message(error)}",
            safe="The transaction is rolled back; the table is as it was.",
            next_step="Airflow tries again.",
        )
    if any(isinstance(link, _NETWORK) for link in _chain(error)):
        return WarehouseUnavailableError(
            f"Snowflake could not be reached while {doing}: {_message(error)} ({_root(error)}).",
            safe=_RETRY_LATER,
            next_step="Airflow tries again; if it goes on, check host, network and proxy of the connection.",
        )
    advice = next_step_of(code, _message(error), statement)
    return refusal(code)(
        f"Snowflake refused a statement while {doing}: {_message(error)}",
        code=code,
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
        return _proxy_error(status, f"uploading {source.name}")
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


def _proxy_error(status: int, doing: str) -> SfetlError:
    if status in (502, 503, 504):
        return WarehouseUnavailableError(
            f"The proxy answered {status} while {doing}.", safe=_RETRY_LATER, next_step="Airflow tries again."
        )
    remedy = "Correct user or password of the proxy connection" if status == 407 else "Have the host allowed"
    return ProxyDeniedError(
        f"The proxy answered {status} while {doing}.",
        safe="Nothing was sent to Snowflake, and it is not tried again, so that no account is locked.",
        next_step=f"{remedy}, then clear this task.",
    )


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _proxy_status(error: BaseException) -> int | None:
    for link in _chain(error):
        if getattr(link, "errno", None) == _PROXY_AUTHENTICATION_REQUIRED:
            return 407
        if match := _TUNNEL.search(str(link)):
            return int(match[1])
    return None


def _root(error: BaseException) -> str:
    return type(list(_chain(error))[-1]).__name__


def _message(error: BaseException) -> str:
    """Give Snowflake's message; other exceptions only by class, since their texts may quote a URL."""
    text = getattr(error, "msg", None) if isinstance(error, connector_errors.Error) else None
    return str(text) if text and "://" not in str(text) else type(error).__name__
