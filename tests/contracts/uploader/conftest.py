"""One bench for each implementation of the Uploader port: in memory, and by processes over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event

import pytest

from local.warehouse.serving.server import RunningWarehouse, running_warehouse
from sfetl_provider.adapters.snowflake_session import SnowflakeSession, open_connection
from sfetl_provider.adapters.upload_process import Patience, ProcessUploader
from sfetl_provider.core.ports import StagedEntry, Uploader
from sfetl_provider.core.stage.retrying import RetryingUploader, RetrySchedule
from tests.adapters.throttling_proxy import Fault, Kind, throttling_proxy
from tests.core.fakes import InMemoryStage

STAGE = '@"DB"."SFETL"."CHUNKS"'


@dataclass(frozen=True)
class UploaderBench:
    """An uploader, what lies on its stage, how to make its next uploads hang; `hanging` is set when one does."""

    uploader: Uploader
    listed: Callable[[str], list[StagedEntry]]
    hang: Callable[[], None]
    hanging: Event


@contextmanager
def in_memory() -> Iterator[UploaderBench]:
    """The fake that core's tests use."""
    stage = InMemoryStage()
    uploader = stage.uploader()

    def hang() -> None:
        uploader.started.clear()
        uploader.hold()

    yield UploaderBench(uploader, stage.list_stage, hang, uploader.started)


@contextmanager
def by_processes(warehouse: RunningWarehouse) -> Iterator[UploaderBench]:
    """The real one."""
    with (
        throttling_proxy() as proxy,
        SnowflakeSession(open_connection(warehouse.connection_parameters())) as session,
    ):
        options = warehouse.connection_parameters()
        options |= {"proxy_host": "127.0.0.1", "proxy_port": str(proxy.port)}

        def hang() -> None:
            proxy.fault = Fault(Kind.FREEZE, 100_000)

        with ProcessUploader(lambda: options, Patience(60, 1_000_000)) as uploader:
            yield UploaderBench(uploader, session.list_stage, hang, proxy.struck)


@pytest.fixture(scope="module")
def warehouse() -> Iterator[RunningWarehouse]:
    """A local warehouse with a stage."""
    with running_warehouse() as running:
        with SnowflakeSession(open_connection(running.connection_parameters())) as session:
            for statement in (
                "CREATE DATABASE DB",
                "CREATE SCHEMA DB.SFETL",
                f"CREATE STAGE {STAGE[1:]} ENCRYPTION=(TYPE='SNOWFLAKE_SSE')",
            ):
                session.query(statement)
        yield running


@pytest.fixture(params=["memory", "processes", "processes, retried"])
def bench(request: pytest.FixtureRequest) -> Iterator[UploaderBench]:
    """Each implementation in turn."""
    if request.param == "memory":
        with in_memory() as made:
            yield made
        return
    with by_processes(request.getfixturevalue("warehouse")) as made:
        if request.param == "processes":
            yield made
        else:
            retried = RetryingUploader(made.uploader, RetrySchedule(3, 0), lambda _: None)
            yield UploaderBench(retried, made.listed, made.hang, made.hanging)
