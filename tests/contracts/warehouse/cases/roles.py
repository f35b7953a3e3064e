"""Roles: who has them, which stands above which, what a session does with them."""

from __future__ import annotations

from tests.contracts.warehouse.case import Case, Error, Open, Run, Step

_GRANT = "sql-reference/sql/grant-role"
_USE = "sql-reference/sql/use-role"
_CLEANUP = ("DROP ROLE IF EXISTS {unique}", "DROP ROLE IF EXISTS {unique}_LOW")
ROLE = Run("CREATE ROLE {unique}")
TO_USER = Run("GRANT ROLE {unique} TO USER {user}")
NO_SECONDARY = Run("USE SECONDARY ROLES NONE")
NOT_THERE = Error(2003, ("does not exist or not authorized",))


def _case(name: str, page: str, *steps: Step) -> Case:
    return Case(name, page, steps, cleanup=_CLEANUP)


CASES = (
    _case(
        "a role is used once it is granted to the user",
        _USE,
        ROLE,
        TO_USER,
        Run("USE ROLE {unique}"),
        Run("SELECT CURRENT_ROLE() = '{unique}'", rows=[(True,)]),
    ),
    _case(
        "a role that does not exist cannot be used",
        _USE,
        Run("USE ROLE {unique}", error=Error(2043, ("Object does not exist",), is_documented=False)),
    ),
    _case(
        "a role that is not granted to the user cannot be used",
        _USE,
        ROLE,
        TO_USER,
        Run("CREATE ROLE {unique}_LOW"),
        Run("REVOKE ROLE {unique} FROM USER {user}"),
        Run(
            "USE ROLE {unique}",
            error=Error(3013, ("is not assigned to the executing user",), is_documented=False),
        ),
    ),
    _case(
        "a role granted to a role of the user can be used",
        "user-guide/security-access-control-overview",
        ROLE,
        Run("CREATE ROLE {unique}_LOW"),
        Run("GRANT ROLE {unique}_LOW TO ROLE {unique}"),
        TO_USER,
        Run("USE ROLE {unique}_LOW"),
    ),
    _case(
        "a role has the privileges of the roles below it",
        "user-guide/security-access-control-overview",
        ROLE,
        Run("CREATE ROLE {unique}_LOW"),
        Run("GRANT ROLE {unique}_LOW TO ROLE {unique}"),
        TO_USER,
        Run("CREATE TABLE T (A NUMBER(9,0))"),
        Run("GRANT USAGE ON WAREHOUSE {warehouse} TO ROLE {unique}_LOW"),
        Run("GRANT USAGE ON DATABASE {database} TO ROLE {unique}_LOW"),
        Run("GRANT USAGE ON SCHEMA {schema} TO ROLE {unique}_LOW"),
        Run("GRANT SELECT ON TABLE T TO ROLE {unique}_LOW"),
        Open("loader", role="{unique}"),
        Run("USE SECONDARY ROLES NONE", session="loader"),
        Run("SELECT A FROM {schema}.T", rows=[], session="loader"),
        Run("REVOKE ROLE {unique}_LOW FROM ROLE {unique}"),
        Run("SELECT A FROM {schema}.T", error=Error(2003), session="loader"),
    ),
    _case(
        "a login with a role that does not exist fails",
        "developer-guide/python-connector/python-connector-api",
        Open("loader", role="{unique}", error=Error(390189, ("Role '", "specified in the connect string"))),
    ),
    _case(
        "a login takes the role that it names",
        "developer-guide/python-connector/python-connector-api",
        ROLE,
        TO_USER,
        Open("loader", role="{unique}"),
        Run("SELECT CURRENT_ROLE() = '{unique}'", rows=[(True,)], session="loader"),
    ),
    _case(
        "secondary roles add their privileges",
        "sql-reference/sql/use-secondary-roles",
        ROLE,
        TO_USER,
        Run("CREATE TABLE T (A NUMBER(9,0))"),
        Open("loader", role="{unique}"),
        Run("USE SECONDARY ROLES NONE", session="loader"),
        Run("DESCRIBE TABLE {schema}.T", error=NOT_THERE, session="loader"),
        Run("USE SECONDARY ROLES ALL", session="loader"),
        Run("USE WAREHOUSE {warehouse}", session="loader"),
        Run("SELECT A FROM {schema}.T", rows=[], session="loader"),
    ),
    _case(
        "roles do not form a circle",
        _GRANT,
        ROLE,
        Run("CREATE ROLE {unique}_LOW"),
        Run("GRANT ROLE {unique}_LOW TO ROLE {unique}"),
        Run("GRANT ROLE {unique} TO ROLE {unique}_LOW", error=Error(3023, is_documented=False)),
    ),
    _case(
        "a role is made once",
        "sql-reference/sql/create-role",
        ROLE,
        Run("CREATE ROLE {unique}", error=Error(2002, ("already exists",))),
        Run("CREATE ROLE IF NOT EXISTS {unique}"),
        Run("DROP ROLE {unique}"),
        Run("DROP ROLE {unique}", error=NOT_THERE),
        Run("DROP ROLE IF EXISTS {unique}"),
    ),
    _case(
        "roles and users that are granted exist",
        _GRANT,
        Run("GRANT ROLE {unique} TO USER {user}", error=NOT_THERE),
        ROLE,
        Run('GRANT ROLE {unique} TO USER "{unique}"', error=NOT_THERE),
        Run("GRANT ROLE {unique} TO ROLE {unique}_LOW", error=NOT_THERE),
    ),
    _case(
        "SHOW GRANTS OF ROLE tells who has it",
        "sql-reference/sql/show-grants",
        ROLE,
        Run("CREATE ROLE {unique}_LOW COMMENT='lower'"),
        Run("GRANT ROLE {unique}_LOW TO ROLE {unique}"),
        Run("GRANT ROLE {unique}_LOW TO USER {user}"),
        Run(
            "SHOW GRANTS OF ROLE {unique}_LOW",
            columns=("granted_to",),
            rows=[("ROLE",), ("USER",)],
            any_order=True,
        ),
        Run("SHOW ROLES LIKE '{unique}_LOW'", columns=("comment", "granted_to_roles"), rows=[("lower", 1)]),
    ),
    _case(
        "what a dropped role owned passes to the role that drops it",
        "sql-reference/sql/drop-role",
        ROLE,
        Run("CREATE TABLE T (A NUMBER(9,0))"),
        Run("GRANT OWNERSHIP ON TABLE T TO ROLE {unique}"),
        Run("DROP ROLE {unique}"),
        Run("DROP TABLE T"),
    ),
    _case(
        "IS_ROLE_IN_SESSION knows the roles below",
        "sql-reference/functions/is_role_in_session",
        ROLE,
        TO_USER,
        Run("USE ROLE {unique}"),
        NO_SECONDARY,
        Run("SELECT IS_ROLE_IN_SESSION('PUBLIC'), IS_ROLE_IN_SESSION('ACCOUNTADMIN')", rows=[(True, False)]),
    ),
)
