"""What a connection of type `sfetl_proxy` says, as one frozen value."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class ProxyMode(StrEnum):
    """Where the proxy comes from."""

    NONE = "none"
    EXPLICIT = "explicit"
    ENVIRONMENT = "environment"
    PAC = "pac"
    WPAD = "wpad"


class ProxyAuthentication(StrEnum):
    """How this side proves who it is; `auto` takes what the proxy offers."""

    AUTO = "auto"
    BASIC = "basic"
    NTLM = "ntlm"
    NONE = "none"


@dataclass(frozen=True)
class ProxyAddress:
    """A forward proxy; `is_tls` when it is itself reached by TLS."""

    host: str
    port: int
    is_tls: bool = False

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https://' if self.is_tls else ''}{host}:{self.port}"


@dataclass(frozen=True)
class ProxySettings:
    """How to reach Snowflake; its text never shows the password.

    `proxies` are tried in their order; none of them means direct. With mode pac or wpad they come from the
    script instead. `ca_pem` holds certificates that are trusted besides the public ones.
    """

    conn_id: str
    mode: ProxyMode = ProxyMode.NONE
    proxies: tuple[ProxyAddress, ...] = ()
    user: str = ""
    password: str = field(default="", repr=False)
    authentication: ProxyAuthentication = ProxyAuthentication.AUTO
    bypass: tuple[str, ...] = ()
    pac_location: str = ""
    ca_pem: str = field(default="", repr=False)
    is_insecure: bool = False
    connect_timeout_seconds: float = 4.0
    answer_timeout_seconds: float = 5.0

    @property
    def has_script(self) -> bool:
        """Tell whether a PAC script decides, host by host."""
        return self.mode in (ProxyMode.PAC, ProxyMode.WPAD)

    @property
    def sends_credentials(self) -> bool:
        """Tell whether the proxy is told who asks."""
        return bool(self.user) and self.authentication is not ProxyAuthentication.NONE
