"""What an initialised Airflow knows of us: connection type, settings, command line, plugin."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from airflow.configuration import conf
from airflow.providers_manager import ProvidersManager

from sfetl_provider.core.network.proxy_settings import ProxyMode
from sfetl_provider.core.network.settings_reading import EXTRA_FIELDS
from sfetl_provider.get_provider_info import get_provider_info
from sfetl_provider.settings import Settings, read_settings

from .conftest import PROJECT, SALES

BROKEN = {"colour": "red", "retries": -1}


@pytest.fixture(scope="module")
def providers(airflow_home: Path) -> ProvidersManager:
    return ProvidersManager()


def test_the_installed_distribution_brings_the_provider(providers: ProvidersManager) -> None:
    assert providers.providers["sfetl-provider"].data["name"] == "sfetl"


def test_the_proxy_connection_has_its_form(providers: ProvidersManager) -> None:
    hook = providers.hooks["sfetl_proxy"]
    assert hook is not None
    assert (hook.hook_name, hook.hook_class_name) == (
        "sfetl proxy",
        "sfetl_provider.hooks.proxy.SfetlProxyHook",
    )
    behaviour = providers.field_behaviours["sfetl_proxy"]
    assert "schema" in behaviour["hidden_fields"]
    assert behaviour["relabeling"]["host"] == "Proxy host"
    prefix = "extra__sfetl_proxy__"
    own = [name for name in providers.connection_form_widgets if name.startswith(prefix)]
    assert {name.removeprefix(prefix) for name in own} == EXTRA_FIELDS
    modes = providers.connection_form_widgets[f"{prefix}mode"].field["schema"]["enum"]
    assert set(modes) == set(ProxyMode)


def test_snowflakes_own_connection_type_stays_the_providers(providers: ProvidersManager) -> None:
    hook = providers.hooks["snowflake"]
    assert hook is not None
    assert hook.package_name == "apache-airflow-providers-snowflake"


def test_each_setting_has_a_default_below_airflows_home(
    airflow_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = get_provider_info()["config"]["sfetl"]["options"]
    assert set(options) == {*Settings.__annotations__, "approvers", "preload", "validate_schedule"}
    for name in Settings.__annotations__:
        monkeypatch.delenv(f"AIRFLOW__SFETL__{name.upper()}")

    settings = read_settings()

    assert settings.configs_dir == airflow_home / "include" / "configs"
    assert settings.base_path == airflow_home / "incoming"
    assert settings.scratch_dir == airflow_home / "scratch"
    assert settings.reports_dir == airflow_home / "reports"


def test_the_environment_sets_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__SFETL__SCRATCH_DIR", "/big/disk")

    assert conf.get("sfetl", "scratch_dir") == "/big/disk"
    assert read_settings().scratch_dir == Path("/big/disk")


def lay_configs(folder: Path, **configs: Any) -> Path:
    folder.mkdir()
    for name, config in configs.items():
        (folder / f"{name}.json").write_text(json.dumps(config))
    return folder


def run_all(commands: Sequence[Sequence[str]], **environment: str) -> list[tuple[int, str, str]]:
    """Run commands side by side; give exit code, output and errors of each."""
    env = {**os.environ, **environment}
    started = [
        subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for command in commands
    ]
    ends = [process.communicate(timeout=120) for process in started]
    return [(process.returncode, *end) for process, end in zip(started, ends, strict=True)]


def test_both_command_lines_say_the_same_about_good_and_broken_configs(
    airflow_home: Path, tmp_path: Path
) -> None:
    good = lay_configs(tmp_path / "good", sales=SALES)
    broken = lay_configs(tmp_path / "broken", sales=SALES, bad=BROKEN)
    airflow = [sys.executable, "-m", "airflow", "sfetl", "check-configs"]
    plain = [sys.executable, "-m", "sfetl_provider", "check-configs"]

    with_airflow = run_all(
        [airflow, [*airflow, "--configs-dir", str(broken)]], AIRFLOW__SFETL__CONFIGS_DIR=str(good)
    )
    without = run_all([[*plain, str(good)], [*plain, str(broken)]])

    assert [code for code, *_ in with_airflow] == [code for code, *_ in without] == [0, 1]
    for (_, said, complained), (_, said_alone, complained_alone) in zip(with_airflow, without, strict=True):
        assert said_alone.strip() == "sales: ok, 3 columns into SALES"
        assert said_alone.strip() in said
        assert complained_alone.strip() in complained
    for pointer in ("/colour", "/retries", "/table", "/columns", "/date", "/files"):
        assert f"bad.json: {pointer}: " in without[1][2]


def test_airflows_command_line_checks_and_inspects_with_its_settings(
    airflow_home: Path, tmp_path: Path
) -> None:
    configs = lay_configs(tmp_path / "configs", sales=SALES)
    (tmp_path / "sales_2024-02.tsv").write_text("2024-02-01\tshop\t1\nshort\n")
    airflow = [sys.executable, "-m", "airflow", "sfetl"]
    folders = {
        "AIRFLOW__SFETL__CONFIGS_DIR": str(configs),
        "AIRFLOW__SFETL__BASE_PATH": str(tmp_path),
        "AIRFLOW__SFETL__SCRATCH_DIR": str(tmp_path / "scratch"),
    }

    checked, inspected = run_all(
        [
            [*airflow, "qc", "--feed", "sales", "--month", "2024-02", "--json", str(tmp_path / "qc.json")],
            [*airflow, "inspect", str(tmp_path / "sales_2024-02.tsv"), "--json"],
        ],
        **folders,
    )

    assert checked[0] == 1, checked
    assert "sales 2024-02: REJECTED; 1 good record in 1 file;" in checked[1]
    assert json.loads((tmp_path / "qc.json").read_text())["reports"][0]["bad_records"] == 1
    assert inspected[0] == 0, inspected
    assert json.loads(inspected[1])["inspection"]["dialect"]["delimiter"] == "\t"


def test_the_plain_command_line_needs_no_airflow(tmp_path: Path) -> None:
    good = lay_configs(tmp_path / "good", sales=SALES)
    code = (
        "import runpy, sys\n"
        f"sys.argv = ['sfetl_provider', 'check-configs', {str(good)!r}]\n"
        "sys.modules['airflow'] = None\n"
        "runpy.run_module('sfetl_provider', run_name='__main__')"
    )

    ((exit_code, said, _),) = run_all([[sys.executable, "-c", code]])

    assert (exit_code, said.strip()) == (0, "sales: ok, 3 columns into SALES")


def test_the_plugin_is_registered_once_though_it_lies_in_the_plugins_folder() -> None:
    code = (
        "from airflow.plugins_manager import get_import_errors, get_plugin_info\n"
        "names = [plugin['name'] for plugin in get_plugin_info()]\n"
        "print(names.count('sfetl'), get_import_errors())"
    )

    ((exit_code, said, _),) = run_all(
        [[sys.executable, "-c", code]], AIRFLOW__CORE__PLUGINS_FOLDER=str(PROJECT / "plugins")
    )

    assert (exit_code, said.strip().splitlines()[-1]) == (0, "1 {}")
