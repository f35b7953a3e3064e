"""What is remembered of a stack between two commands: its ports and its processes."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from local.stack.processes import BackgroundProcess


@dataclass(frozen=True)
class StackState:
    """Ports by name, and the processes that were started; none of them need be alive."""

    ports: dict[str, int] = field(default_factory=dict)
    processes: tuple[BackgroundProcess, ...] = ()


def load_state(path: Path) -> StackState:
    """Read the state, empty if no stack was ever started here.

    Raises:
        ValueError: The file is damaged; the message names it.
    """
    if not path.exists():
        return StackState()
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        processes = tuple(BackgroundProcess(**fields) for fields in content["processes"])
        return StackState(ports=content["ports"], processes=processes)
    except (ValueError, KeyError, TypeError) as error:
        message = f"{path} is damaged ({error}). Stop the processes that it names by hand, then delete it."
        raise ValueError(message) from error


def save_state(path: Path, state: StackState) -> None:
    """Replace the file in one step, so that a reader never sees half of it."""
    temporary = path.with_suffix(".part")
    temporary.write_text(json.dumps(asdict(state), indent=2), encoding="utf-8")
    temporary.rename(path)
