"""What rides on the scan of a file: aggregates that a check wants computed while the file is read anyway."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeAlias, runtime_checkable

from sfetl_provider.core.qc.report import BadLine
from sfetl_provider.core.record import Record

Found = tuple[Record, ...]
Ask: TypeAlias = Callable[[str], Mapping[str, Any]]
"""Runs a statement that gives one row, and gives that by the names of its columns."""


class Rider(Protocol):
    """One kind of check on the scan, over the file's columns as texts c0, c1, …

    `field` names the field of QcReport that holds what it found. `aggregates` are SQL over all records of the file
    in one group; the file is read once for those of all riders, and SQL of the same text is computed once.
    `binds` are the values that they bind; their names must be no other rider's.
    """

    field: str

    @property
    def aggregates(self) -> Sequence[str]:
        """What to compute."""

    @property
    def binds(self) -> Mapping[str, Any]:
        """Values that the SQL binds, by name."""

    def counts(self, values: Sequence[Any]) -> Found:
        """Give what was found, from the values of `aggregates` in their order."""

    def broken(self, found: Found) -> Mapping[str, str]:
        """Give the conditions that records to be quoted meet, each under a key of the rider's own."""

    def with_samples(self, found: Found, samples: Mapping[str, tuple[BadLine, ...]]) -> Found:
        """Put quoted records, by the keys of `broken` and without a reason, into what was found."""


@runtime_checkable
class AskingRider(Rider, Protocol):
    """A rider that needs statements of its own as well: what must be grouped, or depends on other values."""

    def asked(self, values: Sequence[Any], records: str, ask: Ask) -> Sequence[Any]:
        """Add to the values of `aggregates` what statements over `records` give; `counts` takes them all.

        Each statement reads the file once more, must name `records` once only (a compressed file comes through a
        pipe), and must be able to spill: it has `qc.memory_mib` only.
        """


class Riders:
    """All riders of one scan, and the way from its values back to each of them."""

    def __init__(self, riders: Sequence[Rider]) -> None:
        self._riders = riders

    @property
    def aggregates(self) -> list[str]:
        """What to compute by now."""
        return [sql for rider in self._riders for sql in rider.aggregates]

    @property
    def binds(self) -> dict[str, Any]:
        """Values that the riders' SQL binds by now, by name."""
        return {name: value for rider in self._riders for name, value in rider.binds.items()}

    def counts(self, values: Sequence[Any], records: str, ask: Ask) -> dict[str, Found]:
        """Give what each rider found, by its field, from the values of `aggregates` in their order.

        `records` is the SQL that reads the file, for those who ask more.
        """
        rest, found = list(values), {}
        for rider in self._riders:
            own: Sequence[Any] = rest[: len(rider.aggregates)]
            rest = rest[len(rider.aggregates) :]
            if isinstance(rider, AskingRider):
                own = rider.asked(own, records, ask)
            found[rider.field] = rider.counts(own)
        return found

    def broken(self, found: Mapping[str, Found]) -> dict[str, str]:
        """Give every condition whose records are to be quoted, its key led by the rider's field."""
        return {
            f"{rider.field}:{key}": condition
            for rider in self._riders
            for key, condition in rider.broken(found[rider.field]).items()
        }

    def with_samples(
        self, found: Mapping[str, Found], samples: Mapping[str, tuple[BadLine, ...]]
    ) -> dict[str, Found]:
        """Hand each rider its quoted records."""
        return {
            rider.field: rider.with_samples(
                found[rider.field],
                {
                    key.removeprefix(f"{rider.field}:"): quoted
                    for key, quoted in samples.items()
                    if key.startswith(f"{rider.field}:")
                },
            )
            for rider in self._riders
        }
