"""The page of configured feeds: table, files, QC, and the faults of configs that are broken.

A plugin's endpoints are open unless they ask for a user, so each does.
"""

from __future__ import annotations

from html import escape

from airflow.api_fastapi.core_api.security import GetUserDep
from fastapi import FastAPI
from fastapi.responses import HTMLResponse

from sfetl_provider.core.config.load import LoadedFeeds, load_feeds
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.plan.names import load_dag_id
from sfetl_provider.settings import read_settings

app = FastAPI(title="sfetl")

_STYLE = (
    "body{font:14px/1.5 system-ui,sans-serif;margin:2rem;color:#1a202c;background:#fff}"
    "table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.5rem .75rem;"
    "border-bottom:1px solid #e2e8f0}th{color:#4a5568;font-weight:600}.fault{color:#9b2c2c}"
    "@media(prefers-color-scheme:dark){body{color:#e2e8f0;background:#1a202c}th{color:#a0aec0}"
    "td,th{border-color:#2d3748}.fault{color:#feb2b2}a{color:#90cdf4}}"
)


@app.get("/feeds", response_class=HTMLResponse)
def feeds_page(user: GetUserDep) -> str:  # noqa: ARG001  # asking for the user is what refuses strangers
    """Show the feeds to anybody who is logged in."""
    return render_feeds(load_feeds(read_settings().configs_dir))


def render_feeds(loaded: LoadedFeeds) -> str:
    """Give the page's HTML."""
    head = "<tr><th>Feed</th><th>Table</th><th>Files</th><th>QC</th><th>Columns</th></tr>"
    rows = (
        "".join(_row(feed) for feed in loaded.feeds) or "<tr><td colspan=5>No feed is configured.</td></tr>"
    )
    faults = "".join(f"<li class=fault>{escape(str(fault))}</li>" for fault in loaded.faults)
    broken = f"<h2>Broken configs</h2><ul>{faults}</ul>" if faults else ""
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>Feeds</title><style>{_STYLE}</style>"
        f"<h1>Feeds</h1><table>{head}{rows}</table>{broken}</html>"
    )


def _row(feed: FeedConfig) -> str:
    table = ".".join((feed.table.database, feed.table.schema_name, feed.table.name))
    cells = (table, ", ".join(feed.files.patterns), feed.qc.mode, str(len(feed.columns)))
    link = f"<a href='/dags/{load_dag_id(feed.feed)}' target=_top>{escape(feed.feed)}</a>"
    return f"<tr><td>{link}</td>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"
