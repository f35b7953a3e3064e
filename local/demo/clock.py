"""The time of a demo, which stands in front of each line that it prints."""

import time
from dataclasses import dataclass, field

from local.stack.announce import announce


@dataclass
class DemoClock:
    """Seconds since the demo began, and the moment when its first month was published (0: not yet)."""

    begin: float = field(default_factory=time.monotonic)
    first_month_seconds: float = 0.0

    def seconds(self) -> float:
        """Seconds since the beginning."""
        return time.monotonic() - self.begin

    def stamp(self) -> str:
        """The seconds as they stand in front of a line."""
        return f"[{self.seconds():4.0f} s]"

    def say(self, text: str) -> None:
        """Print a line with the time in front."""
        announce(f"{self.stamp()} {text}")

    def note_loaded_month(self) -> None:
        """Remember the time of the first call."""
        self.first_month_seconds = self.first_month_seconds or self.seconds()
