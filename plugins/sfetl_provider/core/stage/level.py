"""Which compression level the next chunk gets: as hard as the link leaves time for, and no harder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import inf
from typing import Literal

LADDER = (1, 3, 6, 9, 12)
# Time for the same text, in times of level 1: measured once on real flights with zstd 1.5.
COST = {1: 1.0, 3: 1.6, 6: 3.1, 9: 5.5, 12: 12.2}
_FIRST_PATIENCE = 2
_LONGEST_PATIENCE = 32
_TOLERANCE = 1.1


@dataclass(frozen=True)
class Backlog:
    """How compression and uploads stand to each other when a chunk is begun.

    `headroom` is how many times longer compression could take than at level 1 and still keep up with the
    uploads, by the times that chunks took of late.
    """

    waiting_chunks: int
    idle_uploads: int
    headroom: float = inf


@dataclass(frozen=True)
class Climb:
    """Where on the ladder we are: `calm` decisions in a row saw chunks wait, `patience` many make a step up."""

    rung: int = 0
    calm: int = 0
    patience: int = _FIRST_PATIENCE
    is_falling: bool = False

    @property
    def level(self) -> int:
        """The zstd level of the chunk that is begun."""
        return LADDER[self.rung]


def decide(climb: Climb, backlog: Backlog) -> Climb:
    """Give the state for the chunk that is begun now; pure.

    While uploads wait for chunks, or compression takes clearly longer than they do, each decision goes a step
    down, so that at most four chunks lie between an idle link and the lightest level. While finished chunks
    wait for the link it goes a step up, but only after `patience` such decisions in a row, and only to a level
    for which there is headroom: chunks also wait where uploads lack cores rather than the link, and harder work
    would take more of these. Each fall doubles patience, up to 32, so that a level at which the link starves is
    tried ever more rarely. Otherwise the level stays.
    """
    if backlog.waiting_chunks:
        return _risen(climb, backlog.headroom)
    is_starving = backlog.idle_uploads > 0 or COST[climb.level] > _TOLERANCE * backlog.headroom
    if is_starving and climb.rung:
        patience = climb.patience if climb.is_falling else min(2 * climb.patience, _LONGEST_PATIENCE)
        return Climb(climb.rung - 1, 0, patience, is_falling=True)
    return replace(climb, calm=0, is_falling=is_starving and climb.is_falling)


def _risen(climb: Climb, headroom: float) -> Climb:
    harder = LADDER[climb.rung + 1 : climb.rung + 2]
    if climb.calm + 1 < climb.patience or not harder or COST[harder[0]] > headroom:
        return replace(climb, calm=min(climb.calm + 1, climb.patience), is_falling=False)
    return replace(climb, rung=climb.rung + 1, calm=0, is_falling=False)


class LevelChooser:
    """Gives each chunk its level: a fixed one, or one that follows the link; says when it changes."""

    def __init__(self, setting: int | Literal["auto"], report: Callable[[str], None]) -> None:
        self._fixed = None if setting == "auto" else setting
        self._climb = Climb()
        self._report = report

    def choose(self, backlog: Backlog) -> int:
        """Give the level of the chunk that is begun now."""
        if self._fixed is not None:
            return self._fixed
        before, self._climb = self._climb, decide(self._climb, backlog)
        level = self._climb.level
        if level != before.level:
            why = "chunks wait for the link" if level > before.level else "the link waits for chunks"
            self._report(f"chunks are compressed at level {level} from now on, as {why}")
        return level
