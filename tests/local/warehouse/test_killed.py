"""SIGKILL with a restart in the middle of COPY and of publishing leaves nothing half done."""

from __future__ import annotations

from pathlib import Path

from tests.local.warehouse.kill_storm import storm

KILLS = 8
SEED = 20


def test_nothing_is_half_done_after_kills_at_random_moments(tmp_path: Path) -> None:
    moments = storm(tmp_path, KILLS, SEED)
    assert len(moments) == KILLS
    assert {0} < {moment.statement for moment in moments}
    assert any(moment.is_cut for moment in moments), "no kill came before an answer: the storm proves nothing"
