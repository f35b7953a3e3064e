"""The golden cases, a module per concept; each module's CASES is a tuple of cases."""

from __future__ import annotations

import importlib
import pkgutil

from tests.contracts.warehouse.case import Case


def all_cases() -> list[Case]:
    """Every case of every module, in a fixed order."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return [case for name in names for case in importlib.import_module(f"{__name__}.{name}").CASES]
