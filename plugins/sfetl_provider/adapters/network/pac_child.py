"""The process that fetches and runs a PAC script: `python -m sfetl_provider.adapters.network.pac_child`.

It is somebody else's program, so it runs where it can be killed. In: one line of JSON (`location`, empty for WPAD,
or `script`; `ca_bundle`; `url`; `host`). Out: one line of JSON when the script is there (`script`), then one with
`answer`; either may be `error` instead.
"""

from __future__ import annotations

import json
import ssl
import sys
import urllib.request
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit

# Before the script's own two seconds begin: on a busy machine it takes one of them.
from pypac.parser import PACFile

_FETCH_SECONDS = 4.0
_LIMIT_BYTES = 1 << 20


def main() -> None:
    """Answer one question."""
    question = json.loads(sys.stdin.readline())
    try:
        script = question.get("script") or _fetch(question["location"], question["ca_bundle"])
        _say(script=script)
        _say(answer=_run(script, question["url"], question["host"]))
    except Exception as error:  # noqa: BLE001  # a foreign script may raise anything
        _say(error=_words(error))


def _say(**parts: str) -> None:
    sys.stdout.write(json.dumps(parts) + "\n")
    sys.stdout.flush()


def _words(error: Exception) -> str:
    if isinstance(error, HTTPError):
        return f"its server answered {error.code}"
    if isinstance(error, OSError):
        return (
            f"it cannot be read ({getattr(error, 'reason', None) or error.strerror or type(error).__name__})"
        )
    if type(error).__module__.startswith(("pypac", "dukpy")):
        return "it is no JavaScript with a function FindProxyForURL"
    return str(error) if isinstance(error, LookupError) else type(error).__name__


def _fetch(location: str, ca_bundle: str) -> str:
    if not location:
        return _discovered(ca_bundle)
    parts = urlsplit(location)
    if parts.scheme in ("http", "https"):
        return _download(location, ca_bundle)
    return Path(parts.path if parts.scheme == "file" else location).read_text("utf-8", "replace")


def _download(address: str, ca_bundle: str) -> str:
    """Fetch directly: the way to a proxy's own address goes through no proxy."""
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}),
        urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=ca_bundle)),
    )
    with opener.open(address, timeout=_FETCH_SECONDS) as answer:
        return str(answer.read(_LIMIT_BYTES).decode("utf-8", "replace"))


def _discovered(ca_bundle: str) -> str:
    from pypac.wpad import proxy_urls_from_dns

    addresses: list[str] = proxy_urls_from_dns()  # type: ignore[no-untyped-call]
    for address in addresses:
        try:
            return _download(address, ca_bundle)
        except OSError:
            continue
    raise LookupError(
        "no WPAD script was found"
        if addresses
        else "WPAD needs this machine's full host name, and it has none"
    )


def _run(script: str, url: str, host: str) -> str:
    rules: Any = PACFile
    return str(rules(script).find_proxy_for_url(url, host) or "")


if __name__ == "__main__":
    main()
