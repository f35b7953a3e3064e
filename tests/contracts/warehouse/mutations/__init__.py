"""The mutations, a module per concept; each module's MUTATIONS is a tuple of them."""

from __future__ import annotations

import importlib
import pkgutil

from tests.contracts.warehouse.mutations.mutation import Mutation


def all_mutations() -> list[Mutation]:
    """Every mutation of every module, in a fixed order."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__) if module.name != "mutation")
    return [one for name in names for one in importlib.import_module(f"{__name__}.{name}").MUTATIONS]
