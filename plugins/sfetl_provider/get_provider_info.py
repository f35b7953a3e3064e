"""What Airflow learns about this distribution: connection types, configuration, command line.

Kept free of imports: Airflow reads it at every command.
"""

from __future__ import annotations

from typing import Any

from sfetl_provider import __version__


def get_provider_info() -> dict[str, Any]:
    """Give the provider's description in Airflow's format (provider_info.schema.json)."""
    return {
        "package-name": "sfetl-provider",
        "name": "sfetl",
        "description": "Brings very large monthly text files into Snowflake: complete, checked, once.",
        "versions": [__version__],
        "hooks": [
            {
                "integration-name": "sfetl",
                "python-modules": ["sfetl_provider.hooks.snowflake", "sfetl_provider.hooks.proxy"],
            }
        ],
        "connection-types": [_proxy_connection_type()],
        "cli": ["sfetl_provider.cli.commands.get_cli_commands"],
        "config": {"sfetl": _config_section()},
    }


def _proxy_connection_type() -> dict[str, Any]:
    return {
        "hook-class-name": "sfetl_provider.hooks.proxy.SfetlProxyHook",
        "hook-name": "sfetl proxy",
        "connection-type": "sfetl_proxy",
        "ui-field-behaviour": {
            "hidden-fields": ["schema"],
            "relabeling": {"login": "Proxy user", "password": "Proxy password"},
            "placeholders": {"host": "proxy.example.com", "port": "8080"},
        },
        "conn-fields": {
            "no_proxy": {
                "label": "Bypass list",
                "description": "Hosts that are reached without this proxy, separated by commas",
                "schema": {"type": ["string", "null"]},
            }
        },
    }


def _config_section() -> dict[str, Any]:
    return {
        "description": "Where the feeds' configs, files, scratch space and reports lie.",
        "options": {
            "configs_dir": _path_option("Folder of the feeds' JSON configs.", "include/configs"),
            "base_path": _path_option("Folder below which relative base paths of feeds lie.", "incoming"),
            "scratch_dir": _path_option(
                "Folder for chunks on their way to the stage; needs (workers + 2) × chunk per running task.",
                "scratch",
            ),
            "reports_dir": _path_option("Folder of the runs' reports.", "reports"),
        },
    }


def _path_option(description: str, below_home: str) -> dict[str, Any]:
    return {
        "description": description,
        "version_added": "0.1.0",
        "type": "string",
        "example": None,
        "default": f"{{AIRFLOW_HOME}}/{below_home}",
    }
