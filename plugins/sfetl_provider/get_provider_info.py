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
            "relabeling": {
                "host": "Proxy host",
                "port": "Proxy port",
                "login": "Proxy user",
                "password": "Proxy password",
            },
            "placeholders": {"host": "proxy.example.com", "port": "8080", "login": "DOMAIN\\user"},
        },
        "conn-fields": _proxy_fields(),
    }


def _proxy_fields() -> dict[str, Any]:
    return {
        "mode": _choice_field(
            "Mode",
            "Where the proxy comes from: host and port above, the environment, a script, or no proxy at all",
            ("explicit", "none", "environment", "pac", "wpad"),
        ),
        "authentication": _choice_field(
            "Authentication",
            "How the proxy is told who asks; auto takes what it offers",
            ("auto", "basic", "ntlm", "none"),
        ),
        "no_proxy": _text_field(
            "Bypass list",
            "Hosts that are reached without this proxy, separated by commas: names with all below them, addresses,"
            " networks",
        ),
        "pac": _text_field("PAC script", "With mode pac: its path or its address"),
        "ca_bundle": {
            "label": "CA bundle",
            "description": "Certificates that are trusted besides the public ones: the path of a PEM file, or its"
            " text",
            "schema": {"type": ["string", "null"], "format": "multiline"},
        },
        "insecure": {
            "label": "Insecure",
            "description": "Verifies no certificate. Anybody in between can then read and change everything",
            "schema": {"type": ["boolean", "null"], "default": False},
        },
        "connect_timeout_seconds": _seconds_field(
            "Connect timeout", "Seconds within which the proxy must be reached; 4 unless given"
        ),
        "answer_timeout_seconds": _seconds_field(
            "Answer timeout", "Seconds within which the proxy must answer; 5 unless given"
        ),
    }


def _choice_field(label: str, description: str, choices: tuple[str, ...]) -> dict[str, Any]:
    schema = {"type": ["string", "null"], "enum": list(choices), "default": choices[0]}
    return {"label": label, "description": description, "schema": schema}


def _text_field(label: str, description: str) -> dict[str, Any]:
    return {"label": label, "description": description, "schema": {"type": ["string", "null"]}}


def _seconds_field(label: str, description: str) -> dict[str, Any]:
    schema = {"type": ["number", "null"], "exclusiveMinimum": 0, "maximum": 60}
    return {"label": label, "description": description, "schema": schema}


def _config_section() -> dict[str, Any]:
    return {
        "description": "Where the feeds' configs, files, scratch space and reports lie, and what is loaded early.",
        "options": {
            "configs_dir": _path_option("Folder of the feeds' JSON configs.", "include/configs"),
            "base_path": _path_option("Folder below which relative base paths of feeds lie.", "incoming"),
            "scratch_dir": _path_option(
                "Folder for chunks on their way to the stage; needs (workers + 2) × chunk per running task.",
                "scratch",
            ),
            "reports_dir": _path_option("Folder of the runs' reports.", "reports"),
            "preload": {
                "description": "Let the scheduler import this package and Snowflake's connector when it starts, so"
                " that the tasks of LocalExecutor, which are forked from it, need not.",
                "version_added": "0.1.0",
                "type": "boolean",
                "example": None,
                "default": "False",
            },
            "approvers": {
                "description": "Ids of the only users who may approve drops and restores, separated by commas;"
                " empty: all whom Airflow's access control lets.",
                "version_added": "0.1.0",
                "type": "string",
                "example": "ann, grace",
                "default": "",
            },
            "validate_schedule": {
                "description": "When DAG validate looks at all tables, a cron expression; empty: when triggered.",
                "version_added": "0.1.0",
                "type": "string",
                "example": "0 6 * * 1",
                "default": "",
            },
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
