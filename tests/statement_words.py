"""Whether a statement is the one that a test means."""

from __future__ import annotations

import re


def mentions(statement: str, words: str) -> bool:
    """Whether a statement holds `words`, not in the middle of another word: AUTOCOMMIT is no COMMIT."""
    return re.search(rf"(?<!\w){re.escape(words)}", statement) is not None
