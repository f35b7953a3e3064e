"""How a Snowflake connection logs in: whether a load, which has no person, can use it, and what is missing.

Sources: docs.snowflake.com/en/developer-guide/python-connector/python-connector-connect,
docs.snowflake.com/en/user-guide/programmatic-access-tokens, …/workload-identity-federation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PASSWORD = "snowflake"  # noqa: S105  # the authenticator's name
KEY_PAIR = "snowflake_jwt"
OAUTH = "oauth"
ACCESS_TOKEN = "programmatic_access_token"  # noqa: S105  # the authenticator's name
WORKLOAD_IDENTITY = "workload_identity"
_WITH_A_PERSON = ("externalbrowser", "oauth_authorization_code", "username_password_mfa")
_OF_THE_CONNECTOR = "oauth_client_credentials"
_GRANTS = ("client_credentials", "refresh_token", "password")
_CLOUDS = ("AWS", "AZURE", "GCP", "OIDC")
_OLD_PREFIX = "extra__snowflake__"


@dataclass(frozen=True)
class LoginFields:
    """A Snowflake connection as it was filled in."""

    login: str | None = None
    password: str | None = field(default=None, repr=False)
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def text(self, name: str) -> str:
        """Give a field of Extra, empty when it is missing; also under the name that older Airflows gave it."""
        value = self.extra.get(name) or self.extra.get(f"{_OLD_PREFIX}{name}")
        return "" if value is None else str(value).strip()

    @property
    def has_key(self) -> bool:
        """Tell whether a private key is named."""
        return bool(self.text("private_key_file") or self.text("private_key_content"))

    @property
    def authenticator(self) -> str:
        """The way to log in, in lower case as Airflow's provider wants it, or an Okta address as it is."""
        given = self.text("authenticator")
        if given.lower().startswith("https://"):
            return given
        return OAUTH if self.text("refresh_token") else given.lower() or PASSWORD


def login_faults(fields: LoginFields) -> tuple[str, ...]:
    """Give every fault as `field: what`; empty when the login can be tried."""
    method = fields.authenticator
    faults = [] if fields.text("account") else ["account: missing"]
    if method in _FAULTS:
        faults += _FAULTS[method](fields)
    elif method in _WITH_A_PERSON:
        faults.append(
            f"authenticator: {method} needs a person at each login, and loads run without one; use a key pair,"
            f" {ACCESS_TOKEN}, {OAUTH} with grant_type client_credentials, or {WORKLOAD_IDENTITY}"
        )
    elif method == _OF_THE_CONNECTOR:
        faults.append(
            f"authenticator: write {OAUTH} with grant_type client_credentials, the client's id in Login and its"
            " secret in Password"
        )
    elif method.startswith("https://"):
        faults += _missing(fields, "an Okta login", login="the user", password="its password")  # noqa: S106
    else:
        faults.append(f"authenticator: {method!r} is none of {', '.join(_FAULTS)}")
    if fields.has_key and method not in (PASSWORD, KEY_PAIR):
        faults.append(
            f"private_key_file: belongs to {KEY_PAIR}, not to {method}; the connector would take the key"
        )
    if fields.text("workload_identity_provider") and method != WORKLOAD_IDENTITY:
        faults.append(f"workload_identity_provider: belongs to authenticator {WORKLOAD_IDENTITY}")
    return tuple(faults)


def _missing(fields: LoginFields, purpose: str, **wanted: str) -> list[str]:
    given = {"login": fields.login, "password": fields.password}
    return [
        f"{name}: missing; {purpose} needs {what} there" for name, what in wanted.items() if not given[name]
    ]


def _password_faults(fields: LoginFields) -> list[str]:
    if fields.has_key:
        return _key_faults(fields)
    return _missing(fields, "a login by password", login="the user", password="its password")  # noqa: S106


def _key_faults(fields: LoginFields) -> list[str]:
    faults = _missing(fields, "a login by key pair", login="the user")
    if not fields.has_key:
        faults.append("private_key_file: missing; or the key's text in private_key_content")
    if fields.text("private_key_file") and fields.text("private_key_content"):
        faults.append("private_key_file: there is a private_key_content, too; keep one of them")
    return faults


def _oauth_faults(fields: LoginFields) -> list[str]:
    if fields.text("azure_conn_id"):
        return []
    faults = _missing(fields, "OAuth", login="the client's id", password="the client's secret")  # noqa: S106
    grant = fields.text("grant_type") or ("refresh_token" if fields.text("refresh_token") else "")
    if grant not in _GRANTS:
        faults.append(f"grant_type: {grant or 'missing'!s}; one of {', '.join(_GRANTS)}")
    if grant == "refresh_token" and not fields.text("refresh_token"):
        faults.append("refresh_token: missing")
    if grant == "password":
        wanted = ("oauth_username", "oauth_password", "token_endpoint")
        faults += [f"{name}: missing" for name in wanted if not fields.text(name)]
    return faults


def _token_faults(fields: LoginFields) -> list[str]:
    return _missing(fields, ACCESS_TOKEN, password="the token")  # noqa: S106


def _workload_faults(fields: LoginFields) -> list[str]:
    cloud, path = fields.text("workload_identity_provider").upper(), fields.text("token_file_path")
    faults = []
    if cloud not in _CLOUDS:
        faults.append(f"workload_identity_provider: {cloud or 'missing'}; one of {', '.join(_CLOUDS)}")
    if cloud == "OIDC" and not path and not fields.text("token"):
        faults.append("token_file_path: missing; OIDC needs the file that holds the token")
    if path and not Path(path).is_file():
        faults.append(f"token_file_path: {path} is not there")
    return faults


_FAULTS: Mapping[str, Callable[[LoginFields], list[str]]] = {
    PASSWORD: _password_faults,
    KEY_PAIR: _key_faults,
    OAUTH: _oauth_faults,
    ACCESS_TOKEN: _token_faults,
    WORKLOAD_IDENTITY: _workload_faults,
}
