"""Statement text is cut into tokens here, for the few statements that the layer reads by itself."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from local.warehouse.errors import syntax_error

_TOKEN = re.compile(
    r"""
      (?P<space>\s+|--[^\n]*|//[^\n]*|/\*.*?\*/)
    | (?P<string>'(?:[^'\\]|\\.|'')*')
    | (?P<stage>@(?:"(?:[^"]|"")*"|[^\s'"(),;])+)
    | (?P<quoted>"(?:[^"]|"")*")
    | (?P<file>file://[^\s';]+)
    | (?P<word>[A-Za-z_$%][A-Za-z0-9_$]*)
    | (?P<number>\d+(?:\.\d+)?)
    | (?P<mark>=>|[^\s])
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPES = {"t": "\t", "n": "\n", "r": "\r", "0": "\0", "b": "\b", "f": "\f"}


@dataclass(frozen=True)
class Token:
    """One piece of a statement; `text` is unescaped for strings and quoted names, else as written.

    `start` is where it stands in the statement; tokens are equal wherever they stand.
    """

    kind: str
    text: str
    start: int = field(default=0, compare=False)

    def is_word(self, word: str) -> bool:
        """Whether this is that keyword; keywords have no case."""
        return self.kind == "word" and self.text.upper() == word


class Tokens:
    """A statement being read from left to right.

    Raises SqlError 001003 when what comes is not what the grammar wants.
    """

    def __init__(self, statement: str) -> None:
        self._tokens = split(statement)
        self._position = 0

    def peek(self) -> Token:
        """The token that comes next; one of kind `end` after the last."""
        return self._tokens[self._position] if self._position < len(self._tokens) else Token("end", "")

    def take(self) -> Token:
        """The next token, read."""
        token = self.peek()
        self._position += 1
        return token

    def skip(self, *words: str) -> bool:
        """Read these keywords if exactly they come next."""
        coming = self._tokens[self._position : self._position + len(words)]
        if len(coming) < len(words) or not all(t.is_word(w) for t, w in zip(coming, words, strict=True)):
            return False
        self._position += len(words)
        return True

    def skip_mark(self, mark: str) -> bool:
        """Read this punctuation mark if it comes next."""
        if self.peek() != Token("mark", mark):
            return False
        self._position += 1
        return True

    def expect(self, mark: str) -> None:
        """Read this mark, or fail."""
        if not self.skip_mark(mark):
            raise self.unexpected()

    def expect_words(self, *words: str) -> None:
        """Read these keywords, or fail."""
        if not self.skip(*words):
            raise self.unexpected()

    def at_end(self) -> bool:
        """Whether nothing is left but a semicolon."""
        while self.skip_mark(";"):
            pass
        return self.peek().kind == "end"

    def expect_end(self) -> None:
        """Fail unless the statement is over."""
        if not self.at_end():
            raise self.unexpected()

    def unexpected(self) -> Exception:
        """The error for the next token."""
        return syntax_error(f"syntax error: unexpected '{self.peek().text or '<EOF>'}'.")

    def name(self) -> tuple[str, ...]:
        """A dotted object name as its parts; unquoted parts in upper case."""
        parts = [self._name_part()]
        while self.skip_mark("."):
            parts.append(self._name_part())
        return tuple(parts)

    def _name_part(self) -> str:
        token = self.peek()
        if token.kind not in ("word", "quoted"):
            raise self.unexpected()
        self._position += 1
        return token.text if token.kind == "quoted" else token.text.upper()


def split(statement: str) -> list[Token]:
    """All tokens of a statement without white space and comments."""
    found = []
    for match in _TOKEN.finditer(statement):
        kind = match.lastgroup or "mark"
        if kind != "space":
            found.append(Token(kind, _value(kind, match.group()), match.start()))
    return found


def _value(kind: str, text: str) -> str:
    if kind == "string":
        return _unescape(text[1:-1])
    if kind == "quoted":
        return text[1:-1].replace('""', '"')
    return text


def _unescape(text: str) -> str:
    """Snowflake's escapes in single-quoted strings.

    https://docs.snowflake.com/en/sql-reference/data-types-text#escape-sequences-in-single-quoted-string-constants
    """

    def replace(match: re.Match[str]) -> str:
        found = match.group()
        if found == "''":
            return "'"
        if found[1] in "xu":
            return chr(int(found[2:], 16))
        return _ESCAPES.get(found[1], found[1])

    return re.sub(r"''|\\x[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|\\.", replace, text, flags=re.DOTALL)
