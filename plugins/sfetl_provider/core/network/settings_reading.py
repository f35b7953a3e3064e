"""From the fields of an Airflow connection to `ProxySettings`: every fault at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import SplitResult, unquote, urlsplit

from sfetl_provider.core.errors import ProxySettingsError
from sfetl_provider.core.network.bypass import bypass_entries
from sfetl_provider.core.network.certificates import BEGIN, clean_pem
from sfetl_provider.core.network.proxy_settings import (
    ProxyAddress,
    ProxyAuthentication,
    ProxyMode,
    ProxySettings,
)

_ENVIRONMENT = "HTTPS_PROXY of the environment"
_PROXY_VARIABLES = ("HTTPS_PROXY", "ALL_PROXY")
_CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
EXTRA_FIELDS = frozenset(
    {
        *("mode", "authentication", "no_proxy", "pac", "ca_bundle", "insecure"),
        *("connect_timeout_seconds", "answer_timeout_seconds"),
    }
)
_SCHEMES = {"": False, "http": False, "https": True}
_LONGEST_SECONDS = 60.0
_WITHOUT_KERBEROS = "; Kerberos is not offered: put Px or cntlm in between, or have Snowflake's hosts allowed"
_INSTEAD = {"kerberos": _WITHOUT_KERBEROS, "negotiate": _WITHOUT_KERBEROS}
Kind = TypeVar("Kind", bound=StrEnum)


@dataclass(frozen=True)
class ProxyFields:
    """An Airflow connection of type `sfetl_proxy`, as it was filled in."""

    conn_id: str
    host: str | None = None
    port: int | None = None
    login: str | None = None
    password: str | None = field(default=None, repr=False)
    extra: Mapping[str, Any] = field(default_factory=dict)


def read_proxy_settings(fields: ProxyFields, environment: Mapping[str, str]) -> ProxySettings:
    """Read a connection; only mode `environment` looks at the environment.

    Raises ProxySettingsError with every fault. Reads the CA file, if one is named.
    """
    reading = _Reading(fields, environment)
    settings = reading.settings()
    if reading.faults:
        raise ProxySettingsError(fields.conn_id, reading.faults)
    return settings


class _Reading:
    """One reading, which collects faults as `field: what`."""

    def __init__(self, fields: ProxyFields, environment: Mapping[str, str]) -> None:
        self.faults: list[str] = []
        self._fields = fields
        self._environment = environment

    def settings(self) -> ProxySettings:
        fields = self._fields
        for name in sorted(set(fields.extra) - EXTRA_FIELDS):
            self.faults.append(f"{name}: no field of this connection type")
        mode = self._choice("mode", ProxyMode, ProxyMode.EXPLICIT)
        user, password = fields.login or "", fields.password or ""
        proxies, bypass = self._explicit() if mode is ProxyMode.EXPLICIT else (), self._text("no_proxy")
        if mode is ProxyMode.ENVIRONMENT:
            bypass = bypass or self._variable("NO_PROXY")
            if (url := self._environment_url()) is not None:
                proxies = self._address(_ENVIRONMENT, url, None)
                user, password = user or unquote(url.username or ""), password or unquote(url.password or "")
        return ProxySettings(
            conn_id=fields.conn_id,
            mode=mode,
            proxies=proxies,
            user=user,
            password=password,
            authentication=self._choice("authentication", ProxyAuthentication, ProxyAuthentication.AUTO),
            bypass=bypass_entries(bypass),
            pac_location=self._pac(mode),
            ca_pem=self._ca(mode),
            is_insecure=self._flag("insecure"),
            connect_timeout_seconds=self._seconds("connect_timeout_seconds", 4.0),
            answer_timeout_seconds=self._seconds("answer_timeout_seconds", 5.0),
        )

    def _explicit(self) -> tuple[ProxyAddress, ...]:
        names = bypass_entries(self._fields.host or "")
        if not names:
            self.faults.append("host: missing")
        return tuple(
            address
            for name in names
            if (url := self._url("host", name)) is not None
            for address in self._address("host", url, self._fields.port)
        )

    def _address(self, name: str, url: SplitResult, port: int | None) -> tuple[ProxyAddress, ...]:
        """Give the proxy of an address; its own port goes before the one of the field."""
        is_tls = _SCHEMES.get(url.scheme)
        if is_tls is None:
            self.faults.append(f"{name}: unknown scheme {url.scheme}; http:// and https:// are known")
            return ()
        if url.path.strip("/") or url.query:
            self.faults.append(f"{name}: a name or address, without a path")
        port = url.port or port
        if not port:
            self.faults.append("port: missing; without it the connection would go around the proxy")
            return ()
        if not 0 < port < 65536:
            self.faults.append(f"port: {port} is not between 1 and 65535")
        return (ProxyAddress(url.hostname or "", port, is_tls),)

    def _url(self, name: str, text: str) -> SplitResult | None:
        """Take an address apart; the text itself is never quoted, since it may hold a password."""
        try:
            url = urlsplit(text if "://" in text else f"//{text}")
            _ = url.port
        except ValueError:
            self.faults.append(f"{name}: not a host with a port from 1 to 65535")
            return None
        if not url.hostname:
            self.faults.append(f"{name}: no host in it")
            return None
        if name == "host" and url.username is not None:
            self.faults.append("host: user and password have fields of their own")
        return url

    def _environment_url(self) -> SplitResult | None:
        text = next((found for name in _PROXY_VARIABLES if (found := self._variable(name))), "")
        return self._url(_ENVIRONMENT, text) if text else None

    def _variable(self, name: str) -> str:
        return self._environment.get(name.lower()) or self._environment.get(name) or ""

    def _pac(self, mode: ProxyMode) -> str:
        location = self._text("pac")
        if mode is ProxyMode.PAC and not location:
            self.faults.append("pac: missing; mode pac needs the script's path or address")
        scheme = urlsplit(location).scheme
        if "://" in location and scheme not in ("http", "https", "file"):
            self.faults.append(f"pac: unknown scheme {scheme}; http, https and file are known")
        return location

    def _ca(self, mode: ProxyMode) -> str:
        name, text = "ca_bundle", self._text("ca_bundle")
        if not text and mode is ProxyMode.ENVIRONMENT:
            found = ((variable, self._environment.get(variable)) for variable in _CA_VARIABLES)
            name, text = next(((variable, value) for variable, value in found if value), (name, ""))
        if not text:
            return ""
        try:
            return clean_pem(text if BEGIN in text else Path(text).expanduser().read_text("utf-8", "replace"))
        except OSError as error:
            self.faults.append(f"{name}: {text} cannot be read ({error.strerror})")
        except ValueError:
            source = "the text" if BEGIN in text else text
            self.faults.append(f"{name}: {source} holds no certificates in PEM form")
        return ""

    def _text(self, name: str) -> str:
        value = self._fields.extra.get(name)
        if isinstance(value, (list, tuple)):
            return ",".join(str(part) for part in value)
        return "" if value is None else str(value).strip()

    def _choice(self, name: str, kind: Callable[[str], Kind], default: Kind) -> Kind:
        text = self._text(name).lower()
        try:
            return kind(text) if text else default
        except ValueError:
            known = ", ".join(type(default))
            self.faults.append(f"{name}: {text!r} is none of {known}{_INSTEAD.get(text, '')}")
            return default

    def _flag(self, name: str) -> bool:
        text = self._text(name).lower()
        if text not in ("", "true", "false"):
            self.faults.append(f"{name}: true or false, not {text!r}")
        return text == "true"

    def _seconds(self, name: str, default: float) -> float:
        text = self._text(name)
        try:
            seconds = float(text) if text else default
        except ValueError:
            seconds = 0.0
        if not 0 < seconds <= _LONGEST_SECONDS:
            self.faults.append(f"{name}: a number above 0, at most {_LONGEST_SECONDS:.0f}")
            return default
        return seconds
