"""What a demo took, and the file that remembers it."""

import platform
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil

from local.stack.folders import PROJECT

RESULTS_FILE = PROJECT / "benchmarks" / "RESULTS.md"

_HEADING = """
## The demo

Six loads, one drop (since 2026-11-30 undone and repeated) and two loads more of real flights and weather,
each some MB: what the whole machinery costs, not what it can carry. Seconds from the command, packages
installed and `var` absent, until every part of Airflow is healthy, the first month is published, all is done.
Memory: the highest sum of all processes (Airflow, its tasks, the local warehouse) while loading, shared pages
counted once (PSS).
A new row: `make down clean`, then `make demo DEMO_OPTIONS=--record`.

| date | commit | processor | cores | memory GB | system | healthy s | first month s | all s | peak memory MB |
|---|---|---|---|---|---|---|---|---|---|
"""


@dataclass(frozen=True)
class DemoResult:
    """Durations since the command was given, and the peak of all processes' memory."""

    healthy_seconds: float
    first_month_seconds: float
    total_seconds: float
    peak_memory_bytes: int

    def sentence(self) -> str:
        """For the end of the demo."""
        return (
            f"Healthy after {self.healthy_seconds:.0f} s, first month published after "
            f"{self.first_month_seconds:.0f} s, all after {self.total_seconds:.0f} s; "
            f"peak memory {self.peak_memory_bytes / 1e6:.0f} MB."
        )


def record_result(result: DemoResult, path: Path = RESULTS_FILE) -> None:
    """Append a line to the demo's table in the results file; the table is made at the file's end at first."""
    text = path.read_text(encoding="utf-8") if path.exists() else "# Results\n"
    before, _, after = text.partition(_HEADING)
    rows, separator, rest = after.partition("\n\n")
    rows = f"{rows.rstrip()}\n" if rows.strip() else ""
    end = separator or "\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{before}{_HEADING}{rows}{_row(result)}{end}{rest}", encoding="utf-8")


def _row(result: DemoResult) -> str:
    cells = (
        datetime.now(UTC).strftime("%Y-%m-%d"),
        commit(),
        processor(),
        str(psutil.cpu_count()),
        f"{psutil.virtual_memory().total / 1e9:.0f}",
        f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        f"{result.healthy_seconds:.0f}",
        f"{result.first_month_seconds:.0f}",
        f"{result.total_seconds:.0f}",
        f"{result.peak_memory_bytes / 1e6:.0f}",
    )
    return f"| {' | '.join(cells)} |"


def processor() -> str:
    """The processor's name as Linux gives it, elsewhere as Python knows it."""
    described = Path("/proc/cpuinfo")
    lines = described.read_text(encoding="utf-8").splitlines() if described.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "unknown"


def commit() -> str:
    command = ["git", "describe", "--always", "--dirty"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "not committed"
