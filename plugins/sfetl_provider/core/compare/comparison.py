"""What a comparison found."""

from __future__ import annotations

from typing import Literal

from sfetl_provider.core.record import Record

Kind = Literal["changed", "only_a", "only_b"]


class Place(Record):
    """Where a row stands: its file, and the number (from 1) of its record's first line.

    `line` is None for a row of a table, and where bad records make it uncertain.
    """

    file: str
    line: int | None


class Change(Record):
    """One value that differs, as it is written on either side; None is NULL."""

    column: str
    a: str | None
    b: str | None


class Difference(Record):
    """A row that only one side has, or that differs.

    `key` holds the values of the key's columns, those of all columns when the whole row is the key.
    """

    kind: Kind
    key: tuple[str | None, ...]
    a: Place | None
    b: Place | None
    changes: tuple[Change, ...] = ()


class Side(Record):
    """What was read of one side.

    `rows` are those compared. `bad_records` could not be read, or not for certain; `empty_records` hold nothing
    and are no rows. `duplicate_keys` are keys that occur more than once, `duplicate_rows` the rows that have one.
    `keyless_rows` lack a value in a column of the key; they are matched as whole rows.
    """

    name: str
    rows: int
    bad_records: int
    empty_records: int
    duplicate_keys: int
    duplicate_rows: int
    keyless_rows: int
    remarks: tuple[str, ...] = ()


class Comparison(Record):
    """Two sides, compared; a is the one named first.

    Conservation: rows of a = same + changed + only_a, rows of b = same + changed + only_b, or making it fails.
    `columns` counts, of the changed rows, those in which a column differs. `ignored` are the columns left out as
    asked; `not_compared` gives the reason for each that had to be. `samples` quotes the first differences of each
    kind.
    """

    feed: str
    month: str | None
    key: tuple[str, ...]
    a: Side
    b: Side
    same: int
    changed: int
    only_a: int
    only_b: int
    columns: dict[str, int]
    ignored: tuple[str, ...]
    not_compared: dict[str, str]
    samples: tuple[Difference, ...]
    seconds: float

    @property
    def differences(self) -> int:
        """Rows that differ or that one side lacks."""
        return self.changed + self.only_a + self.only_b

    @property
    def is_complete(self) -> bool:
        """Tell whether every record of both sides was compared, in every column that was asked for."""
        return not (self.a.bad_records or self.b.bad_records or self.not_compared)

    @property
    def is_equal(self) -> bool:
        """Tell whether both sides are known to hold the same rows, in whatever order."""
        return self.is_complete and not self.differences
