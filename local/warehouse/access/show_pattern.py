"""The filters that SHOW statements share: LIKE, STARTS WITH and LIMIT.

https://docs.snowflake.com/en/sql-reference/sql/show-tables
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from local.warehouse.tokens import Tokens


def is_like(text: str, pattern: str) -> bool:
    """Whether a text is like a pattern with % and _, in any case; a backslash takes their meaning away."""
    parts = re.findall(r"\\.|.", pattern, re.DOTALL)
    wild = {"%": ".*", "_": "."}
    expression = "".join(wild.get(part) or re.escape(part.removeprefix("\\") or part) for part in parts)
    return re.fullmatch(expression, text, re.IGNORECASE | re.DOTALL) is not None


@dataclass
class Filters:
    """What is left of a list: names like a pattern, with a start, after a name, so many."""

    pattern: str = "%"
    start: str = ""
    limit: int | None = None
    after: str = ""

    def read_like(self, tokens: Tokens) -> None:
        """LIKE 'pattern', if it comes next."""
        if tokens.skip("LIKE"):
            self.pattern = _text(tokens)

    def read_rest(self, tokens: Tokens) -> None:
        """STARTS WITH 'text' and LIMIT n [FROM 'name'], then the end."""
        if tokens.skip("STARTS", "WITH"):
            self.start = _text(tokens)
        if tokens.skip("LIMIT"):
            token = tokens.take()
            if not token.text.isdigit():
                raise tokens.unexpected()
            self.limit = int(token.text)
            if tokens.skip("FROM"):
                self.after = _text(tokens)
        tokens.expect_end()

    def chosen(self, rows: list[list[Any]], position: int) -> list[list[Any]]:
        """The rows whose name, at this position, passes; FROM goes by what comes after the name's first part."""
        found = [
            row
            for row in rows
            if is_like(row[position], self.pattern)
            and row[position].startswith(self.start)
            and (not self.after or row[position] > self.after)
        ]
        return found if self.limit is None else found[: self.limit]


def _text(tokens: Tokens) -> str:
    token = tokens.take()
    if token.kind != "string":
        raise tokens.unexpected()
    return token.text
