"""The COPY INTO of one batch and the table that it fills, as SQL text.

Sources: docs.snowflake.com/en/sql-reference/sql/copy-into-table (options of TYPE = CSV, copy options) and
…/create-table (CREATE TABLE … AS SELECT keeps column types and lengths).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from sfetl_provider.core.compression import Compression
from sfetl_provider.core.config.column_model import ColumnConfig
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.copy_into.batches import Batch
from sfetl_provider.core.identifiers import quote_identifier, quote_literal
from sfetl_provider.core.plan.load_columns import is_loaded_as_target
from sfetl_provider.core.plan.month_plan import TableName
from sfetl_provider.core.plan.names import quoted_table

OnError = Literal["ABORT_STATEMENT", "CONTINUE"]
_RECORD_CHARACTERS = 1024 * 1024


def create_load_table(
    load_table: TableName, target: TableName, config: FeedConfig, unpublished: Sequence[str] = ()
) -> str:
    """Give the DDL of an empty load table: the file's columns in its order, no Time Travel.

    A column that goes into the target as it is has the target's type, any other one is a text.
    """
    names = ", ".join(
        _as_target(column) if is_loaded_as_target(column, config, unpublished) else _as_text(column)
        for column in config.columns
    )
    return (
        f"CREATE OR REPLACE TRANSIENT TABLE {quoted_table(load_table)} DATA_RETENTION_TIME_IN_DAYS = 0 AS\n"
        f"SELECT {names} FROM {quoted_table(target)} WHERE 1 = 0"
    )


def _as_target(column: ColumnConfig) -> str:
    name, target = quote_identifier(column.name), quote_identifier(column.target_name)
    return name if name == target else f"{target} AS {name}"


def _as_text(column: ColumnConfig) -> str:
    return f"CAST(NULL AS VARCHAR) AS {quote_identifier(column.name)}"


def drop_table(table: TableName) -> str:
    """Give the DDL that removes a load table if it is there."""
    return f"DROP TABLE IF EXISTS {quoted_table(table)}"


def create_scratch_table(scratch: TableName, load_table: TableName) -> str:
    """Give the DDL of an empty table with the columns of a load table."""
    return (
        f"CREATE OR REPLACE TRANSIENT TABLE {quoted_table(scratch)} DATA_RETENTION_TIME_IN_DAYS = 0 AS\n"
        f"SELECT * FROM {quoted_table(load_table)} WHERE 1 = 0"
    )


def copy_statement(
    load_table: TableName,
    stage_folder: str,
    batch: Batch,
    config: FeedConfig,
    on_error: OnError = "ABORT_STATEMENT",
) -> str:
    """Give the COPY of a batch of up to 1,000 chunks, with every option stated.

    Defaults are not relied on: ESCAPE_UNENCLOSED_FIELD alone would let a backslash swallow a tab or newline.
    With explicit FILES and ABORT_STATEMENT a file that is missing is an error; with CONTINUE it is told in the
    result, or left out of it.
    """
    names = ",\n  ".join(quote_literal(name) for name in batch.paths)
    options = "\n  ".join(
        f"{name} = {value}" for name, value in file_format(config, batch.compression).items()
    )
    return (
        f"COPY INTO {quoted_table(load_table)}\n"
        f"FROM {quote_literal(stage_folder)}\n"
        f"FILES = (\n  {names}\n)\n"
        f"FILE_FORMAT = (\n  {options}\n)\n"
        f"ON_ERROR = {on_error}\n"
        "PURGE = FALSE\n"
        "FORCE = FALSE"
    )


def validate_statement(table: TableName, query_id: str) -> str:
    """Give the query for every row that a COPY with ON_ERROR = CONTINUE left out of a table.

    Source: docs.snowflake.com/en/sql-reference/functions/validate (nothing is told of a COPY that aborted). The
    function's arguments must be constants. Of a long record the first million characters are fetched.
    """
    return (
        'SELECT "ERROR", "FILE", "LINE", "CATEGORY", "CODE", "COLUMN_NAME",\n'
        f'  LEFT("REJECTED_RECORD", {_RECORD_CHARACTERS}) AS "REJECTED_RECORD"\n'
        f"FROM TABLE(VALIDATE({quoted_table(table)}, JOB_ID => {quote_literal(query_id)}))\n"
        'ORDER BY "FILE", "LINE"'
    )


def file_format(config: FeedConfig, compression: Compression) -> dict[str, str]:
    """Give the format options by name, as SQL text.

    An empty line of a file with several columns is no record; of a file with one column it is one, with an
    empty field: staging counts them the same way.
    """
    form = config.format
    return {
        "TYPE": "CSV",
        "COMPRESSION": compression.upper(),
        "RECORD_DELIMITER": quote_literal("\n"),
        "FIELD_DELIMITER": quote_literal(form.delimiter),
        "FIELD_OPTIONALLY_ENCLOSED_BY": quote_literal(form.quote) if form.quote else "NONE",
        "ESCAPE": "NONE",
        "ESCAPE_UNENCLOSED_FIELD": "NONE",
        "SKIP_HEADER": "0",
        "SKIP_BLANK_LINES": _boolean(len(config.columns) > 1),
        "TRIM_SPACE": "FALSE",
        "NULL_IF": f"({', '.join(quote_literal(marker) for marker in form.null_markers)})",
        "EMPTY_FIELD_AS_NULL": _boolean("" in form.null_markers),
        "ENCODING": quote_literal(form.encoding),
        "REPLACE_INVALID_CHARACTERS": "FALSE",
        "ERROR_ON_COLUMN_COUNT_MISMATCH": "TRUE",
        "DATE_FORMAT": quote_literal(form.date_format),
        "TIME_FORMAT": quote_literal(form.time_format),
        "TIMESTAMP_FORMAT": quote_literal(form.timestamp_format),
    }


def _boolean(value: bool) -> str:
    return "TRUE" if value else "FALSE"
