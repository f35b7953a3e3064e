"""What kind of stage the chunks go to, asked before the first one is made.

An internal stage encrypts on the server alone (SNOWFLAKE_SSE), or its clients encrypt as well (SNOWFLAKE_FULL,
the default of CREATE STAGE, and what an account with Tri-Secret Secure needs). Then PUT sends an encrypted copy,
which is what LIST shows. Sources: docs.snowflake.com/en/sql-reference/sql/create-stage, …/show-stages,
docs.snowflake.com/en/user-guide/security-encryption-end-to-end.
"""

from __future__ import annotations

from dataclasses import replace

from sfetl_provider.core.errors import StageUnusableError
from sfetl_provider.core.events import Listener, Notice
from sfetl_provider.core.identifiers import quote_identifier, quote_literal
from sfetl_provider.core.plan.month_plan import MonthPlan
from sfetl_provider.core.plan.names import SCHEMA, STAGE, stage_name
from sfetl_provider.core.ports import StagedEntry, StageListing, StageSession

_SERVER_ENCRYPTS = "INTERNAL NO CSE"
_CLIENTS_ENCRYPT = "INTERNAL"


def show_stage(database: str) -> str:
    """Give the statement that tells the stage's type; LIKE knows no case, so others may come along."""
    schema = f"{quote_identifier(database)}.{quote_identifier(SCHEMA)}"
    return f"SHOW STAGES LIKE {quote_literal(STAGE)} IN SCHEMA {schema}"


def open_stage(warehouse: StageSession, plan: MonthPlan, listener: Listener) -> StageListing:
    """Look at the stage, and give the listing that holds its files against ours as its encryption requires.

    Says so when clients encrypt. Raises StageUnusableError when there is no stage that chunks can be put on.
    """
    name = stage_name(plan.table.database)
    rows = warehouse.query(show_stage(plan.table.database)).records()
    kinds = [str(row["type"]) for row in rows if row["name"] == STAGE]
    if not kinds:
        raise _unusable(name, "does not exist, or the role may not see it")
    if kinds[0] == _SERVER_ENCRYPTS:
        return warehouse
    if kinds[0] != _CLIENTS_ENCRYPT:
        raise _unusable(name, f"is of type {kinds[0]}; chunks need an internal one")
    listener(
        Notice(
            "stage",
            f"{name} has client-side encryption: an encrypted copy of each chunk is written to disk before it is"
            " sent. Where the account allows it, a stage with ENCRYPTION=(TYPE='SNOWFLAKE_SSE') saves that.",
        )
    )
    return _EncryptedByClients(warehouse)


def _unusable(name: str, why: str) -> StageUnusableError:
    return StageUnusableError(
        f"The stage {name} {why}.",
        safe="Nothing was uploaded.",
        next_step="Drop what stands in its place, or grant the role READ and WRITE on it. Task plan makes it when"
        f" it is cleared; by hand: CREATE STAGE {name} ENCRYPTION=(TYPE='SNOWFLAKE_SSE').",
    )


class _EncryptedByClients:
    """Implements StageListing for a stage whose files were encrypted before they were sent."""

    def __init__(self, stage: StageListing) -> None:
        self._stage = stage

    def list_stage(self, stage_folder: str) -> list[StagedEntry]:
        """LIST, with what its sizes are."""
        return [replace(entry, is_encrypted=True) for entry in self._stage.list_stage(stage_folder)]
