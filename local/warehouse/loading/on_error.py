"""What a COPY does about records that cannot be loaded.

https://docs.snowflake.com/en/sql-reference/sql/copy-into-table#copy-options-copyoptions
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from local.warehouse.errors import SqlError

_SKIP_FILE = re.compile(r"SKIP_FILE(?:_(?P<count>\d+)(?P<percent>%)?)?")


@dataclass(frozen=True)
class OnError:
    """`kind` is ABORT_STATEMENT, CONTINUE or SKIP_FILE; the count belongs to SKIP_FILE."""

    kind: str = "ABORT_STATEMENT"
    count: int = 1
    is_percent: bool = False

    @property
    def aborts(self) -> bool:
        """Whether the first error ends the statement."""
        return self.kind == "ABORT_STATEMENT"

    def limit(self, parsed: int) -> int:
        """The error_limit that COPY reports of a file with so many records."""
        if self.kind == "CONTINUE":
            return max(parsed, 1)
        if self.is_percent:
            return max(self.count * parsed // 100, 1)
        return self.count

    def skips(self, errors: int, parsed: int) -> bool:
        """Whether nothing of a file with so many bad records is loaded.

        SKIP_FILE_n: errors reach n. SKIP_FILE_n%: their share exceeds n percent.
        """
        if self.kind != "SKIP_FILE":
            return False
        return errors * 100 > self.count * parsed if self.is_percent else errors >= self.count


def parse_on_error(value: object) -> OnError:
    """The value of ON_ERROR; raises SqlError for anything else, a bare number included."""
    text = str(value).upper()
    if text in ("ABORT_STATEMENT", "CONTINUE"):
        return OnError(text)
    match = _SKIP_FILE.fullmatch(text)
    if match is None:
        message = f"SQL compilation error:\ninvalid value [{value}] for parameter 'ON_ERROR'"
        raise SqlError(1003, "42000", message)
    return OnError("SKIP_FILE", int(match["count"] or 1), bool(match["percent"]))
