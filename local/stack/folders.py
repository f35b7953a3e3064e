"""Where an embedded stack keeps its files."""

from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
PROJECT_STACK = PROJECT / "var"
"""The stack of `make up` and `make demo`."""


@dataclass(frozen=True)
class StackFolders:
    """The files of one stack below one root (`var/` in the project, a temporary folder in a test).

    Deleting the root of a stopped stack forgets everything about it: nothing is kept elsewhere.
    """

    root: Path

    @property
    def airflow(self) -> Path:
        return self.root / "airflow"

    @property
    def warehouse(self) -> Path:
        return self.root / "warehouse"

    @property
    def incoming(self) -> Path:
        return self.root / "incoming"

    @property
    def scratch(self) -> Path:
        return self.root / "scratch"

    @property
    def reports(self) -> Path:
        return self.root / "reports"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def state_file(self) -> Path:
        return self.root / "stack.json"

    @property
    def lock_file(self) -> Path:
        return self.root / "stack.lock"

    @property
    def credentials_file(self) -> Path:
        return self.root / "credentials.json"

    def create(self) -> None:
        """Make every folder; those that exist stay as they are."""
        for folder in (
            self.airflow,
            self.warehouse,
            self.incoming,
            self.scratch,
            self.reports,
            self.logs,
        ):
            folder.mkdir(parents=True, exist_ok=True)
