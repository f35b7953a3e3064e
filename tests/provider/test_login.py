"""Each way to log in, from the Airflow connection to what is sent to Snowflake."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

from sfetl_provider.core.errors import LoginDeniedError, LoginSettingsError
from sfetl_provider.hooks.snowflake import SfetlSnowflakeHook
from tests.adapters.answering_server import AnsweringServer, answering_server

KEY = rsa.generate_private_key(65537, 2048)
PASSPHRASE = "p@ss phrase"
PEM = KEY.private_bytes(
    Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(PASSPHRASE.encode())
).decode()
TOKEN = "t0ken-of-mine"


@pytest.fixture
def snowflake(airflow_home: Path) -> Iterator[AnsweringServer]:
    """A Snowflake that refuses everybody; what it is sent is what matters."""
    refusal = {"success": False, "code": "390100", "message": "Network policy is required.", "data": {}}
    with answering_server(200, json.dumps(refusal)) as server:
        yield server


def log_in(snowflake: AnsweringServer, monkeypatch: pytest.MonkeyPatch, password: str, **extra: Any) -> None:
    """Log in as a connection says, which Snowflake refuses."""
    places = {"account": "acc", "host": "127.0.0.1", "port": snowflake.port, "protocol": "http"}
    fields = {"conn_type": "snowflake", "login": "ada", "password": password}
    extra = {**places, "login_timeout": 2, **extra}
    monkeypatch.setenv("AIRFLOW_CONN_X", json.dumps({**fields, "extra": extra}))
    SfetlSnowflakeHook("x").open_session()


def sent(
    snowflake: AnsweringServer, monkeypatch: pytest.MonkeyPatch, password: str, **extra: Any
) -> dict[str, Any]:
    """Log in, are refused by Snowflake, and give what it was sent."""
    with pytest.raises(LoginDeniedError, match="Put the user under a network policy") as caught:
        log_in(snowflake, monkeypatch, password, **extra)
    assert password not in str(caught.value)
    data: dict[str, Any] = json.loads(snowflake.bodies[-1])["data"]
    return data


def test_a_key_pair_signs_for_its_user_and_is_read_anew_at_each_login(
    snowflake: AnsweringServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "key.p8"
    path.write_text(PEM)

    for data in (
        sent(snowflake, monkeypatch, PASSPHRASE, private_key_file=str(path)),
        sent(snowflake, monkeypatch, PASSPHRASE, private_key_content=PEM.replace("\n", " ")),
    ):
        assert data["AUTHENTICATOR"] == "SNOWFLAKE_JWT"
        assert "PASSWORD" not in data
        assert jwt.decode(data["TOKEN"], KEY.public_key(), algorithms=["RS256"])["sub"] == "ACC.ADA"
    path.write_text("rotated to nonsense")
    with pytest.raises(
        LoginSettingsError, match=r"connection x .*private_key_file: no private key in PEM form"
    ):
        log_in(snowflake, monkeypatch, PASSPHRASE, private_key_file=str(path))


def test_tokens_and_passwords_are_sent_as_the_connection_says(
    snowflake: AnsweringServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sent(snowflake, monkeypatch, TOKEN)["PASSWORD"] == TOKEN
    for name in ("PROGRAMMATIC_ACCESS_TOKEN", "programmatic_access_token"):
        data = sent(snowflake, monkeypatch, TOKEN, authenticator=name)
        assert (data["AUTHENTICATOR"], data["TOKEN"]) == ("PROGRAMMATIC_ACCESS_TOKEN", TOKEN)
    answer = json.dumps({"access_token": "given", "expires_in": 600})
    with answering_server(200, answer) as endpoint:
        extra = {"grant_type": "client_credentials", "token_endpoint": f"http://127.0.0.1:{endpoint.port}/t"}
        data = sent(snowflake, monkeypatch, TOKEN, authenticator="OAUTH", **extra)
    assert (data["AUTHENTICATOR"], data["TOKEN"]) == ("OAUTH", "given")
    assert "PASSWORD" not in data


def test_a_workload_identity_reads_its_token_file_at_each_login(
    snowflake: AnsweringServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SNOWFLAKE_WIF_ALLOWED_HOST_SUFFIXES", "127.0.0.1")
    path = tmp_path / "token"
    extra = {"authenticator": "workload_identity", "workload_identity_provider": "OIDC"}
    for subject in ("one", "two"):
        token = jwt.encode({"iss": "us", "sub": subject}, "k" * 32)
        path.write_text(token)
        data = sent(snowflake, monkeypatch, "unused", token_file_path=str(path), **extra)
        assert (data["AUTHENTICATOR"], data["PROVIDER"], data["TOKEN"]) == (
            "WORKLOAD_IDENTITY",
            "OIDC",
            token,
        )


def test_what_needs_a_person_or_is_no_token_is_refused_before_snowflake_is_asked(
    snowflake: AnsweringServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(LoginSettingsError, match="needs a person at each login"):
        log_in(snowflake, monkeypatch, TOKEN, authenticator="username_password_mfa")
    with pytest.raises(LoginSettingsError, match="Invalid Snowflake account"):
        log_in(snowflake, monkeypatch, TOKEN, authenticator="oauth", refresh_token="r", account="a/b")
    oauth = {"authenticator": "oauth", "grant_type": "client_credentials"}
    for status, body, told in (
        (200, "<html>log in</html>", "answered without a token"),
        (401, '{"error": "invalid_client", "error_description": "t0ken-of-mine"}', r"401 \(invalid_client\)"),
    ):
        with answering_server(status, body) as endpoint:
            address = f"http://127.0.0.1:{endpoint.port}/t"
            with pytest.raises(LoginDeniedError, match=told) as caught:
                log_in(snowflake, monkeypatch, TOKEN, token_endpoint=address, **oauth)
        assert TOKEN not in str(caught.value)
    assert snowflake.requests == []
