"""Telling a proxy who asks: Basic, NTLM, or NTLM within Negotiate; and never again once it said no."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from sfetl_provider.adapters.network.tunnel import Answer, basic_authorization
from sfetl_provider.core.network.proxy_settings import ProxyAuthentication, ProxySettings

# What is taken of an offer, the best first: NTLM does not show the password to who listens, and Negotiate may be
# meant for Kerberos alone.
_PREFERENCE = ("ntlm", "basic", "negotiate")
_ACCEPTED = {
    ProxyAuthentication.AUTO: _PREFERENCE,
    ProxyAuthentication.NTLM: ("ntlm", "negotiate"),
    ProxyAuthentication.BASIC: ("basic",),
    ProxyAuthentication.NONE: (),
}


class ProxyLogin:
    """The credentials of one forwarder. After the first that was refused, `is_rejected` holds for ever."""

    def __init__(self, settings: ProxySettings) -> None:
        self._user = settings.user
        self._password = settings.password
        self._accepted = _ACCEPTED[settings.authentication] if settings.sends_credentials else ()
        self._known = self._accepted[0] if len(self._accepted) == 1 else ""
        self.is_rejected = False
        self.is_proven = False

    def begin(self, host: str) -> Conversation:
        """Start the talk on one connection to the proxy of that name."""
        return Conversation(self, host)

    def scheme_of(self, offered: tuple[str, ...]) -> str:
        """Choose of what the proxy offers; empty when there is nothing for us."""
        self._known = next((scheme for scheme in self._accepted if scheme in offered), "")
        return self._known

    @property
    def known_scheme(self) -> str:
        """What worked, or was chosen, before."""
        return self._known

    def basic(self) -> str:
        """Give the header of Basic."""
        return basic_authorization(self._user, self._password)

    def windows_context(self, scheme: str, host: str) -> Any:
        """Give pyspnego's side of NTLM, bare or within Negotiate."""
        # Imported late: most connections need no NTLM.
        import spnego

        options = spnego.NegotiateOptions.use_ntlm
        return spnego.client(
            self._user, self._password, hostname=host, service="HTTP", protocol=scheme, options=options
        )


class Conversation:
    """What goes into Proxy-Authorization on one connection, answer by answer."""

    def __init__(self, login: ProxyLogin, host: str) -> None:
        self._login = login
        self._host = host
        self._scheme = ""
        self._context: Any = None
        self._is_spent = False

    @property
    def needs_same_connection(self) -> bool:
        """Tell whether the next request belongs to the connection of the last answer."""
        return self._context is not None

    def first(self) -> str:
        """Give the header of the first request; empty when the proxy is asked first what it wants."""
        return self._speak(self._login.known_scheme, "")

    def respond(self, answer: Answer) -> str:
        """Give the header after a 407; empty when there is nothing more to say.

        Says so to the login when the credential was refused.
        """
        challenges = dict(answer.challenges)
        if self._is_spent:
            self._login.is_rejected = True
            return ""
        if self._context is not None and not challenges.get(self._scheme):
            return ""
        if self._context is None and not self._scheme:
            return self._speak(self._login.scheme_of(tuple(challenges)), "")
        return self._speak(self._scheme, challenges.get(self._scheme, ""))

    def _speak(self, scheme: str, challenge: str) -> str:
        self._scheme = scheme
        if not scheme:
            return ""
        if scheme == "basic":
            self._is_spent = True
            return self._login.basic()
        if self._context is None:
            self._context = self._login.windows_context(scheme, self._host)
        token = self._context.step(_decoded(challenge) if challenge else None)
        self._is_spent = bool(challenge)
        name = "NTLM" if scheme == "ntlm" else "Negotiate"
        return f"{name} {base64.b64encode(token or b'').decode()}"


def _decoded(challenge: str) -> bytes:
    try:
        return base64.b64decode(challenge, validate=True)
    except binascii.Error as error:
        raise ConnectionResetError("the proxy's challenge cannot be read") from error
