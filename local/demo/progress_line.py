"""One line on the terminal that says how far things are."""

import sys

from local.stack.announce import announce


class ProgressLine:
    """Rewritten in place on a terminal; elsewhere (a log, a pipe) a line whenever the text changes."""

    def __init__(self) -> None:
        self._text = ""

    def show(self, stamp: str, text: str) -> None:
        """Replace what the line says, the stamp in front; with the same text again nothing is printed."""
        if text == self._text:
            return
        self._text = text
        if sys.stdout.isatty():
            announce(f"\r\x1b[2K{stamp}  {text}", end="")
        else:
            announce(f"{stamp}  {text}")

    def end(self) -> None:
        """Leave the last text standing and go to the next line."""
        if self._text and sys.stdout.isatty():
            announce()
