"""A mutation: one rule of Snowflake's taken out of the stand-in, which golden cases must notice."""

from __future__ import annotations

import dataclasses
import functools
import importlib
import pkgutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

import local.warehouse

Replacement = Callable[[Any], Any]


@dataclass(frozen=True)
class Mutation:
    """`place` is `package.module:function`, `…:Class.method` or `…:CONSTANT` below local.warehouse.

    `replacement` makes the broken thing of the right one; `others` are further places with theirs. `caught_by`
    names cases.
    """

    name: str
    place: str
    replacement: Replacement
    caught_by: tuple[str, ...]
    others: tuple[tuple[str, Replacement], ...] = ()

    def apply(self, patch: pytest.MonkeyPatch) -> None:
        """Break the stand-in until the patch is undone, in every module that has imported what is broken."""
        _import_all()
        for place, replacement in ((self.place, self.replacement), *self.others):
            _break(patch, place, replacement)


def _break(patch: pytest.MonkeyPatch, place: str, replacement: Replacement) -> None:
    module_name, _, path = place.partition(":")
    holder: Any = importlib.import_module(f"local.warehouse.{module_name}")
    *outer, last = path.split(".")
    for name in outer:
        holder = getattr(holder, name)
    right = getattr(holder, last)
    broken = functools.wraps(right)(replacement(right)) if callable(right) else replacement(right)
    patch.setattr(holder, last, broken)
    if not outer:
        _replace_imported(patch, last, right, broken)


@functools.cache
def _import_all() -> None:
    """What is imported only later would import the broken thing and keep it after the patch is undone."""
    for module in pkgutil.walk_packages(local.warehouse.__path__, "local.warehouse."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)


def _replace_imported(patch: pytest.MonkeyPatch, name: str, right: Any, broken: Any) -> None:
    """`from module import name` has copied it into other modules."""
    for module_name, module in list(sys.modules.items()):
        if module_name.startswith("local.warehouse.") and vars(module).get(name) is right:
            patch.setattr(module, name, broken)


def answering(value: Any) -> Replacement:
    """A function that does nothing and gives this."""
    return lambda _right: lambda *_args, **_kwargs: value


def being(value: Any) -> Replacement:
    """This, whatever was there."""
    return lambda _right: value


def changing(**fields: Any) -> Replacement:
    """A function whose answer, a dataclass, has other values in these fields."""
    return lambda right: lambda *args, **kwargs: dataclasses.replace(right(*args, **kwargs), **fields)
