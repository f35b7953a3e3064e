"""Each way to log in is taken or refused before anything is sent, with every fault."""

from __future__ import annotations

from typing import Any

import pytest

from sfetl_provider.core.network.login_remedies import login_remedy
from sfetl_provider.core.network.login_settings import LoginFields, login_faults

SECRET = "s3cret"


def fields(login: str | None = "ada", password: str | None = SECRET, **extra: Any) -> LoginFields:
    return LoginFields(login, password, {"account": "a", **extra})


@pytest.mark.parametrize(
    ("given", "authenticator"),
    [
        (fields(), "snowflake"),
        (fields(password=None, private_key_file="/k.p8"), "snowflake"),
        (fields(authenticator="SNOWFLAKE_JWT", private_key_content="…"), "snowflake_jwt"),
        (fields(login=None, authenticator="PROGRAMMATIC_ACCESS_TOKEN"), "programmatic_access_token"),
        (fields(authenticator="OAuth", grant_type="client_credentials"), "oauth"),
        (fields(refresh_token="r"), "oauth"),
        (fields(None, None, authenticator="oauth", azure_conn_id="azure"), "oauth"),
        (
            fields(None, None, authenticator="WORKLOAD_IDENTITY", workload_identity_provider="aws"),
            "workload_identity",
        ),
        (fields(authenticator="https://corp.okta.com/App"), "https://corp.okta.com/App"),
        (fields(extra__snowflake__private_key_file="/k.p8", password=None), "snowflake"),
    ],
)
def test_what_runs_without_a_person_is_taken(given: LoginFields, authenticator: str) -> None:
    assert login_faults(given) == ()
    assert given.authenticator == authenticator
    assert SECRET not in repr(given)


@pytest.mark.parametrize(
    ("given", "faults"),
    [
        (LoginFields(), ["account: missing", "login: missing; a login by password", "password: missing"]),
        (
            fields(authenticator="username_password_mfa"),
            ["username_password_mfa needs a person at each login"],
        ),
        (fields(authenticator="externalbrowser"), ["externalbrowser needs a person"]),
        (
            fields(authenticator="OAUTH_CLIENT_CREDENTIALS"),
            ["write oauth with grant_type client_credentials"],
        ),
        (fields(authenticator="magic"), ["'magic' is none of snowflake, snowflake_jwt, oauth"]),
        (fields(authenticator="snowflake_jwt"), ["private_key_file: missing"]),
        (fields(private_key_file="/k", private_key_content="k"), ["there is a private_key_content, too"]),
        (
            fields(authenticator="oauth", private_key_file="/k"),
            ["grant_type: missing", "private_key_file: belongs to"],
        ),
        (fields(authenticator="oauth", grant_type="magic"), ["grant_type: magic; one of client_credentials"]),
        (fields(authenticator="oauth", grant_type="refresh_token"), ["refresh_token: missing"]),
        (
            fields(authenticator="oauth", grant_type="password"),
            ["oauth_username: missing", "oauth_password: missing", "token_endpoint: missing"],
        ),
        (
            fields(password=None, authenticator="programmatic_access_token"),
            ["password: missing; programmatic"],
        ),
        (fields(workload_identity_provider="aws"), ["belongs to authenticator workload_identity"]),
        (fields(authenticator="workload_identity"), ["workload_identity_provider: missing; one of AWS"]),
        (
            fields(authenticator="workload_identity", workload_identity_provider="oidc"),
            ["token_file_path: missing; OIDC"],
        ),
        (
            fields(
                authenticator="workload_identity", workload_identity_provider="OIDC", token_file_path="/no/t"
            ),
            ["token_file_path: /no/t is not there"],
        ),
        (fields(None, authenticator="https://corp.okta.com"), ["login: missing; an Okta login"]),
    ],
)
def test_every_fault_is_named_with_its_field(given: LoginFields, faults: list[str]) -> None:
    found = login_faults(given)
    assert len(found) == len(faults), found
    for text, part in zip(found, faults, strict=True):
        assert part in text
        assert SECRET not in text


@pytest.mark.parametrize(
    ("message", "remedy"),
    [
        (
            "Failed to authenticate: MFA authentication is required, but none of your current",
            "no second factor",
        ),
        ("Network policy is required.", "under a network policy"),
        ("Programmatic access token is invalid.", "ROTATE PROGRAMMATIC ACCESS TOKEN"),
        ("JWT token is invalid.", "RSA_PUBLIC_KEY_FP"),
        ("Invalid OAuth access token.", "security integration"),
        ("Incorrect username or password was specified.", "Correct user, key, role"),
    ],
)
def test_snowflakes_refusal_has_its_remedy(message: str, remedy: str) -> None:
    assert remedy in login_remedy(message)
