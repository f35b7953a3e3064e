"""The options of CREATE STAGE for internal stages.

https://docs.snowflake.com/en/sql-reference/sql/create-stage#internal-stage-parameters-internalstageparams
"""

from __future__ import annotations

from dataclasses import dataclass

from local.warehouse.errors import syntax_error, unsupported
from local.warehouse.tokens import Tokens

_TYPES = {"SNOWFLAKE_FULL": "INTERNAL", "SNOWFLAKE_SSE": "INTERNAL NO CSE"}


@dataclass
class StageOptions:
    """What CREATE STAGE says of a stage; `encryption` is one that Snowflake has for internal stages."""

    encryption: str = "SNOWFLAKE_FULL"
    comment: str = ""
    has_directory: bool = False

    @property
    def type(self) -> str:
        """What SHOW STAGES calls such a stage; NO CSE: clients do not encrypt."""
        return _TYPES[self.encryption]


def stage_options(tokens: Tokens) -> StageOptions:
    """Read them to the end of the statement; raises SqlError for what is not Snowflake's or not the stand-in's."""
    options = StageOptions()
    while not tokens.at_end():
        name = tokens.take().text.upper()
        if name not in ("ENCRYPTION", "DIRECTORY", "COMMENT"):
            raise unsupported(f"stage option {name}")
        tokens.expect("=")
        if name == "COMMENT":
            options.comment = tokens.take().text
        elif name == "ENCRYPTION":
            options.encryption = _only_value(tokens, "TYPE")
        else:
            options.has_directory = _only_value(tokens, "ENABLE") == "TRUE"
    if options.encryption not in _TYPES:
        raise syntax_error(f"invalid value '{options.encryption}' for property 'ENCRYPTION'.")
    return options


def _only_value(tokens: Tokens, name: str) -> str:
    tokens.expect("(")
    tokens.expect_words(name)
    tokens.expect("=")
    value = tokens.take().text.upper()
    tokens.expect(")")
    return value
