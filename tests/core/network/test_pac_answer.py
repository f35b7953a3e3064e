"""What a PAC script says becomes an ordered list of ways."""

from __future__ import annotations

import pytest

from sfetl_provider.core.network.pac_answer import parse_pac_answer


@pytest.mark.parametrize(
    ("text", "ways"),
    [
        ("", ["None"]),
        ("DIRECT", ["None"]),
        ("PROXY a:8080; HTTPS b:8443 ;proxy c; DIRECT", ["a:8080", "https://b:8443", "c:80", "None"]),
        ("SOCKS s:1080; PROXY [::1]:3128", ["[::1]:3128"]),
        ("PROXY a:1; PROXY a:1", ["a:1"]),
    ],
)
def test_answers(text: str, ways: list[str]) -> None:
    assert [str(way) for way in parse_pac_answer(text)] == ways


@pytest.mark.parametrize("text", ["SOCKS5 s:1080", "PROXY", "PROXY a:port", "nonsense"])
def test_an_answer_without_a_way_for_us_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="it answers only"):
        parse_pac_answer(text)
