"""Core's tests run with Airflow and Snowflake made unimportable: core must not need them.

`pytest tests/core` alone proves it. Beside other tests, which import Airflow themselves, the block is left out.
"""

from __future__ import annotations

import importlib.abc
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import pytest

_FORBIDDEN = ("airflow", "snowflake", "fakesnow")


class _Refuse(importlib.abc.MetaPathFinder):
    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> None:
        if name.partition(".")[0] in _FORBIDDEN:
            raise ImportError(f"core must not import {name}")


def pytest_configure(config: pytest.Config) -> None:
    here = Path(__file__).parent
    chosen = [Path(str(argument).partition("::")[0]).resolve() for argument in config.args]
    if all(path == here or here in path.parents for path in chosen):
        sys.meta_path.insert(0, _Refuse())
