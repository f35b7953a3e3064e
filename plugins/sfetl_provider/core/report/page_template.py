"""The templates of the HTML pages, which share their style and charts and need nothing from outside."""

from __future__ import annotations

from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined, Template

from sfetl_provider.core.counted import counted
from sfetl_provider.core.printable import printable, printable_lines


def page_template(name: str) -> Template:
    """Give a template of this folder; values are escaped, and what is not given is an error."""
    environment = Environment(
        loader=FunctionLoader(_source),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["counted"] = counted
    environment.filters["printable"] = printable
    environment.filters["printable_lines"] = printable_lines
    return environment.get_template(name)


def _source(name: str) -> str:
    return (files(__package__) / name).read_text(encoding="utf-8")
