"""What Airflow's long-lived processes import for those that they fork."""

from __future__ import annotations

import importlib.util
import sys
from types import SimpleNamespace

import pytest

from sfetl_provider import preloading
from sfetl_provider.ui.plugin import SfetlPlugin


@pytest.mark.parametrize(
    ("command", "setting", "is_preloaded"),
    [
        ("scheduler", "True", True),
        ("triggerer", "True", True),
        ("scheduler", "False", False),
        ("api-server", "True", False),
        ("dag-processor", "True", False),
    ],
)
def test_only_what_forks_preloads_and_only_when_asked(
    command: str, setting: str, is_preloaded: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    imported: list[str] = []
    monkeypatch.setattr(preloading, "importlib", SimpleNamespace(import_module=imported.append))
    monkeypatch.setattr(sys, "argv", ["airflow", command])
    monkeypatch.setenv("AIRFLOW__SFETL__PRELOAD", setting)

    preloading.on_starting(component=None)

    assert tuple(imported) == (preloading.PRELOADED if is_preloaded else ())


def test_airflow_calls_it_and_what_it_names_exists() -> None:
    assert SfetlPlugin.listeners == [preloading]
    assert all(importlib.util.find_spec(name) for name in preloading.PRELOADED)
