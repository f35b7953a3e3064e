"""What the real connector raises becomes the right typed error, and no secret gets into its text."""

from __future__ import annotations

import json
from typing import Any

import pytest
from snowflake.connector import errors as connector_errors

from sfetl_provider.adapters.snowflake_errors import translate
from sfetl_provider.adapters.snowflake_session import SnowflakeSession, open_connection
from sfetl_provider.core.errors import (
    ConnectionLostError,
    HostUnknownError,
    LoginDeniedError,
    ProxyAuthenticationError,
    ProxyDeniedError,
    ProxyUnreachableError,
    ServerFaultError,
    SfetlError,
    StatementError,
    ThrottledError,
    WarehouseBusyError,
    WarehouseUnavailableError,
)
from tests.adapters.answering_server import AnsweringServer, answering_server

PASSWORD = "t0p-secret"
PROXY_PASSWORD = "pr0xy-secret"
# The connector repeats a login once before it gives up; one second is enough for that.
LOGIN: dict[str, Any] = {
    "account": "local",
    "user": "ada",
    "password": PASSWORD,
    "host": "127.0.0.1",
    "protocol": "http",
    "login_timeout": 1,
}


def login_error(**options: Any) -> SfetlError:
    """Give the error of a login that fails; its text is fit to be shown."""
    with pytest.raises(SfetlError) as caught:
        open_connection({**LOGIN, **options})
    assert_is_clean(caught.value)
    return caught.value


def assert_is_clean(error: SfetlError) -> None:
    for secret in (PASSWORD, PROXY_PASSWORD, "://"):
        assert secret not in str(error)
    assert error.__cause__ is None
    assert error.__suppress_context__ or error.__context__ is None


def login_through(proxy: AnsweringServer) -> SfetlError:
    """Give the error of a login by TLS through a proxy that answers CONNECT in its own way."""
    return login_error(
        protocol="https",
        host="local.snowflakecomputing.com",
        proxy_host="127.0.0.1",
        proxy_port=str(proxy.port),
        proxy_user="ada",
        proxy_password=PROXY_PASSWORD,
    )


def refusal(code: str, message: str) -> str:
    """Give Snowflake's answer to a login that it refuses."""
    return json.dumps({"success": False, "code": code, "message": message, "data": {}})


@pytest.mark.parametrize(
    ("status", "kind", "remedy"),
    [
        (407, ProxyAuthenticationError, "Correct user or password of the proxy connection"),
        (403, ProxyDeniedError, "Have the host allowed"),
        (429, ThrottledError, "Airflow tries again"),
        (502, WarehouseUnavailableError, "Airflow tries again"),
        (503, WarehouseUnavailableError, "Airflow tries again"),
    ],
)
def test_a_proxys_answer_to_connect(status: int, kind: type[SfetlError], remedy: str) -> None:
    with answering_server(status) as proxy:
        error = login_through(proxy)

    assert type(error) is kind
    assert f"The proxy answered {status} while logging in." in error.what
    assert remedy in error.next_step
    assert {request.partition(" ")[0] for request in proxy.requests} == {"CONNECT"}
    # Each counts against an account's lockout; connector 4.8 asks so often before its error reaches us.
    assert len(proxy.requests) <= 4


def test_a_refused_connection() -> None:
    error = login_error(port=9)

    assert type(error) is WarehouseUnavailableError
    assert "while logging in" in error.what
    assert "ConnectionRefusedError" in error.what


def test_a_host_that_nobody_knows() -> None:
    error = login_error(host="nowhere.invalid", port=80)

    assert type(error) is HostUnknownError
    assert "gaierror" in error.what


@pytest.mark.parametrize("status", [503, 429])
def test_snowflake_that_is_not_there_for_now(status: int) -> None:
    with answering_server(status) as server:
        error = login_error(port=server.port)

    assert type(error) is ServerFaultError


def test_a_wrong_password() -> None:
    with answering_server(200, refusal("390100", "Incorrect username or password was specified.")) as server:
        error = login_error(port=server.port)

    assert type(error) is LoginDeniedError
    assert "Incorrect username or password was specified." in error.what
    assert server.requests == ["POST /session/v1/login-request"]


def test_a_forbidden_login() -> None:
    with answering_server(403) as server:
        error = login_error(port=server.port)

    assert type(error) is LoginDeniedError


def test_a_refused_statement_keeps_snowflakes_code_query_and_words(session: SnowflakeSession) -> None:
    with pytest.raises(StatementError, match=r"(?s)running SELECT \* FROM: .*NOT_THERE") as caught:
        session.query("SELECT * FROM DB.SFETL.NOT_THERE")

    assert caught.value.code == 2003
    assert len(caught.value.query_id) == 36
    assert not caught.value.is_retryable


def test_a_refused_submission_is_known_once_it_has_ended(session: SnowflakeSession) -> None:
    with pytest.raises(StatementError, match="NOT_THERE") as caught:
        session.fetch(session.submit("SELECT * FROM DB.SFETL.NOT_THERE"))

    assert caught.value.code == 2003


@pytest.mark.parametrize("code", [625, 630])
def test_a_lock_that_was_not_got_in_time_may_come_free(code: int) -> None:
    error = translate(
        connector_errors.ProgrammingError("Statement was aborted because of the lock timeout", errno=code),
        "publishing",
    )

    assert type(error) is WarehouseBusyError
    assert "lock timeout" in error.what


def test_a_message_that_quotes_an_address_is_left_out() -> None:
    fault = connector_errors.OperationalError(f"cannot open http://ada:{PASSWORD}@proxy:8080/", errno=250003)

    error = translate(fault, "uploading")

    assert type(error) is WarehouseUnavailableError
    assert PASSWORD not in str(error)
    assert "proxy:8080" not in str(error)
    assert "OperationalError" in str(error)


def test_a_fault_beneath_a_failed_login_is_found_in_the_chain() -> None:
    fault = connector_errors.DatabaseError("Failed to connect to DB", errno=250001)
    fault.__context__ = TimeoutError("timed out")

    assert type(translate(fault, "logging in")) is WarehouseUnavailableError


def test_a_proxy_that_is_down() -> None:
    error = login_error(proxy_host="127.0.0.1", proxy_port="9")

    assert type(error) is ProxyUnreachableError


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (connector_errors.TooManyRequests(), ThrottledError),
        (connector_errors.BadGatewayError(), ServerFaultError),
    ],
    ids=str,
)
def test_what_snowflake_answers_later(fault: Exception, kind: type[SfetlError]) -> None:
    error = translate(fault, "running SELECT 1")

    assert type(error) is kind
    assert error.is_retryable


def test_a_connection_that_is_cut() -> None:
    fault = connector_errors.OperationalError("x", errno=250003)
    fault.__context__ = ConnectionResetError(104, "Connection reset by peer")

    assert type(translate(fault, "running SELECT 1")) is ConnectionLostError


def test_a_chain_that_bites_its_tail_ends() -> None:
    first, second = RuntimeError("a"), RuntimeError("b")
    first.__context__, second.__context__ = second, first

    assert type(translate(first, "logging in")) is StatementError
