"""Each rule runs on the stand-in, and on a real account too where SNOWFLAKE_* variables name one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.warehouse.serving.certificates import trusting
from local.warehouse.serving.server import running_warehouse
from tests.contracts.warehouse.backend import Backend, account, has_account, stand_in
from tests.contracts.warehouse.sessions_of_a_test import Sessions, sessions_of

BACKENDS = ["local", *(["snowflake"] if has_account() else [])]


@pytest.fixture(scope="session", params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> Iterator[Backend]:
    """The warehouse that the rule is tried on."""
    if request.param == "snowflake":
        yield account()
        return
    # Over TLS, where clients upload as they do to a real account; what differs without is in tests/local.
    with running_warehouse(synchronous_seconds=0.3, tls=True) as running:
        assert running.ca_bundle is not None
        with trusting(running.ca_bundle):
            yield stand_in(running)


@pytest.fixture
def sessions(backend: Backend) -> Iterator[Sessions]:
    """Sessions in a schema of their own."""
    with sessions_of(backend) as opened:
        yield opened
