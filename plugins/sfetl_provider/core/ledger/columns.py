"""The ledger's columns: their names and types, and how an entry becomes a row and comes back.

One list serves CREATE TABLE, INSERT and SELECT, so the three cannot drift apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from sfetl_provider.core.identifiers import quote_identifier
from sfetl_provider.core.ledger.canonical import canonical_json
from sfetl_provider.core.ledger.entry import ADDED_FIELDS, LedgerEntry
from sfetl_provider.core.ports import Bind

_TEXT: Final = "VARCHAR NOT NULL"
_COUNT: Final = "NUMBER(18,0) NOT NULL"

# FILES and QUERY_IDS are text on purpose: a VARIANT would reorder its keys, and the hash is over the text.
COLUMNS: Final[dict[str, str]] = {
    "FEED": _TEXT,
    "SEQUENCE": _COUNT,
    "ACTION": _TEXT,
    "MONTH": "VARCHAR(7) NOT NULL",
    "GENERATION": _COUNT,
    "UNDOES": "NUMBER(18,0)",
    "KEPT_TABLE": "VARCHAR",
    "RUN_KEY": _TEXT,
    "DAG_ID": _TEXT,
    "RUN_ID": _TEXT,
    "ACTOR": _TEXT,
    "APPROVER": _TEXT,
    "REASON": _TEXT,
    "TABLE_NAME": _TEXT,
    "FILES": _TEXT,
    "ROWS_IN_FILES": _COUNT,
    "ROWS_STAGED": _COUNT,
    "ROWS_COPIED": _COUNT,
    "ROWS_BEFORE": _COUNT,
    "ROWS_DELETED": _COUNT,
    "ROWS_INSERTED": _COUNT,
    "ROWS_UPDATED": "NUMBER(18,0)",
    "ROWS_REJECTED": "NUMBER(18,0)",
    "LOAD_MODE": "VARCHAR",
    "COMPUTE": "VARCHAR",
    "QC_MODE": _TEXT,
    "QC_VERDICT": _TEXT,
    "IS_INSECURE": "BOOLEAN",
    "QUERY_IDS": _TEXT,
    "STARTED_AT": "TIMESTAMP_NTZ(6)",
    "RECORDED_AT": "TIMESTAMP_NTZ(6) NOT NULL",
    "VERSION": _TEXT,
    "PREVIOUS_HASH": "VARCHAR(64) NOT NULL",
    "HASH": "VARCHAR(64) NOT NULL",
}
# Those that older ledgers lack may be NULL, as ADD COLUMN gives the rows that are there no value.
ADDED_COLUMNS: Final = tuple(name.upper() for name in ADDED_FIELDS)
_JSON_COLUMNS: Final = ("FILES", "QUERY_IDS")
_TIMES: Final = ("STARTED_AT", "RECORDED_AT")


def column_list() -> str:
    """Give the quoted column names, in the order of `entry_binds`."""
    return ", ".join(quote_identifier(name) for name in COLUMNS)


def entry_binds(entry: LedgerEntry) -> tuple[Bind, ...]:
    """Give the values of an entry's row; the time as naive UTC, as TIMESTAMP_NTZ holds it."""
    values = entry.to_json()
    return tuple(_bind(name, entry, values[name.lower()]) for name in COLUMNS)


def _bind(name: str, entry: LedgerEntry, value: object) -> Bind:
    if name in _JSON_COLUMNS:
        return canonical_json(value)
    if name in _TIMES:
        moment: datetime | None = getattr(entry, name.lower())
        return moment and moment.astimezone(UTC).replace(tzinfo=None)
    return value if isinstance(value, int) else str(value)


def entry_of_row(row: Mapping[str, object]) -> LedgerEntry:
    """Read a row (keyed by lower-case column name) back.

    Raises pydantic's ValidationError when the row holds what no entry can.
    """
    names = [name.lower() for name in COLUMNS if row[name.lower()] is not None or name not in ADDED_COLUMNS]
    return LedgerEntry.of_stored({name: _as_utc(row[name]) for name in names})


def _as_utc(value: object) -> object:
    if isinstance(value, datetime) and value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    return value
