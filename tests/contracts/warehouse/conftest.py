"""Each rule runs on the stand-in, and on a real account too where SNOWFLAKE_* variables name one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contracts.warehouse.backend import Backend, account, fresh_stand_in, has_account
from tests.contracts.warehouse.sessions_of_a_test import Sessions, sessions_of

BACKENDS = ["local", *(["snowflake"] if has_account() else [])]


@pytest.fixture(scope="session", params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> Iterator[Backend]:
    """The warehouse that the rule is tried on."""
    if request.param == "snowflake":
        yield account()
        return
    # What differs without TLS is in tests/local.
    with fresh_stand_in() as running:
        yield running


@pytest.fixture
def sessions(backend: Backend) -> Iterator[Sessions]:
    """Sessions in a schema of their own."""
    with sessions_of(backend) as opened:
        yield opened
