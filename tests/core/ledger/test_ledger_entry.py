"""The hash chain: it holds for what was written, and names the first row that was not."""

from __future__ import annotations

from datetime import timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfetl_provider.core.ledger.canonical import canonical_json
from sfetl_provider.core.ledger.columns import ADDED_COLUMNS, COLUMNS, entry_binds, entry_of_row
from sfetl_provider.core.ledger.entry import ChainEnd, LedgerEntry, LedgerFacts, LedgerFile, chain
from sfetl_provider.core.ledger.verification import verify
from tests.core.load_samples import NOW, sample_facts

START = ChainEnd(sequence=0, hash="")


def chain_of(*links: LedgerFacts) -> list[LedgerEntry]:
    entries: list[LedgerEntry] = []
    end = START
    for link in links:
        entries.append(chain(link, end))
        end = ChainEnd(sequence=entries[-1].sequence, hash=entries[-1].hash)
    return entries


def row_of(entry: LedgerEntry) -> dict[str, object]:
    return {name.lower(): value for name, value in zip(COLUMNS, entry_binds(entry), strict=True)}


def test_chain_starts_at_one_and_links_each_row_to_the_one_before() -> None:
    first, second = chain_of(sample_facts(), sample_facts(action="drop", generation=2))
    assert (first.sequence, first.previous_hash) == (1, "")
    assert (second.sequence, second.previous_hash) == (2, first.hash)


def test_whole_chain_verifies() -> None:
    entries = chain_of(sample_facts(), sample_facts(month="2013-02"), sample_facts(generation=2))
    assert verify(entries, ChainEnd(sequence=3, hash=entries[-1].hash)) is None
    assert verify([], START) is None


def test_a_row_of_before_there_were_hashes_of_files_holds_as_it_was_written() -> None:
    old = LedgerFile(name="a", size_bytes=1, fingerprint="f", records=1)
    new = old.model_copy(update={"sha256": "ab" * 32})

    assert "sha256" not in sample_facts(files=(old,)).to_json()["files"][0]
    assert sample_facts(files=(new,)).to_json()["files"][0]["sha256"] == "ab" * 32
    entries = chain_of(sample_facts(files=(new,)))
    assert verify([entry_of_row(row_of(entries[0]))]) is None
    assert verify([entries[0].model_copy(update={"files": (old,)})]) is not None


def test_a_row_of_before_there_were_load_modes_holds_as_it_was_written() -> None:
    (entry,) = chain_of(sample_facts())
    row = {**row_of(entry), **dict.fromkeys(name.lower() for name in ADDED_COLUMNS)}
    assert verify([entry_of_row(row)]) is None
    assert verify([entry_of_row({**row, "load_mode": "append"})]) is not None


@pytest.mark.parametrize(
    "field", sorted(set(LedgerFacts.model_fields) - {"files", "query_ids", "recorded_at", "started_at"})
)
def test_any_changed_field_breaks_its_row(field: str) -> None:
    entries = chain_of(sample_facts(), sample_facts(), sample_facts())
    old = getattr(entries[1], field)
    new = {"action": "restore", "is_insecure": True}.get(
        field, old + 1 if isinstance(old, int) else old + "x"
    )
    entries[1] = entries[1].model_copy(update={field: new})
    broken = verify(entries)
    assert broken is not None
    assert broken.sequence == 2
    assert "changed" in broken.reason


@pytest.mark.parametrize(
    "change",
    [
        {"files": ()},
        {"query_ids": {"insert": "q2"}},
        {"started_at": NOW},
        {"recorded_at": NOW + timedelta(microseconds=1)},
    ],
)
def test_changed_parts_break_the_row(change: dict[str, object]) -> None:
    (entry,) = chain_of(sample_facts())
    assert verify([entry.model_copy(update=change)]) is not None


def test_removed_row_is_named() -> None:
    entries = chain_of(sample_facts(), sample_facts(), sample_facts())
    broken = verify([entries[0], entries[2]])
    assert broken is not None
    assert broken.reason == "row 2 is missing"


def test_row_written_again_with_its_own_hash_breaks_the_next_one() -> None:
    entries = chain_of(sample_facts(), sample_facts(), sample_facts())
    entries[1] = chain(sample_facts(actor="mallory"), ChainEnd(sequence=1, hash=entries[0].hash))
    broken = verify(entries)
    assert broken is not None
    assert (broken.sequence, broken.reason) == (3, "it does not continue the row before")


def test_rows_cut_off_at_the_end_are_noticed_with_the_heads_help() -> None:
    entries = chain_of(sample_facts(), sample_facts())
    end = ChainEnd(sequence=2, hash=entries[-1].hash)
    assert verify(entries[:1]) is None
    broken = verify(entries[:1], end)
    assert broken is not None
    assert broken.sequence == 2


def test_entry_survives_its_row() -> None:
    (entry,) = chain_of(sample_facts())
    assert entry_of_row(row_of(entry)) == entry
    assert verify([entry_of_row(row_of(entry))]) is None


def test_row_with_a_zoned_time_is_the_same_entry() -> None:
    (entry,) = chain_of(sample_facts())
    zoned = NOW.astimezone(timezone(timedelta(hours=-8)))
    assert entry_of_row({**row_of(entry), "recorded_at": zoned}) == entry


def test_row_holds_naive_utc() -> None:
    (entry,) = chain_of(sample_facts(recorded_at=NOW.astimezone(timezone(timedelta(hours=5)))))
    assert row_of(entry)["recorded_at"] == NOW.replace(tzinfo=None)


@given(st.dictionaries(st.text(), st.text() | st.integers(), max_size=5))
def test_canonical_json_does_not_depend_on_order(value: dict[str, str | int]) -> None:
    assert canonical_json(dict(reversed(value.items()))) == canonical_json(value)


@given(reason=st.text(), rows=st.integers(min_value=0, max_value=10**18))
def test_any_text_and_count_survive_a_row(reason: str, rows: int) -> None:
    (entry,) = chain_of(sample_facts(reason=reason, rows_inserted=rows))
    assert verify([entry_of_row(row_of(entry))]) is None
