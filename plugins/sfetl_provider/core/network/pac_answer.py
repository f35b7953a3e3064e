"""What a PAC script answers: an ordered list of ways."""

from __future__ import annotations

import re

from sfetl_provider.core.network.proxy_settings import ProxyAddress

_DIRECT = "DIRECT"
_IS_TLS = {"PROXY": False, "HTTP": False, "HTTPS": True}
_DEFAULT_PORTS = {False: 80, True: 443}
_ADDRESS = re.compile(r"(\[[^\]]+\]|[^\s:\[\]]+)(?::(\d{1,5}))?")


def parse_pac_answer(text: str) -> tuple[ProxyAddress | None, ...]:
    """Read `PROXY a:8080; HTTPS b; DIRECT`; None is direct, as is an empty answer.

    What is neither HTTP nor HTTPS (SOCKS) is left out, as browsers do with what they do not know. Raises
    ValueError when nothing is left.
    """
    entries = [entry.split() for entry in text.split(";") if entry.strip()]
    if not entries:
        return (None,)
    ways = [way for entry in entries for way in _way(entry)]
    if not ways:
        raise ValueError(f"it answers only {', '.join(sorted({entry[0].upper() for entry in entries}))}")
    return tuple(dict.fromkeys(ways))


def _way(entry: list[str]) -> tuple[ProxyAddress | None, ...]:
    kind = entry[0].upper()
    if kind == _DIRECT:
        return (None,)
    found = _ADDRESS.fullmatch(entry[1]) if len(entry) == 2 and kind in _IS_TLS else None
    if found is None:
        return ()
    is_tls = _IS_TLS[kind]
    return (ProxyAddress(found[1].strip("[]"), int(found[2] or _DEFAULT_PORTS[is_tls]), is_tls),)
