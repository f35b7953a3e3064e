"""Every failure of a statement is a SqlError, and what other libraries raise is turned into one here."""

from __future__ import annotations

import re

import duckdb
import snowflake.connector.errors
from sqlglot.errors import SqlglotError

TEXT_TOO_LONG_MARK = "local-warehouse-text-too-long:"


class SqlError(Exception):
    """A failed statement, as the wire carries it: a number, an SQLSTATE and a text."""

    def __init__(self, code: int, sqlstate: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.sqlstate = sqlstate
        self.message = message

    @property
    def code_text(self) -> str:
        """The code in six digits, as Snowflake writes it: 100078, 001003."""
        return f"{self.code:06d}"


def syntax_error(message: str) -> SqlError:
    """A statement that Snowflake could not parse."""
    return SqlError(1003, "42000", f"SQL compilation error:\n{message}")


def unsupported(feature: str) -> SqlError:
    """Something that Snowflake may know and this stand-in does not."""
    return SqlError(2, "0A000", f"Unsupported feature '{feature}' (in the local warehouse, not Snowflake).")


def does_not_exist(kind: str, name: str) -> SqlError:
    """An object that is not there, in Snowflake's words: absent and forbidden are not told apart."""
    state = "42S02" if kind == "Object" else "02000"
    return SqlError(2003, state, f"SQL compilation error:\n{kind} '{name}' does not exist or not authorized.")


def cannot_use() -> SqlError:
    """What USE and SHOW … IN say of an object that is not there or not to be seen."""
    return SqlError(
        2043, "02000", "SQL compilation error:\nObject does not exist, or operation cannot be performed."
    )


def canceled() -> SqlError:
    """A statement that someone cancelled."""
    return SqlError(604, "57014", "SQL execution canceled")


def text_too_long(limit: int, value: str) -> SqlError:
    """A text of more characters than its column takes."""
    message = f"User character length limit ({limit}) exceeded by string '{value}'"
    return SqlError(100078, "22000", message)


def as_sql_error(error: BaseException) -> SqlError:
    """The SqlError for whatever a statement raised; what is unknown becomes "unsupported", never a crash."""
    if isinstance(error, SqlError):
        return error
    if isinstance(error, snowflake.connector.errors.Error):
        return _from_connector(error)
    if isinstance(error, duckdb.Error):
        return _from_duckdb(error)
    if isinstance(error, SqlglotError):
        return syntax_error(str(error).replace("\x1b[4m", "").replace("\x1b[0m", ""))
    return unsupported(f"{type(error).__name__}: {str(error)[:500]}")


def _from_connector(error: snowflake.connector.errors.Error) -> SqlError:
    """fakesnow wraps DuckDB's errors; the cause tells more than the wrapping."""
    if isinstance(error.__cause__, (duckdb.ConversionException, duckdb.CatalogException)):
        return _from_duckdb(error.__cause__)
    if error.errno == 9999:
        return unsupported(str(error.raw_msg))
    return SqlError(int(error.errno or 2), error.sqlstate or "", str(error.raw_msg))


def _from_duckdb(error: duckdb.Error) -> SqlError:
    text = str(error)
    if TEXT_TOO_LONG_MARK in text:
        limit, _, value = text.partition(TEXT_TOO_LONG_MARK)[2].partition(":")
        return text_too_long(int(limit), value)
    for kind, convert in _DUCKDB_ERRORS:
        if isinstance(error, kind):
            return convert(text)
    return unsupported(f"{type(error).__name__}: {text[:500]}")


def _conversion(text: str) -> SqlError:
    number = re.search(
        r"Could not convert string ['\"](.*?)['\"] to (?:INT|UINT|DOUBLE|DECIMAL|FLOAT|HUGE|BIGINT)", text
    )
    if number:
        return SqlError(100038, "22018", f"Numeric value '{number[1]}' is not recognized")
    overflow = re.search(
        r"(?:Could not cast value|Casting value) \"?(\S+?)\"? to (?:type )?DECIMAL\((\d+),(\d+)\)", text
    )
    if overflow:
        value, precision, scale = overflow.groups()
        message = f"Number out of representable range: type FIXED({precision},{scale}), value {value}"
        return SqlError(100132, "22003", message)
    if moment := re.search(r"(date|timestamp|time)(?: field)? .*?\"(.*?)\"", text):
        return SqlError(100040, "22007", f"{moment[1].capitalize()} '{moment[2]}' is not recognized")
    return SqlError(100035, "22007", text.splitlines()[0])


def _constraint(text: str) -> SqlError:
    if "NOT NULL constraint failed" in text:
        return SqlError(100072, "22000", "NULL result in a non-nullable column")
    return SqlError(100072, "22000", text)


def _invalid_input(text: str) -> SqlError:
    """A text that is no date or time of the format given; all else is unsupported."""
    if moment := re.search(r'Could not parse string "(.*?)" according to format specifier "(.*?)"', text):
        kind = "Timestamp" if re.search("%[HIMS]", moment[2]) else "Date"
        return SqlError(100040, "22007", f"{kind} '{moment[1]}' is not recognized")
    return unsupported(f"InvalidInputException: {text[:500]}")


def _catalog(text: str) -> SqlError:
    """What is not in the catalog, in Snowflake's words."""
    line = text.splitlines()[0]
    if function := re.search(
        r"(?:Scalar|Aggregate|Table|Macro) Function with name (\S+) does not exist", line
    ):
        name = function[1].strip('"').upper()
        return SqlError(2140, "42601", f"SQL compilation error:\nUnknown function {name}")
    if schema := re.search(r"Schema with name (\S+) does not exist", line):
        return does_not_exist("Schema", schema[1].strip('"'))
    if found := re.search(r"(?:Table|View) with name (\S+) does not exist", line):
        return does_not_exist("Object", found[1].strip('"'))
    return SqlError(2003, "42S02", line)


def _transaction(text: str) -> SqlError:
    if "aborted" in text:
        return transaction_aborted()
    if "single attached database" in text:
        return unsupported("a transaction that writes to more than one database")
    message = f"Statement was aborted because a concurrent transaction changed the same data: {text}"
    return SqlError(625, "57014", message)


def transaction_aborted() -> SqlError:
    """What every statement but ROLLBACK gets once a failure has ended the DuckDB transaction."""
    message = (
        "The transaction was ended by an earlier failed statement and nothing of it is kept "
        "(the local warehouse cannot keep it open as Snowflake does). Roll back and start again."
    )
    return SqlError(90236, "25000", message)


_DUCKDB_ERRORS = (
    (duckdb.InterruptException, lambda _: canceled()),
    (duckdb.ConversionException, _conversion),
    (duckdb.ConstraintException, _constraint),
    (duckdb.TransactionException, _transaction),
    (duckdb.CatalogException, _catalog),
    (duckdb.BinderException, lambda text: SqlError(2043, "02000", text.splitlines()[0])),
    (duckdb.ParserException, syntax_error),
    (duckdb.InvalidInputException, _invalid_input),
    (duckdb.OutOfRangeException, lambda text: SqlError(100132, "22003", text.splitlines()[0])),
)
