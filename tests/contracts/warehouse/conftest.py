"""Each rule runs on the stand-in, and on a real account too where SNOWFLAKE_* variables name one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.warehouse.server import running_warehouse
from tests.contracts.warehouse.backend import Backend, account, has_account, stand_in

BACKENDS = ["local", *(["snowflake"] if has_account() else [])]


@pytest.fixture(scope="session", params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> Iterator[Backend]:
    """The warehouse that the rule is tried on."""
    if request.param == "snowflake":
        yield account()
        return
    with running_warehouse(synchronous_seconds=0.3) as running:
        yield stand_in(running)
