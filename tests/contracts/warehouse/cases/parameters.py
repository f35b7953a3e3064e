"""Session parameters: set, unset, shown."""

from __future__ import annotations

from tests.contracts.warehouse.case import Case, Error, Open, Run

PAGE = "sql-reference/parameters"
SHOWN = ("key", "value", "default", "level")


def _settable(name: str, value: str, shown: str, default: str) -> Case:
    return Case(
        f"{name} can be set and unset",
        PAGE,
        (
            Run(f"ALTER SESSION SET {name} = {value}"),
            Run(
                f"SHOW PARAMETERS LIKE '{name}' IN SESSION",
                columns=SHOWN,
                rows=[(name, shown, default, "SESSION")],
            ),
            Run(f"ALTER SESSION UNSET {name}"),
            Run(f"SHOW PARAMETERS LIKE '{name}'", columns=("value",), rows=[(default,)]),
        ),
    )


CASES = (
    _settable("ABORT_DETACHED_QUERY", "TRUE", "true", "false"),
    _settable("LOCK_TIMEOUT", "60", "60", "43200"),
    _settable("QUERY_TAG", "'it''s mine'", "it's mine", ""),
    _settable("STATEMENT_TIMEOUT_IN_SECONDS", "600", "600", "172800"),
    _settable("STATEMENT_QUEUED_TIMEOUT_IN_SECONDS", "30", "30", "0"),
    _settable("TRANSACTION_ABORT_ON_ERROR", "TRUE", "true", "false"),
    Case(
        "several parameters in one statement",
        "sql-reference/sql/alter-session",
        (
            Run("ALTER SESSION SET LOCK_TIMEOUT = 7, QUERY_TAG = 'both'"),
            Run("SHOW PARAMETERS LIKE 'LOCK_TIMEOUT'", columns=("value",), rows=[("7",)]),
            Run("SHOW PARAMETERS LIKE 'QUERY_TAG'", columns=("value",), rows=[("both",)]),
        ),
    ),
    Case(
        "a parameter of the login counts from the first statement on",
        PAGE,
        (
            Open("early", {"STATEMENT_TIMEOUT_IN_SECONDS": 77}),
            Run(
                "SHOW PARAMETERS LIKE 'statement_timeout%' IN SESSION",
                session="early",
                columns=SHOWN,
                rows=[("STATEMENT_TIMEOUT_IN_SECONDS", "77", "172800", "SESSION")],
            ),
        ),
    ),
    Case(
        "an unknown parameter is refused",
        "sql-reference/sql/alter-session",
        (Run("ALTER SESSION SET NO_SUCH_PARAMETER = 1", error=Error(2005, is_documented=False)),),
    ),
    Case(
        "a text for a number is refused",
        "sql-reference/sql/alter-session",
        (Run("ALTER SESSION SET LOCK_TIMEOUT = 'soon'", error=Error(1008, is_documented=False)),),
    ),
    Case(
        "a text for a boolean is refused",
        "sql-reference/sql/alter-session",
        (Run("ALTER SESSION SET ABORT_DETACHED_QUERY = 'perhaps'", error=Error(1008, is_documented=False)),),
    ),
)
