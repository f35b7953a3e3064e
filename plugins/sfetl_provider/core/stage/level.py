"""Which compression level the next chunk gets: as hard as the link leaves time for, and no harder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from math import inf
from typing import Literal

LADDER = (1, 3, 6, 9, 12)
# Time for the same text, in times of level 1, until chunks tell: measured once on real flights with zstd 1.5.
COST = {1: 1.0, 3: 1.6, 6: 3.1, 9: 5.5, 12: 12.2}
_FIRST_PATIENCE = 2
_LONGEST_PATIENCE = 32
_TOLERANCE = 1.1
_LEAST_GAIN = 1.01
# Of the uploads' time: less than this compression may take whatever else the cores do.
_SLIGHT = 0.2


@dataclass(frozen=True)
class Backlog:
    """How compression and uploads stand to each other when a chunk is begun.

    `headroom` is how many times longer compression could take than at level 1 and still keep up with the
    uploads, by the times that chunks took of late; `affordable` is how many times the work of level 1 the
    machine has cores for, beside all else that it does. Of levels that were tried `ratios` tell how many times
    smaller than its text the last chunk became, `costs` how many times longer than level 1 the fastest one took.
    """

    waiting_chunks: int
    idle_uploads: int
    headroom: float = inf
    affordable: float = inf
    ratios: Mapping[int, float] = field(default_factory=dict, hash=False)
    costs: Mapping[int, float] = field(default_factory=dict, hash=False)

    def cost(self, level: int) -> float:
        """Give how many times longer than level 1 a level takes."""
        return self.costs.get(level, COST[level])


@dataclass(frozen=True)
class Climb:
    """How hard we may work: `calm` decisions in a row saw chunks wait, `patience` many make a step up."""

    rung: int = 0
    calm: int = 0
    patience: int = _FIRST_PATIENCE
    is_falling: bool = False

    def level(self, ratios: Mapping[int, float]) -> int:
        """Give the zstd level of the chunk that is begun: the rung's when that is new, else the one that pays.

        Of some texts, as of random numbers, zstd makes more at levels 3 and 6 than at level 1. The lightest level
        counts than which no harder one, up to the rung, makes chunks a hundredth smaller.
        """
        best = LADDER[self.rung]
        if best in ratios:
            best = LADDER[0]
            for level in LADDER[1 : self.rung + 1]:
                if ratios.get(level, 0.0) > _LEAST_GAIN * ratios.get(best, 0.0):
                    best = level
        return best


def decide(climb: Climb, backlog: Backlog) -> Climb:
    """Give the state for the chunk that is begun now; pure.

    While uploads wait for chunks, or compression takes clearly longer than they do, each decision goes a step
    down, so that at most four chunks lie between an idle link and the lightest level. While finished chunks
    wait for the link it goes a step up, but only after `patience` such decisions in a row, and only to a level
    for which there is headroom and which the cores can afford: chunks also wait where uploads lack cores rather
    than the link, and harder work would take more of these. What takes less than a fifth of the uploads' time is
    done on busy cores too. Each fall doubles patience, up to 32, so that a level at which the link starves is
    tried ever more rarely. Otherwise the level stays.
    """
    if backlog.waiting_chunks:
        return _risen(climb, backlog)
    cost = backlog.cost(climb.level(backlog.ratios))
    is_starving = backlog.idle_uploads > 0 or cost > _TOLERANCE * backlog.headroom
    if is_starving and climb.rung:
        patience = climb.patience if climb.is_falling else min(2 * climb.patience, _LONGEST_PATIENCE)
        return Climb(climb.rung - 1, 0, patience, is_falling=True)
    return replace(climb, calm=0, is_falling=is_starving and climb.is_falling)


def _risen(climb: Climb, backlog: Backlog) -> Climb:
    harder = LADDER[climb.rung + 1 : climb.rung + 2]
    most = min(backlog.headroom, max(backlog.affordable, _SLIGHT * backlog.headroom))
    if climb.calm + 1 < climb.patience or not harder or backlog.cost(harder[0]) > most:
        return replace(climb, calm=min(climb.calm + 1, climb.patience), is_falling=False)
    return replace(climb, rung=climb.rung + 1, calm=0, is_falling=False)


class LevelChooser:
    """Gives each chunk its level: a fixed one, or one that follows the link; says when it changes."""

    def __init__(self, setting: int | Literal["auto"], report: Callable[[str], None]) -> None:
        self._fixed = None if setting == "auto" else setting
        self._climb = Climb()
        self._level = LADDER[0]
        self._report = report

    def choose(self, backlog: Backlog) -> int:
        """Give the level of the chunk that is begun now."""
        if self._fixed is not None:
            return self._fixed
        before, self._climb = self._climb, decide(self._climb, backlog)
        level = self._climb.level(backlog.ratios)
        if level != self._level:
            self._report(
                f"chunks are compressed at level {level} from now on, as {self._reason(before, level)}"
            )
        self._level = level
        return level

    def _reason(self, before: Climb, level: int) -> str:
        if self._climb.rung < before.rung:
            return "the link waits for chunks"
        return "chunks wait for the link" if level > self._level else "harder work made them no smaller"
