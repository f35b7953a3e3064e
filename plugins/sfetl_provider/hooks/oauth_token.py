"""OAuth tokens for a Snowflake connection, asked for the same way as everything else.

The provider's own request follows the environment, with no switch. So this replaces the one method that sends it:
`_SnowflakeOAuthManager.request_oauth_token` of apache-airflow-providers-snowflake 6.20.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import requests
from airflow.providers.snowflake.hooks.snowflake import OAUTH_REQUEST_TIMEOUT, _SnowflakeOAuthManager
from requests.auth import HTTPBasicAuth

from sfetl_provider.adapters.network.choice import NETWORK, NetworkChoice
from sfetl_provider.adapters.network.route import network_options
from sfetl_provider.adapters.network.tunnel import Target
from sfetl_provider.core.errors import LoginDeniedError
from sfetl_provider.core.network.bypass import is_bypassed
from sfetl_provider.core.network.proxy_settings import ProxySettings

_DOING = "asking for an OAuth token"


class OauthTokens(_SnowflakeOAuthManager):
    """Keeps a token until it expires; `settings` gives the proxy's, or None for the environment's way."""

    def __init__(self, settings: Callable[[], ProxySettings | None]) -> None:
        super().__init__()
        self._settings = settings

    # A plain method in the place of one that tries again: Airflow does that.
    def request_oauth_token(  # type: ignore[override]
        self, *, url: str, data: dict[str, Any], client_id: str, client_secret: str
    ) -> requests.Response:
        """Ask once; raises LoginDeniedError when the endpoint refuses, and the errors of a way that fails."""
        with requests.Session() as session:
            if (settings := self._settings()) is not None:
                _isolate(session, settings, url)
            try:
                answer = session.post(
                    url,
                    data=data,
                    auth=HTTPBasicAuth(client_id, client_secret),
                    timeout=OAUTH_REQUEST_TIMEOUT,
                )
                if 400 <= answer.status_code < 500:
                    raise _refused(answer)
                answer.raise_for_status()
                _require_token(answer)
            except requests.RequestException as error:
                # Imported late: it loads the connector, which a process that only asks for tokens does without.
                from sfetl_provider.adapters.snowflake_errors import translate

                raise translate(error, _DOING) from None
        return answer


def _refused(answer: requests.Response) -> LoginDeniedError:
    """Say what the endpoint says; of its words only the code of RFC 6749, section 5.2."""
    code = re.search(r'"error"\s*:\s*"([a-z_]{1,40})"', answer.text)
    return LoginDeniedError(
        f"The OAuth token was refused: its endpoint answered {answer.status_code}"
        f"{f' ({code[1]})' if code else ''}.",
        safe="Nothing was done.",
        next_step="Correct client id, secret, scope or refresh token in the Airflow connection, then clear this"
        " task.",
    )


def _require_token(answer: requests.Response) -> None:
    try:
        found = answer.json()
        if found["access_token"] and int(found["expires_in"]) > 0:
            return
    except (ValueError, KeyError, TypeError):
        pass
    raise LoginDeniedError(
        "The OAuth endpoint answered without a token and the seconds for which it is good.",
        safe="Nothing was done.",
        next_step="Correct token_endpoint in the Airflow connection: it may lead to a login page. Then clear this"
        " task.",
    )


def _isolate(session: requests.Session, settings: ProxySettings, url: str) -> None:
    """Give a session the way of these settings, and nothing of the environment."""
    parts = urlsplit(url)
    is_tls = parts.scheme == "https"
    target = Target(parts.hostname or "", parts.port or (443 if is_tls else 80), is_tls)
    options = network_options(settings, target)
    choice: NetworkChoice = options[NETWORK]
    session.trust_env = False
    session.verify = False if choice.is_insecure else choice.ca_bundle
    if "proxy_host" in options and not is_bypassed(target.host, target.port, choice.bypass):
        login = f"{options['proxy_user']}:{options['proxy_password']}@" if "proxy_user" in options else ""
        proxy = f"http://{login}{options['proxy_host']}:{options['proxy_port']}"
        session.proxies = {"http": proxy, "https": proxy}
