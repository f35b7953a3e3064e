"""Which privileges on which objects a statement needs: a function of its text.

https://docs.snowflake.com/en/user-guide/security-access-control-privileges
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import sqlglot
from sqlglot import Expr, exp
from sqlglot.errors import SqlglotError

from local.warehouse.errors import SqlError
from local.warehouse.statements.object_statement import ObjectStatement, read_object_statement
from local.warehouse.tables.column_limits import identifier_name
from local.warehouse.tokens import Tokens

OWNER = frozenset({"OWNERSHIP"})
_QUERY = re.compile(r"(?i)^\(*\s*(SELECT|WITH|INSERT|UPDATE|DELETE|MERGE)\b")
_STAGE_VERBS = {"PUT": "WRITE", "GET": "READ", "REMOVE": "WRITE", "RM": "WRITE", "LIST": "READ", "LS": "READ"}
_STAGE_NAME = re.compile(
    r'^@((?:"(?:[^"]|"")*"|[A-Za-z_][\w$]*)(?:\.(?:"(?:[^"]|"")*"|[A-Za-z_][\w$]*)){0,2})'
)


@dataclass(frozen=True)
class Need:
    """One of the privileges on an object, named as in the statement; an empty set: any privilege at all.

    `is_tolerant` says that the statement does not mind if there is no such object.
    """

    kind: str
    name: tuple[str, ...]
    privileges: frozenset[str]
    is_tolerant: bool = False


def needs_of(text: str) -> list[Need]:
    """All that a statement needs, in the order in which Snowflake looks; empty for what is not checked.

    A statement that cannot be read needs nothing: it fails when it is carried out.
    """
    try:
        return list(_needs(text))
    except (SqlError, SqlglotError):
        return []


def _needs(text: str) -> Iterator[Need]:
    verb = text[:10].split(None, 1)[0].upper() if text.strip() else ""
    if verb in _STAGE_VERBS:
        yield from _of_stages(Tokens(text), _STAGE_VERBS[verb])
    elif verb == "COPY":
        yield from _of_copy(text)
    elif verb == "USE":
        yield from _of_use(Tokens(text))
    elif verb == "COMMENT":
        yield from _of_comment(Tokens(text))
    elif _QUERY.match(text):
        yield from _of_query(sqlglot.parse_one(text, read="snowflake"))
    elif (statement := read_object_statement(text)) is not None:
        yield from _of_object(statement)
        if statement.verb == "CREATE" and statement.kind in ("TABLE", "VIEW") and statement.source is None:
            yield from _of_definition(text)


def _of_definition(text: str) -> Iterator[Need]:
    """What the query of CREATE TABLE … AS or CREATE VIEW … AS reads."""
    if not re.search(r"(?i)\b(SELECT|TABLE\s*\(|WITH)\b", text):
        return
    expression = sqlglot.parse_one(text, read="snowflake")
    query = expression.args.get("expression")
    if isinstance(query, exp.Query):
        yield from _of_reads(query)


def _of_query(expression: Expr) -> Iterator[Need]:
    target = expression.this.this if isinstance(expression.this, exp.Schema) else expression.this
    if isinstance(expression, exp.Insert) and isinstance(target, exp.Table):
        yield _need(target, "INSERT")
        if expression.args.get("overwrite"):
            yield _need(target, "DELETE")
    elif isinstance(expression, exp.Update) and isinstance(target, exp.Table):
        yield _need(target, "UPDATE")
    elif isinstance(expression, exp.Delete) and isinstance(target, exp.Table):
        yield _need(target, "DELETE")
    elif isinstance(expression, exp.Merge) and isinstance(target, exp.Table):
        yield _need(target, "SELECT")
        for verb in _merge_verbs(expression):
            yield _need(target, verb)
    else:
        target = None
    yield from _of_reads(expression, target)


def _merge_verbs(merge: exp.Merge) -> list[str]:
    verbs = []
    for when in merge.find_all(exp.When):
        then = when.args["then"]
        kind = (
            type(then).__name__.upper() if isinstance(then, (exp.Insert, exp.Update)) else then.name.upper()
        )
        if kind in ("INSERT", "UPDATE", "DELETE") and kind not in verbs:
            verbs.append(kind)
    return verbs


def _of_reads(expression: Expr, target: Expr | None = None) -> Iterator[Need]:
    """SELECT on each table and READ on each stage that is read; names of common table expressions are none."""
    common = {cte.alias_or_name.upper() for cte in expression.find_all(exp.CTE)}
    seen = set()
    for table in expression.find_all(exp.Table):
        stage = _STAGE_NAME.match(table.sql(dialect="snowflake")) if isinstance(table.this, exp.Var) else None
        if stage:
            yield Need("STAGE", Tokens(stage[1]).name(), frozenset({"READ"}))
        if table is target or not isinstance(table.this, exp.Identifier) or table.name.startswith("@"):
            continue
        if len(table.parts) == 1 and table.name.upper() in common:
            continue
        need = _need(table, "SELECT")
        if need not in seen:
            seen.add(need)
            yield need


def _need(table: exp.Table, privilege: str) -> Need:
    return Need("TABLE", tuple(identifier_name(part) for part in table.parts), frozenset({privilege}))


def _of_stages(tokens: Tokens, privilege: str) -> Iterator[Need]:
    while (token := tokens.take()).kind != "end":
        match = _STAGE_NAME.match(token.text) if token.kind in ("stage", "string") else None
        if match:
            yield Need("STAGE", Tokens(match[1]).name(), frozenset({privilege}))
            return


def _of_copy(text: str) -> Iterator[Need]:
    """Loading needs INSERT on the table and READ on the stage; unloading WRITE on the stage and SELECT."""
    tokens = Tokens(text)
    tokens.expect_words("COPY", "INTO")
    if tokens.peek().kind in ("stage", "string"):
        yield from _of_stages(tokens, "WRITE")
        query = re.search(r"(?is)\bFROM\s*\(?\s*((SELECT|WITH)\b.*?)\)?\s*(FILE_FORMAT\b.*)?;?\s*$", text)
        if query is None and tokens.skip("FROM"):
            yield Need("TABLE", tokens.name(), frozenset({"SELECT"}))
        return
    yield Need("TABLE", tokens.name(), frozenset({"INSERT"}))
    yield from _of_stages(tokens, "READ")


def _of_use(tokens: Tokens) -> Iterator[Need]:
    tokens.expect_words("USE")
    if any(tokens.skip(word) for word in ("ROLE", "WAREHOUSE", "SECONDARY")):
        return
    if tokens.skip("SCHEMA"):
        yield Need("SCHEMA", tokens.name(), frozenset({"USAGE"}))
        return
    tokens.skip("DATABASE")
    name = tokens.name()
    yield Need("DATABASE" if len(name) == 1 else "SCHEMA", name, frozenset({"USAGE"}))


def _of_comment(tokens: Tokens) -> Iterator[Need]:
    tokens.expect_words("COMMENT")
    is_tolerant = tokens.skip("IF", "EXISTS")
    tokens.expect_words("ON")
    kind = tokens.take().text.upper()
    name = tokens.name()
    if kind == "COLUMN":
        kind, name = "TABLE", name[:-1]
    if kind in ("TABLE", "VIEW", "SCHEMA", "DATABASE", "STAGE"):
        yield Need("TABLE" if kind == "VIEW" else kind, name, OWNER, is_tolerant)


def _of_object(statement: ObjectStatement) -> Iterator[Need]:
    kind = "TABLE" if statement.kind == "VIEW" else statement.kind
    if statement.verb == "CREATE":
        yield from _of_create(statement, kind)
    elif statement.verb == "TRUNCATE":
        yield Need("TABLE", statement.name, frozenset({"TRUNCATE"}), statement.is_tolerant)
    elif statement.verb == "DESCRIBE":
        yield Need(kind, statement.name, frozenset())
    elif statement.verb == "UNDROP":
        yield Need(f"DROPPED {kind}", statement.name, OWNER)
    else:
        yield Need(kind, statement.name, OWNER, statement.is_tolerant)
        if statement.new_name is not None and statement.is_swap:
            yield Need(kind, statement.new_name, OWNER)
        elif statement.new_name is not None:
            yield _creating(kind, statement.new_name)


def _of_create(statement: ObjectStatement, kind: str) -> Iterator[Need]:
    if statement.source is not None:
        needed = "SELECT" if kind == "TABLE" else "USAGE"
        yield Need(kind, statement.source, frozenset({needed}))
    if statement.is_temporary and kind == "TABLE":
        yield Need("SCHEMA", (*statement.name[:-1], ""), frozenset({"USAGE"}))
        return
    yield _creating(statement.kind, statement.name)
    if statement.is_replacing:
        yield Need(kind, statement.name, OWNER, is_tolerant=True)


def _creating(kind: str, name: tuple[str, ...]) -> Need:
    """CREATE … on the container; the last part of its name is the new object's, to be cut off when resolved."""
    privilege = frozenset({f"CREATE {kind}"})
    if kind == "DATABASE":
        return Need("ACCOUNT", (), privilege)
    if kind == "SCHEMA":
        return Need("DATABASE OF", name, privilege)
    return Need("SCHEMA OF", name, privilege)
