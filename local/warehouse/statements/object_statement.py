"""CREATE, DROP, ALTER, UNDROP and their like, read as far as access asks: verb, kind and name of the object.

Only the head is read; what follows belongs to the module that carries the statement out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from local.warehouse.errors import SqlError
from local.warehouse.tokens import Tokens

_VERBS = ("CREATE", "DROP", "ALTER", "UNDROP", "TRUNCATE", "DESCRIBE", "DESC")
_MODIFIERS = {"TEMP", "TEMPORARY", "VOLATILE", "TRANSIENT", "LOCAL", "GLOBAL", "SECURE", "RECURSIVE"}
_TEMPORARY = {"TEMP", "TEMPORARY", "VOLATILE"}
_IN_SCHEMA = {"TABLE", "VIEW", "STAGE", "SEQUENCE", "FILE FORMAT"}
_KINDS = {*_IN_SCHEMA, "SCHEMA", "DATABASE"}
_HEAD = re.compile(r"(?i)(CREATE|DROP|ALTER|UNDROP|TRUNCATE|DESCRIBE|DESC)\b")
_HEAD_CHARACTERS = 4_000


@dataclass(frozen=True)
class ObjectStatement:
    """The head of a statement about one object; names are as written, in upper case unless quoted.

    `kind` is TABLE, VIEW, STAGE, SEQUENCE, FILE FORMAT, SCHEMA or DATABASE. `source` is what CLONE or LIKE names.
    """

    verb: str
    kind: str
    name: tuple[str, ...]
    is_replacing: bool = False
    is_tolerant: bool = False
    is_temporary: bool = False
    is_clone: bool = False
    keeps_grants: bool = False
    source: tuple[str, ...] | None = None
    new_name: tuple[str, ...] | None = None
    is_swap: bool = False


def read_object_statement(text: str) -> ObjectStatement | None:
    """The statement's head, None for all others and for what has no such form.

    Reads no more than the first 4,000 characters.
    """
    if not _HEAD.match(text):
        return None
    tokens = Tokens(text[:_HEAD_CHARACTERS])
    try:
        return _read(tokens)
    except SqlError:
        return None


def _read(tokens: Tokens) -> ObjectStatement | None:
    verb = next((word for word in _VERBS if tokens.skip(word)), "")
    is_replacing = tokens.skip("OR", "REPLACE")
    modifiers = set()
    while tokens.peek().kind == "word" and tokens.peek().text.upper() in _MODIFIERS:
        modifiers.add(tokens.take().text.upper())
    kind = _kind(tokens, verb)
    if kind is None:
        return None
    is_tolerant = tokens.skip("IF", "NOT", "EXISTS") or tokens.skip("IF", "EXISTS")
    name = tokens.name()
    verb = "DESCRIBE" if verb == "DESC" else verb
    statement = ObjectStatement(verb, kind, name, is_replacing, is_tolerant or tokens.skip("IF", "EXISTS"))
    if verb == "CREATE":
        return _created(statement, tokens, bool(modifiers & _TEMPORARY))
    return _altered(statement, tokens) if verb == "ALTER" else statement


def _kind(tokens: Tokens, verb: str) -> str | None:
    if tokens.skip("FILE", "FORMAT"):
        return "FILE FORMAT"
    word = tokens.peek().text.upper() if tokens.peek().kind == "word" else ""
    if word in _KINDS:
        tokens.take()
        return word
    return "TABLE" if verb == "TRUNCATE" else None


def _created(statement: ObjectStatement, tokens: Tokens, is_temporary: bool) -> ObjectStatement:
    source, is_clone = None, False
    keeps_grants = False
    depth = 0
    while not tokens.at_end():
        if depth == 0 and tokens.skip("COPY", "GRANTS"):
            keeps_grants = True
        elif depth == 0 and source is None and tokens.skip("CLONE"):
            source, is_clone = tokens.name(), True
        elif depth == 0 and source is None and statement.kind == "TABLE" and tokens.skip("LIKE"):
            source = tokens.name()
        elif depth == 0 and tokens.skip("AS"):
            break
        else:
            mark = tokens.take().text
            depth += (mark == "(") - (mark == ")")
    return ObjectStatement(
        "CREATE",
        statement.kind,
        statement.name,
        statement.is_replacing,
        statement.is_tolerant,
        is_temporary,
        is_clone,
        keeps_grants,
        source,
    )


def _altered(statement: ObjectStatement, tokens: Tokens) -> ObjectStatement:
    new_name, is_swap = None, False
    if tokens.skip("RENAME", "TO"):
        new_name = tokens.name()
    elif tokens.skip("SWAP", "WITH"):
        new_name, is_swap = tokens.name(), True
    return ObjectStatement(
        "ALTER",
        statement.kind,
        statement.name,
        is_tolerant=statement.is_tolerant,
        new_name=new_name,
        is_swap=is_swap,
    )
