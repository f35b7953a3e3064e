"""Great Expectations' own SQL engine over a table in Snowflake, through connections that are ours.

Importing this module takes seconds and 300 MB. The engine asks through SQLAlchemy; its connections are opened as
all others are, with proxy, certificates and session parameters, so nothing else needs to be configured. Values are
bound by the connector on this side, as snowflake-sqlalchemy does it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy
from great_expectations.core.batch import Batch
from great_expectations.execution_engine.sqlalchemy_batch_data import SqlAlchemyBatchData
from great_expectations.execution_engine.sqlalchemy_execution_engine import SqlAlchemyExecutionEngine
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
from great_expectations.validator.validator import Validator
from snowflake.connector import SnowflakeConnection

from sfetl_provider.adapters.snowflake_session import open_connection
from sfetl_provider.core.identifiers import quote_identifier
from sfetl_provider.core.ports import ExpectationAnswer

_PARAMETERS = {"paramstyle": "pyformat"}


class GxEngine:
    """Implements `core.ports.ExpectationEngine`; `options` are the connector's, and hold secrets."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._options = options

    def judge(
        self, table: tuple[str, str, str], asked: Sequence[tuple[str, Mapping[str, Any]]]
    ) -> list[ExpectationAnswer]:
        """Have each expectation judged; raises what a login raises, and what cannot be computed is an answer."""
        database, schema, name = table
        engine = sqlalchemy.create_engine("snowflake://", creator=lambda: self._connect(database, schema))
        try:
            execution = SqlAlchemyExecutionEngine(engine=engine, create_temp_table=False)
            data: Any = SqlAlchemyBatchData(
                execution_engine=execution,
                table_name=sqlalchemy.sql.quoted_name(name, True),
                schema_name=f"{quote_identifier(database)}.{quote_identifier(schema)}",
                create_temp_table=False,
            )
            return _answers(Validator(execution, batches=[Batch(data=data)]), asked)
        finally:
            engine.dispose()

    def _connect(self, database: str, schema: str) -> SnowflakeConnection:
        connection = open_connection({**self._options, **_PARAMETERS})
        with connection.cursor() as cursor:
            cursor.execute(f"USE SCHEMA {quote_identifier(database)}.{quote_identifier(schema)}")
        return connection


def _answers(validator: Validator, asked: Sequence[tuple[str, Mapping[str, Any]]]) -> list[ExpectationAnswer]:
    validator.metrics_calculator.show_progress_bars = False
    # GX gives the results in an order of its own.
    wanted = [
        ExpectationConfiguration(type=kind, kwargs=dict(kwargs), meta={"asked": number})
        for number, (kind, kwargs) in enumerate(asked)
    ]
    results = validator.graph_validate(configurations=wanted)
    by_number = {_asked_number(result): result for result in results}
    return [_answer(by_number[number]) for number, _ in enumerate(asked)]


def _asked_number(result: Any) -> int:
    return int(result.expectation_config.meta["asked"])


def _answer(result: Any) -> ExpectationAnswer:
    return ExpectationAnswer(bool(result.success), _plain(dict(result.result or {})), _error(result))


def _plain(result: dict[str, Any]) -> dict[str, Any]:
    """Give the result in JSON's types; counts come as whatever number SUM gives."""
    plain: dict[str, Any] = json.loads(json.dumps(result, default=str))
    return {
        key: int(value) if key.endswith("_count") and value is not None else value
        for key, value in plain.items()
    }


def _error(result: Any) -> str:
    """Give the first line of the first exception; GX tells them by metric, or one of the expectation."""
    found = result.exception_info or {}
    told = [found, *(value for value in found.values() if isinstance(value, dict))]
    messages = [one["exception_message"] for one in told if one.get("raised_exception")]
    return str(messages[0]).strip().splitlines()[0] if messages else ""
