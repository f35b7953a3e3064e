"""Which statements about the account go to which module: warehouses, roles, users, grants, SHOW, parameters."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from local.warehouse.access.account_parameters import ACCOUNT
from local.warehouse.access.show_pattern import Filters
from local.warehouse.errors import does_not_exist
from local.warehouse.results import Result
from local.warehouse.sessions import session_parameters
from local.warehouse.tokens import Tokens

if TYPE_CHECKING:
    from local.warehouse.statements.statement import Handler, Statement


def _warehouse(statement: Statement) -> Result:
    statement.session.transaction.check_usable()
    if not re.match(r"(?i)(USE|SHOW|DESC)", statement.text):
        statement.session.transaction.commit()
    return statement.warehouse.warehouse_statements.run(statement.session, statement.text_without_binds)


def _role(statement: Statement) -> Result:
    if not re.match(r"(?i)(USE|SHOW)", statement.text):
        statement.session.transaction.commit()
    return statement.warehouse.role_statements.run(statement.session, statement.text_without_binds)


def _user(statement: Statement) -> Result:
    if not re.match(r"(?i)SHOW", statement.text):
        statement.session.transaction.commit()
    return statement.warehouse.user_statements.run(statement.session, statement.text_without_binds)


def _grant(statement: Statement) -> Result:
    statement.session.transaction.commit()
    return statement.warehouse.grant_statements.run(statement.session, statement.text_without_binds)


def _show_grants(statement: Statement) -> Result:
    return statement.warehouse.show_grants.run(statement.session, statement.text_without_binds)


def _show(statement: Statement) -> Result:
    return statement.warehouse.show_statements.run(statement.session, statement.text_without_binds)


def _show_parameters(statement: Statement) -> Result:
    """SHOW PARAMETERS [LIKE 'pattern'] [{IN | FOR} {SESSION | ACCOUNT | USER [name] | WAREHOUSE [name]}].

    https://docs.snowflake.com/en/sql-reference/sql/show-parameters
    """
    tokens = Tokens(statement.text)
    tokens.expect_words("SHOW", "PARAMETERS")
    filters = Filters()
    filters.read_like(tokens)
    parameters = statement.warehouse.access.parameters
    if tokens.at_end() or not (tokens.skip("IN") or tokens.skip("FOR")) or tokens.peek().is_word("SESSION"):
        return session_parameters.show_parameters(statement.session.parameters, statement.text)
    if tokens.skip("ACCOUNT"):
        tokens.expect_end()
        return parameters.show(ACCOUNT, filters.pattern)
    if tokens.skip("WAREHOUSE"):
        name = (statement.session.warehouse or "",) if tokens.at_end() else tokens.name()
        tokens.expect_end()
        statement.warehouse.access.warehouses.get(name[0])
        return parameters.show_warehouse(filters.pattern)
    tokens.expect_words("USER")
    user = statement.session.user if tokens.at_end() else tokens.name()[0]
    tokens.expect_end()
    if statement.warehouse.access.roles.user(user) is None:
        raise does_not_exist("User", user)
    return parameters.show(user, filters.pattern)


_WAREHOUSE = r"(?i)^((CREATE(\s+OR\s+REPLACE)?|ALTER|DROP|DESC|DESCRIBE|USE)\s+WAREHOUSE|SHOW\s+WAREHOUSES)\b"
_ROLE = (
    r"(?i)^((CREATE(\s+OR\s+REPLACE)?|ALTER|DROP)\s+ROLE\b|USE\s+(ROLE|SECONDARY)\b|"
    r"SHOW\s+ROLES\b|(GRANT|REVOKE)\s+ROLE\b)"
)
_USER = r"(?i)^((CREATE(\s+OR\s+REPLACE)?|ALTER|DROP)\s+USER|ALTER\s+ACCOUNT|SHOW\s+USERS)\b"
_GAP = r"(\s|/\*.*?\*/)+"
_SHOWN = rf"(?is)^SHOW{_GAP}(TERSE{_GAP})?(TABLES|VIEWS|OBJECTS|SCHEMAS|DATABASES|COLUMNS)\b"

HANDLERS: tuple[tuple[re.Pattern[str], Handler], ...] = (
    (re.compile(_WAREHOUSE), _warehouse),
    (re.compile(_ROLE), _role),
    (re.compile(_USER), _user),
    (re.compile(r"(?i)^(GRANT|REVOKE)\b"), _grant),
    (re.compile(r"(?i)^SHOW\s+(FUTURE\s+)?GRANTS\b"), _show_grants),
    (re.compile(_SHOWN), _show),
    (re.compile(r"(?i)^SHOW\s+PARAMETERS\b"), _show_parameters),
)
