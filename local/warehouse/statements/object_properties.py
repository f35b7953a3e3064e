"""`NAME = value` lists of CREATE and ALTER statements about warehouses, users and parameters."""

from __future__ import annotations

from local.warehouse.errors import SqlError
from local.warehouse.tokens import Tokens


def read_properties(tokens: Tokens) -> dict[str, str]:
    """All to the end of the statement, names in upper case.

    Commas between them are optional; a list stays one text, `(a,b)`.
    """
    found: dict[str, str] = {}
    while not tokens.at_end():
        token = tokens.take()
        if token.kind != "word":
            raise tokens.unexpected()
        tokens.expect("=")
        found[token.text.upper()] = _value(tokens)
        tokens.skip_mark(",")
    return found


def read_names(tokens: Tokens) -> list[str]:
    """The names of an UNSET list, in upper case."""
    found = []
    while not tokens.at_end():
        token = tokens.take()
        if token.kind != "word":
            raise tokens.unexpected()
        found.append(token.text.upper())
        tokens.skip_mark(",")
    return found


def _value(tokens: Tokens) -> str:
    if tokens.skip_mark("("):
        parts = []
        while not tokens.skip_mark(")"):
            parts.append(_value(tokens))
            tokens.skip_mark(",")
        return f"({','.join(parts)})"
    if tokens.skip_mark("-"):
        return f"-{tokens.take().text}"
    token = tokens.take()
    if token.kind not in ("string", "word", "number", "quoted"):
        raise tokens.unexpected()
    return token.text


def truth(name: str, value: str) -> bool:
    """TRUE or FALSE; raises SqlError 001008."""
    if value.upper() not in ("TRUE", "FALSE"):
        raise invalid_value(name, value)
    return value.upper() == "TRUE"


def invalid_value(name: str, value: str) -> SqlError:
    """A value that a property does not take."""
    return SqlError(
        1008, "22023", f"SQL compilation error:\ninvalid value [{value}] for parameter '{name.upper()}'"
    )


def invalid_property(name: str, kind: str) -> SqlError:
    """A property that such an object does not have."""
    return SqlError(1420, "22023", f"SQL compilation error:\ninvalid property '{name}' for '{kind}'")
