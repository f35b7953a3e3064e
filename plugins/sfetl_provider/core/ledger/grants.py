"""What a role must be allowed to do for a feed, as the GRANTs that an administrator runs.

Source: docs.snowflake.com/en/user-guide/security-access-control-privileges and the pages of each statement.
"""

from __future__ import annotations

from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.identifiers import quote_identifier, resolve_identifier
from sfetl_provider.core.plan.month_plan import TableName
from sfetl_provider.core.plan.names import (
    SCHEMA,
    head_table,
    leases_table,
    ledger_table,
    profiles_table,
    quoted_table,
    rejected_rows_table,
    stage_name,
)


def grant_statements(config: FeedConfig, role: str) -> tuple[str, ...]:
    """Give the GRANTs for a role that loads, drops and restores months of a feed and cleans up after these.

    Once schema SFETL is made. Clones that drops keep and load tables need none: they belong to the role that makes
    them, for which SELECT on the target and CREATE TABLE suffice (…/sql-reference/sql/create-clone); Time Travel
    needs SELECT. It needs USAGE on a warehouse besides, whose name only the connection knows, and MODIFY on it to
    resize it. It may change or delete no row of the ledger. Raises ValueError when the role is no identifier.
    """
    database = config.table.database
    own = f"{quote_identifier(database)}.{quote_identifier(SCHEMA)}"
    of_target = f"{quote_identifier(database)}.{quote_identifier(config.table.schema_name)}"
    target = TableName(database=database, schema_name=config.table.schema_name, name=config.table.name)
    privileges = {
        f"DATABASE {quote_identifier(database)}": "USAGE",
        f"SCHEMA {of_target}": "USAGE",
        f"TABLE {quoted_table(target)}": "SELECT, INSERT, UPDATE, DELETE",
        f"SCHEMA {own}": "USAGE, CREATE TABLE",
        f"STAGE {stage_name(database)}": "READ, WRITE",
        f"TABLE {quoted_table(ledger_table(database))}": "SELECT, INSERT",
        f"TABLE {quoted_table(profiles_table(database))}": "SELECT, INSERT",
        f"TABLE {quoted_table(rejected_rows_table(database))}": "SELECT, INSERT, DELETE",
        f"TABLE {quoted_table(leases_table(database))}": "SELECT, INSERT, DELETE",
        f"TABLE {quoted_table(head_table(database, config.feed))}": "SELECT, INSERT, UPDATE",
    }
    to = quote_identifier(resolve_identifier(role))
    return tuple(f"GRANT {granted} ON {what} TO ROLE {to}" for what, granted in privileges.items())
