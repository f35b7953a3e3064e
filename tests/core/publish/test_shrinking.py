"""When a month may not be replaced by less: by names, by rows, and what a confirmation leaves behind."""

from __future__ import annotations

import pytest

from sfetl_provider.core.errors import SmallerReplacementError
from sfetl_provider.core.ledger.columns import COLUMNS, entry_binds
from sfetl_provider.core.ledger.entry import ChainEnd, LedgerFacts, LedgerFile, chain
from sfetl_provider.core.ledger.published import MonthContent, month_after
from sfetl_provider.core.publish.shrinking import refuse_smaller, require_not_smaller
from tests.core.load_samples import sample_config, sample_facts, sample_plan
from tests.core.scripted_warehouse import ScriptedWarehouse, rows_of


def files(*names: str) -> tuple[LedgerFile, ...]:
    return tuple(LedgerFile(name=name, size_bytes=1, fingerprint="f", records=1) for name in names)


def change(action: str, rows_before: int, rows_after: int, *names: str, **more: object) -> LedgerFacts:
    counts = {"rows_before": rows_before, "rows_deleted": rows_before, "rows_inserted": rows_after}
    return sample_facts(**{"action": action, "files": files(*names), **counts, **more})


def month_of(*changes: LedgerFacts) -> MonthContent:
    return month_after(
        chain(facts, ChainEnd(sequence=number, hash="")) for number, facts in enumerate(changes)
    )


PUBLISHED = MonthContent(files("a.tsv", "b.tsv"), 100)


def judged(names: list[str], rows: int | None, **plan: object) -> str:
    return require_not_smaller(sample_plan(**plan), sample_config(), PUBLISHED, names, rows)


@pytest.mark.parametrize(
    ("names", "rows"),
    [(["a.tsv", "b.tsv"], 90), (["a.tsv", "c.tsv", "b.tsv"], 1000), (["a.tsv", "new.tsv"], None)],
)
def test_as_many_files_and_nearly_as_many_rows_may_replace_the_month(
    names: list[str], rows: int | None
) -> None:
    assert judged(names, rows) == ""


@pytest.mark.parametrize(
    ("names", "rows", "said"),
    [
        (
            ["b.tsv"],
            None,
            "1 files instead of 2 (published: a.tsv, b.tsv; now: b.tsv; not among them: a.tsv)",
        ),
        (["b.tsv", "b.tsv"], 100, "not among them: a.tsv"),
        (["a.tsv", "b.tsv"], 89, "89 rows instead of 100, 11.0% fewer (publish.max_shrink: 0.1)"),
    ],
)
def test_less_is_refused_with_lists_and_counts_unless_confirmed(
    names: list[str], rows: int | None, said: str
) -> None:
    with pytest.raises(SmallerReplacementError) as refused:
        judged(names, rows)
    assert said in refused.value.what
    assert "confirm_smaller" in refused.value.next_step
    assert not refused.value.is_retryable
    assert said in judged(names, rows, confirm_smaller=True)


def test_share_may_be_written_in_percent() -> None:
    config = sample_config(publish={"max_shrink": "25.5 %"})
    assert config.publish.max_shrink == 0.255
    assert require_not_smaller(sample_plan(), config, PUBLISHED, ["a.tsv", "b.tsv"], 75) == ""
    with pytest.raises(ValueError, match="less than or equal to 1"):
        sample_config(publish={"max_shrink": "101%"})


def test_month_is_what_its_last_changes_left() -> None:
    first, second = change("publish", 0, 5, "a.tsv"), change("publish", 5, 7, "b.tsv")
    added = change("publish", 7, 2, "b.tsv", "c.tsv", rows_deleted=0, load_mode="append")
    dropped, restored = change("drop", 7, 0), change("restore", 0, 5, undoes=2)
    assert month_of() == MonthContent()
    assert month_of(first, second) == MonthContent(files("b.tsv"), 7)
    assert month_of(first, second, added) == MonthContent(files("b.tsv", "c.tsv"), 9)
    assert month_of(first, second, dropped) == MonthContent()
    assert month_of(first, second, dropped, restored) == MonthContent(files("a.tsv"), 5)


def test_the_ledger_is_asked_only_of_a_month_that_has_been_published() -> None:
    warehouse = ScriptedWarehouse()
    first = chain(change("publish", 0, 100, "a.tsv", "b.tsv"), ChainEnd(sequence=0, hash=""))
    warehouse.answer('"LEDGER"', rows_of(entry_binds(first), columns=tuple(COLUMNS)))

    assert refuse_smaller(sample_plan(generation=0), sample_config(), warehouse, ["a.tsv"], 1) == ""
    assert warehouse.statements == []
    with pytest.raises(SmallerReplacementError, match="1 files instead of 2"):
        refuse_smaller(sample_plan(generation=1), sample_config(), warehouse, ["a.tsv"], 100)
