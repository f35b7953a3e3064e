"""Say something on the terminal without depending on anybody who reads it."""

import os
import sys


def announce(text: str = "", end: str = "\n") -> None:
    """Print at once. If the reader has gone (`… | head`), this and all that follows is dropped in silence."""
    try:
        print(text, end=end, flush=True)
    except BrokenPipeError:
        # What is left in the buffer would raise again when Python exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
