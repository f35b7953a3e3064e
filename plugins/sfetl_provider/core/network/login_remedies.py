"""What to do about a login that Snowflake refused, by its own words."""

from __future__ import annotations

import re

_OTHERWISE = "Correct user, key, role or network policy in the Airflow connection"
_REMEDIES = (
    (
        re.compile(r"\bMFA\b|multi-?factor|\bpasscode\b|Duo\b", re.IGNORECASE),
        "A load has no second factor: let the connection log in by key pair, programmatic access token, OAuth or"
        " workload identity",
    ),
    (
        re.compile(r"network policy is required", re.IGNORECASE),
        "Put the user under a network policy, which Snowflake wants for programmatic access tokens",
    ),
    (
        re.compile(r"programmatic access token", re.IGNORECASE),
        "Make a new token (ALTER USER … ROTATE PROGRAMMATIC ACCESS TOKEN …), and put it into Password of the"
        " Airflow connection",
    ),
    (
        re.compile(r"\bJWT\b", re.IGNORECASE),
        "Hold the key against RSA_PUBLIC_KEY_FP and RSA_PUBLIC_KEY_2_FP of DESCRIBE USER, then account, user and"
        " this machine's clock",
    ),
    (
        re.compile(r"\bOAuth\b", re.IGNORECASE),
        "Look at the security integration: issuer, audience, the claim that names the user, the role in the scope,"
        " and how long a token lasts",
    ),
)


def login_remedy(message: str) -> str:
    """Give the next step for what Snowflake said."""
    remedy = next((text for words, text in _REMEDIES if words.search(message)), _OTHERWISE)
    return f"{remedy}, then clear this task."
