"""Mutations of roles, grants, warehouses and SHOW."""

from __future__ import annotations

from local.warehouse.access import needed_privileges
from local.warehouse.tokens import Tokens
from tests.contracts.warehouse.mutations.mutation import Mutation, answering

MUTATIONS = (
    Mutation(
        "privileges are not checked",
        "access.authorization:Authorization.check",
        answering(None),
        ("a table is hidden without a privilege on it", "SELECT reads and does not write"),
    ),
    Mutation(
        "COPY needs nothing on its table",
        "access.needed_privileges:_of_copy",
        lambda _right: lambda text: needed_privileges._of_stages(Tokens(text), "READ"),
        ("COPY needs INSERT on the table and READ on the stage",),
    ),
    Mutation(
        "dropping and replacing keep grants",
        "access.grants:Grants.forget",
        answering(None),
        ("replacing a table takes its grants away unless it copies them",),
    ),
    Mutation(
        "future grants are not applied",
        "access.grants:Grants.apply_future",
        answering(None),
        ("grants on future tables hold for those that come",),
    ),
    Mutation(
        "secondary roles are always on",
        "access.authorization:Authorization.roles_of",
        lambda _right: (
            lambda self, session: self._roles.reach(session.role) | self._roles.of_user(session.user)
        ),
        ("secondary roles add their privileges",),
    ),
    Mutation(
        "statements need no warehouse",
        "access.compute:needs_warehouse",
        answering(False),
        (
            "without a warehouse rows are neither read nor written, and definitions still work",
            "a suspended warehouse that does not resume fails what needs it",
        ),
    ),
    Mutation(
        "a suspended warehouse does not resume",
        "access.warehouses:Warehouses.resume",
        answering(None),
        ("a suspended warehouse resumes for a statement that needs it",),
    ),
    Mutation(
        "warehouses never suspend themselves",
        "access.warehouses:Warehouses._settle",
        answering(None),
        ("an idle warehouse suspends itself",),
    ),
    Mutation(
        "SHOW ignores LIKE",
        "access.show_pattern:is_like",
        answering(True),
        ("SHOW TABLES filters by name in any case",),
    ),
)
