"""Whether a month would be replaced by less than it holds: then a person has to confirm it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.errors import SmallerReplacementError
from sfetl_provider.core.ledger.published import MonthContent, published_month
from sfetl_provider.core.plan.month_plan import MonthPlan
from sfetl_provider.core.ports import Warehouse

_SHOWN_NAMES = 20


def refuse_smaller(
    plan: MonthPlan, config: FeedConfig, warehouse: Warehouse, names: Sequence[str], rows: int | None
) -> str:
    """Ask the ledger what the month holds, then do as `require_not_smaller`; a new month costs no question."""
    if not plan.generation or plan.load_mode != "replace_month":
        return ""
    published = published_month(warehouse, plan.table.database, plan.feed, plan.month)
    return require_not_smaller(plan, config, published, names, rows)


def require_not_smaller(
    plan: MonthPlan, config: FeedConfig, published: MonthContent, names: Sequence[str], rows: int | None
) -> str:
    """Refuse a replacement by fewer files, or by rows fewer by more than `publish.max_shrink`.

    `names` are the run's files, `rows` its rows, None while they are not known. Gives what is smaller when
    the run was told to replace the month all the same, '' when nothing is. Raises SmallerReplacementError
    otherwise, with both lists and counts.
    """
    smaller = "; ".join(_smaller(config.publish.max_shrink, published, names, rows))
    if not smaller or plan.confirm_smaller:
        return smaller
    raise SmallerReplacementError(
        f"{plan.feed} {plan.month} would be replaced by less than was published: {smaller}.",
        safe="The target table is as it was.",
        next_step="If something is missing, deliver it and clear this run's tasks from wait_for_files on. If less "
        "is right, trigger the month again with the parameter confirm_smaller.",
    )


def _smaller(
    max_shrink: float, published: MonthContent, names: Sequence[str], rows: int | None
) -> Iterator[str]:
    if len(set(names)) < len(published.names):
        missing = [name for name in published.names if name not in names]
        yield (
            f"{len(set(names))} files instead of {len(published.names)} (published: {_listed(published.names)}; "
            f"now: {_listed(names)}; not among them: {_listed(missing)})"
        )
    if rows is not None and rows < published.rows * (1 - max_shrink):
        share = 1 - rows / published.rows
        allowed = f"publish.max_shrink: {max_shrink:.4g}"
        yield f"{rows:,} rows instead of {published.rows:,}, {share:.1%} fewer ({allowed})"


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _SHOWN_NAMES
    return ", ".join(names[:_SHOWN_NAMES]) + (f" and {more:,} more" if more > 0 else "")
