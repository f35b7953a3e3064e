"""The session's warehouse before a load: made larger where the feed says so, and looked at."""

from __future__ import annotations

from datetime import datetime

from sfetl_provider.core.compute.advice import LoadSize, advise, describe
from sfetl_provider.core.compute.leases import lease_of
from sfetl_provider.core.compute.resizing import enlarge
from sfetl_provider.core.compute.warehouse_state import session_warehouse
from sfetl_provider.core.plan.month_plan import MonthPlan
from sfetl_provider.core.ports import Warehouse
from sfetl_provider.core.warehouse_size import SizeName


def prepare_warehouse(
    warehouse: Warehouse, plan: MonthPlan, size: SizeName | None, load: LoadSize, now: datetime
) -> tuple[str, ...]:
    """Make the warehouse as large as `size` until `give_back`, and say what was done and what the load meets.

    Without a size it is only looked at; of a session without a warehouse nothing is said. Raises
    PrivilegeMissingError when the role may not resize.
    """
    state, said = session_warehouse(warehouse), []
    if state and size:
        said.append(enlarge(warehouse, plan.table.database, lease_of(plan, state.name, size, now), state))
        state = session_warehouse(warehouse)
    if state:
        said.append("\n".join((describe(state, load), *advise(state, load))))
    return tuple(said)
