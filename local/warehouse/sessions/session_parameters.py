"""Session parameters: given at login or by ALTER SESSION, read by the layer, shown by SHOW PARAMETERS.

https://docs.snowflake.com/en/sql-reference/parameters
"""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping

from local.warehouse.errors import SqlError
from local.warehouse.results import SUCCESS, Result, status_result, table_result
from local.warehouse.tokens import Tokens

DEFAULTS = {
    "ABORT_DETACHED_QUERY": "false",
    "AUTOCOMMIT": "true",
    "BINARY_INPUT_FORMAT": "HEX",
    "BINARY_OUTPUT_FORMAT": "HEX",
    "CLIENT_SESSION_KEEP_ALIVE": "false",
    "DATE_INPUT_FORMAT": "AUTO",
    "DATE_OUTPUT_FORMAT": "YYYY-MM-DD",
    "ERROR_ON_NONDETERMINISTIC_MERGE": "true",
    "LOCK_TIMEOUT": "43200",
    "MULTI_STATEMENT_COUNT": "1",
    "QUERY_TAG": "",
    "QUOTED_IDENTIFIERS_IGNORE_CASE": "false",
    "STATEMENT_QUEUED_TIMEOUT_IN_SECONDS": "0",
    "STATEMENT_TIMEOUT_IN_SECONDS": "172800",
    "TIMESTAMP_INPUT_FORMAT": "AUTO",
    "TIMESTAMP_TYPE_MAPPING": "TIMESTAMP_NTZ",
    "TIMEZONE": "UTC",
    "TIME_INPUT_FORMAT": "AUTO",
    "TRANSACTION_ABORT_ON_ERROR": "false",
    "USE_CACHED_RESULT": "true",
    "WEEK_START": "0",
}
_ONLY = {
    "QUOTED_IDENTIFIERS_IGNORE_CASE": "false",
    "TIMEZONE": "UTC",
    "TIMESTAMP_TYPE_MAPPING": "TIMESTAMP_NTZ",
}


class SessionParameters:
    """The values of one session, as text; names have no case.

    At login unknown names are ignored, as clients send some of their own; ALTER SESSION refuses them.
    """

    def __init__(self, given: Mapping[str, object]) -> None:
        self._values = dict(DEFAULTS)
        for name, value in given.items():
            if name.upper() in DEFAULTS:
                self.set(name, _as_text(value))

    def set(self, name: str, value: str) -> None:
        """Change one; raises SqlError for a name or a value that the stand-in does not have."""
        key = name.upper()
        if key not in DEFAULTS:
            raise SqlError(2005, "42000", f"SQL compilation error:\ninvalid parameter '{name}'")
        if key in _ONLY and value.lower() not in (_ONLY[key].lower(), f"etc/{_ONLY[key]}".lower()):
            raise SqlError(2, "0A000", f"The local warehouse knows {key}={_ONLY[key]} only, not '{value}'.")
        if DEFAULTS[key].isdigit() and not value.isdigit():
            raise _invalid(key, value)
        if DEFAULTS[key] in ("true", "false"):
            value = value.lower()
            if value not in ("true", "false"):
                raise _invalid(key, value)
        self._values[key] = value

    def unset(self, name: str) -> None:
        """Back to the default."""
        self.set(name, DEFAULTS.get(name.upper(), ""))

    def text(self, name: str) -> str:
        """The value as it is shown."""
        return self._values[name]

    def is_true(self, name: str) -> bool:
        """The value of a boolean parameter."""
        return self._values[name].lower() == "true"

    def seconds(self, name: str) -> int:
        """The value of a parameter that counts seconds."""
        return int(self._values[name])

    def show(self, pattern: str) -> Result:
        """Rows of SHOW PARAMETERS for names like the pattern, which has % and _ as in LIKE."""
        glob = pattern.upper().replace("%", "*").replace("_", "?")
        columns = ("key", "value", "default", "level", "description", "type")
        rows = []
        for name, value in sorted(self._values.items()):
            if fnmatch.fnmatchcase(name, glob):
                level = "" if value == DEFAULTS[name] else "SESSION"
                rows.append([name, value, DEFAULTS[name], level, "", _type_of(DEFAULTS[name])])
        return table_result(dict.fromkeys(columns, "VARCHAR"), rows)


def _invalid(key: str, value: str) -> SqlError:
    return SqlError(1008, "22023", f"SQL compilation error:\ninvalid value [{value}] for parameter '{key}'")


def alter_session(parameters: SessionParameters, statement: str) -> Result:
    """ALTER SESSION SET a = b [, c = d …] and ALTER SESSION UNSET a [, b …].

    https://docs.snowflake.com/en/sql-reference/sql/alter-session
    """
    tokens = Tokens(statement)
    tokens.expect_words("ALTER", "SESSION")
    is_unset = tokens.skip("UNSET")
    if not is_unset:
        tokens.expect_words("SET")
    while not tokens.at_end():
        name = tokens.take().text
        if is_unset:
            parameters.unset(name)
        else:
            tokens.expect("=")
            parameters.set(name, _literal(tokens))
        tokens.skip_mark(",")
    return status_result(SUCCESS)


def show_parameters(parameters: SessionParameters, statement: str) -> Result:
    """SHOW PARAMETERS [LIKE 'pattern'] [IN SESSION]."""
    tokens = Tokens(statement)
    tokens.expect_words("SHOW", "PARAMETERS")
    pattern = tokens.take().text if tokens.skip("LIKE") else "%"
    tokens.skip("IN", "SESSION") or tokens.skip("FOR", "SESSION")
    tokens.expect_end()
    return parameters.show(pattern)


def _literal(tokens: Tokens) -> str:
    token = tokens.take()
    if token.kind not in ("string", "word", "number"):
        raise tokens.unexpected()
    is_boolean = token.kind == "word" and token.text.upper() in ("TRUE", "FALSE")
    return token.text.lower() if is_boolean else token.text


def _as_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _type_of(default: str) -> str:
    if default in ("true", "false"):
        return "BOOLEAN"
    return "NUMBER" if default.isdigit() else "STRING"
