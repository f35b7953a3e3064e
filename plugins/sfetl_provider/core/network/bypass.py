"""Which hosts go around the proxy."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable


def bypass_entries(text: str) -> tuple[str, ...]:
    """Split a bypass list at commas, semicolons and blanks."""
    return tuple(entry for entry in re.split(r"[,;\s]+", text) if entry)


def is_bypassed(host: str, port: int, entries: Iterable[str]) -> bool:
    """Tell whether an entry names this host: `*`, a domain with all below it, an address or its network.

    An entry may end with `:port`. A domain matches at a dot only: `example.com` is not `badexample.com`.
    """
    return any(_is_match(host.lower().strip("[]").rstrip("."), port, entry.lower()) for entry in entries)


def _is_match(host: str, port: int, entry: str) -> bool:
    if entry == "*":
        return True
    address = _address(host)
    if address is not None and (network := _network(entry)) is not None:
        return address in network
    name, colon, digits = entry.rpartition(":")
    if colon and digits.isdigit():
        if int(digits) != port:
            return False
        entry = name
    domain = entry.strip("[]").removeprefix("*").removeprefix(".")
    return bool(domain) and (host == domain or host.endswith(f".{domain}"))


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _network(entry: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(entry, strict=False)
    except ValueError:
        return None
