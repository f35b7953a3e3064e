"""pytest fixtures for whoever tests against the local warehouse.

In a conftest.py at the root of the tests: `pytest_plugins = ["local.warehouse.fixture"]`. A test then asks for
`local_warehouse_parameters` and connects: `snowflake.connector.connect(**local_warehouse_parameters)`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from local.warehouse.serving.certificates import trusting
from local.warehouse.serving.server import RunningWarehouse, running_warehouse


@pytest.fixture(scope="session")
def local_warehouse() -> Iterator[RunningWarehouse]:
    """A server in memory for all tests, over plain HTTP; a test makes a database of its own in it."""
    with running_warehouse() as running:
        yield running


@pytest.fixture(scope="session")
def local_warehouse_tls() -> Iterator[RunningWarehouse]:
    """The same over TLS; from now on this process trusts its certificate besides all that certifi trusts."""
    with running_warehouse(tls=True) as running:
        assert running.ca_bundle is not None  # noqa: S101 - for the type checker
        with trusting(running.ca_bundle):
            yield running


@pytest.fixture
def local_warehouse_parameters(local_warehouse: RunningWarehouse) -> Iterator[dict[str, Any]]:
    """Arguments for snowflake.connector.connect to `local_warehouse`; its faults are cleared at the end."""
    yield local_warehouse.connection_parameters()
    local_warehouse.warehouse.faults.clear()
