"""Start background processes, recognise them later, stop them with everything that they started."""

import os
import signal
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

ORDERLY_SECONDS = 4

_started: list[subprocess.Popen[bytes]] = []
"""Handles kept so that Python neither warns about nor reaps a process behind our back."""


@dataclass(frozen=True)
class BackgroundProcess:
    """A process in a session of its own; pid and creation time together name it, even after a reboot."""

    name: str
    pid: int
    created_at: float
    log_file: str


def start_background(
    name: str, command: Sequence[str], environment: Mapping[str, str], log_file: Path, folder: Path
) -> BackgroundProcess:
    """Start a command that outlives its caller, its output appended to the log file, without input."""
    with log_file.open("ab") as log:
        process = subprocess.Popen(
            command,
            env=dict(environment),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    _started.append(process)
    return BackgroundProcess(name, process.pid, psutil.Process(process.pid).create_time(), str(log_file))


def is_alive(process: BackgroundProcess) -> bool:
    """Whether this very process runs; a stranger that got its pid later does not count, nor does a zombie."""
    return _find(process) is not None


def process_tree(processes: Iterable[BackgroundProcess]) -> list[psutil.Process]:
    """The living ones among the processes, with all descendants and all members of their sessions."""
    roots = [found for found in map(_find, processes) if found is not None]
    descendants = [child for root in roots for child in _descendants(root)]
    return list({*roots, *descendants, *_members_of_sessions({root.pid for root in roots})})


def stop_background(processes: Sequence[BackgroundProcess], grace_seconds: float) -> list[str]:
    """Stop the processes and all that they started; return the names of those whose tree had to be killed.

    SIGTERM to each process, for an orderly end; after a short while SIGTERM to whatever is left of its tree
    (tasks that it waits for); after the grace SIGKILL. Processes that are already gone, and strangers that
    carry their pids now, are left alone.
    """
    trees = {process.name: process_tree([process]) for process in processes}
    members = [member for tree in trees.values() for member in tree]
    for process in processes:
        _send(_find(process), signal.SIGTERM)
    _, left = psutil.wait_procs(members, timeout=ORDERLY_SECONDS)
    for member in left:
        _send(member, signal.SIGTERM)
    _, stubborn = psutil.wait_procs(left, timeout=grace_seconds)
    sessions = {process.pid for process in processes if trees[process.name]}
    for survivor in [*stubborn, *_members_of_sessions(sessions)]:
        _send(survivor, signal.SIGKILL)
    psutil.wait_procs(stubborn, timeout=grace_seconds)
    return [name for name, tree in trees.items() if set(tree) & set(stubborn)]


def log_tail(process: BackgroundProcess, lines: int = 25) -> str:
    """The last lines of what the process printed, for an error message."""
    text = Path(process.log_file).read_text(encoding="utf-8", errors="replace")
    return "\n".join(text.splitlines()[-lines:])


def _find(process: BackgroundProcess) -> psutil.Process | None:
    try:
        found = psutil.Process(process.pid)
        same = abs(found.create_time() - process.created_at) < 1 and found.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return None
    return found if same else None


def _descendants(root: psutil.Process) -> list[psutil.Process]:
    try:
        return list(root.children(recursive=True))
    except psutil.NoSuchProcess:
        return []


def _members_of_sessions(sessions: set[int]) -> list[psutil.Process]:
    return [process for process in psutil.process_iter() if _session_of(process.pid) in sessions]


def _session_of(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except OSError:
        return None


def _send(process: psutil.Process | None, number: signal.Signals) -> None:
    try:
        if process is not None:
            process.send_signal(number)
    except psutil.NoSuchProcess:
        pass  # it ended between the look and the signal, which is what was wanted
