"""What goes wrong in a PUT, which the connector hands out as text: whether a try again can help."""

from __future__ import annotations

import errno
import logging
from pathlib import Path

import pytest
from snowflake.connector import errors as connector_errors

from sfetl_provider.adapters.snowflake_errors import translate_upload
from sfetl_provider.adapters.upload_child import RefusedTunnels
from sfetl_provider.core.errors import (
    ProxyAuthenticationError,
    ProxyDeniedError,
    ScratchSpaceError,
    SfetlError,
    TlsUntrustedError,
    UploadDeniedError,
    WarehouseUnavailableError,
)

CHUNK = Path("/scratch/part-00003.tsv.zst")
ADDRESS = "https://storage.example/stage/part-00003.tsv.zst?X-Amz-Signature=s3cret"


def put_failure(details: BaseException) -> connector_errors.OperationalError:
    """Connector 4.8's error for a failure in one of its upload threads."""
    text = f"While putting file(s) there was an error: '{details!r}', this might be caused by your access"
    return connector_errors.OperationalError(text, errno=253003)


@pytest.mark.parametrize(
    ("details", "kind"),
    [
        (OSError(f"403 Client Error: Forbidden for url: {ADDRESS}"), UploadDeniedError),
        (OSError(f"401 Client Error: Unauthorized for url: {ADDRESS}"), UploadDeniedError),
        (
            OSError(f"407 Client Error: Proxy Authentication Required for url: {ADDRESS}"),
            ProxyAuthenticationError,
        ),
        (OSError("Tunnel connection failed: 403"), ProxyDeniedError),
        (OSError("Tunnel connection failed: 407"), ProxyAuthenticationError),
        (OSError("certificate verify failed: unable to get local issuer"), TlsUntrustedError),
        (OSError(errno.ENOSPC, "No space left on device"), ScratchSpaceError),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), ScratchSpaceError),
        (OSError(errno.EFBIG, "File too large"), ScratchSpaceError),
        (OSError(f"PUT with url {ADDRESS} failed for exceeding maximum retries."), WarehouseUnavailableError),
        (OSError(f"503 Server Error: Unavailable for url: {ADDRESS}"), WarehouseUnavailableError),
        (OSError("Tunnel connection failed: 503"), WarehouseUnavailableError),
    ],
    ids=str,
)
def test_only_what_may_pass_is_worth_a_retry(details: OSError, kind: type[SfetlError]) -> None:
    for failure in (put_failure(details), details):
        error = translate_upload(failure, CHUNK)

        assert type(error) is kind
        assert error.is_retryable == (kind is WarehouseUnavailableError)
        assert "s3cret" not in str(error)
        assert "://" not in str(error)


def warning(text: str) -> logging.LogRecord:
    return logging.LogRecord("storage_client", logging.WARNING, "", 0, text, (), None)


@pytest.mark.parametrize("status", [403, 407])
def test_a_refused_tunnel_ends_the_connectors_own_tries(status: int) -> None:
    record = warning(f"PUT with url {ADDRESS} failed for transient error: Tunnel connection failed: {status}")

    with pytest.raises(OSError, match=f"^Tunnel connection failed: {status}$"):
        RefusedTunnels().handle(record)


def test_what_may_pass_is_left_to_the_connector() -> None:
    record = warning(f"PUT with url {ADDRESS} failed for transient error: Tunnel connection failed: 503")

    assert RefusedTunnels().handle(record)
