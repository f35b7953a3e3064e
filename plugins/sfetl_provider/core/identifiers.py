"""Names and literals in SQL text: the only place where text becomes part of a statement.

Values are bound. Where Snowflake takes no bind (DDL, COPY options, stage paths) a literal is quoted here.
Source: docs.snowflake.com/en/sql-reference/identifiers-syntax and /sql-reference/data-types-text.
"""

from __future__ import annotations

import re

_UNQUOTED = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*")
_MAX_LENGTH = 255


def resolve_identifier(text: str) -> str:
    """Give the stored name of an identifier as SQL would resolve it.

    `flights` and `Flights` are FLIGHTS; `"Flights"`, in double quotes, is kept as it is. Raises ValueError
    for anything that is neither: an empty name, control characters, more than 255 characters.
    """
    if _UNQUOTED.fullmatch(text):
        name = text.upper()
    elif len(text) > 2 and text[0] == text[-1] == '"':
        name = text[1:-1].replace('""', '"')
    else:
        raise ValueError(
            f"{text!r} is not an identifier: use letters, digits, _ and $, or put it in double quotes"
        )
    if len(name) > _MAX_LENGTH or not name.isprintable():
        raise ValueError(f"{text!r} is not an identifier: at most {_MAX_LENGTH} printable characters")
    return name


def quote_identifier(name: str) -> str:
    """Quote a stored name: FLIGHTS becomes "FLIGHTS"."""
    if not name or len(name) > _MAX_LENGTH or not name.isprintable():
        raise ValueError(f"{name!r} cannot be a Snowflake identifier")
    return '"' + name.replace('"', '""') + '"'


def quote_literal(text: str) -> str:
    r"""Quote a string constant; backslash is an escape in Snowflake's single-quoted strings, so it doubles.

    Tab and newline are written as \t and \n, so that a statement stays readable on one line.
    """
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return "'" + escaped.replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r") + "'"
