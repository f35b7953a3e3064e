"""One line on the terminal that says how far things are."""

import sys


class ProgressLine:
    """Rewritten in place on a terminal; elsewhere (a log, a pipe) a line whenever the text changes."""

    def __init__(self) -> None:
        self._text = ""

    def show(self, text: str) -> None:
        """Replace what the line says; the same text again prints nothing."""
        if text == self._text:
            return
        self._text = text
        if sys.stdout.isatty():
            print(f"\r\x1b[2K  {text}", end="", flush=True)
        else:
            print(f"  {text}", flush=True)

    def end(self) -> None:
        """Leave the last text standing and go to the next line."""
        if self._text and sys.stdout.isatty():
            print(flush=True)
