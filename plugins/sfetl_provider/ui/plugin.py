"""The Airflow plugin: one page, `sfetl`, in the navigation, and a listener to Airflow's start."""

from __future__ import annotations

from typing import Any

from airflow.plugins_manager import AirflowPlugin

from sfetl_provider import preloading
from sfetl_provider.ui.feeds_page import app


class SfetlPlugin(AirflowPlugin):
    """Found through the entry point group `airflow.plugins`."""

    name = "sfetl"
    fastapi_apps: list[Any] = [  # noqa: RUF012  # Airflow declares it an instance variable
        {"app": app, "url_prefix": "/sfetl", "name": "sfetl"}
    ]
    listeners: list[Any] = [preloading]  # noqa: RUF012  # likewise
    external_views: list[Any] = [  # noqa: RUF012  # likewise
        {
            "name": "Feeds",
            "href": "/sfetl/feeds",
            "destination": "nav",
            "category": "browse",
            "url_route": "sfetl-feeds",
        }
    ]
