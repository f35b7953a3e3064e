"""What a process and all that it starts need: seconds, processor time, memory."""

import os
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import psutil

SAMPLE_SECONDS = 0.05


@dataclass(frozen=True)
class Usage:
    """One process: seconds by the clock, CPU seconds of its tree, the tree's highest memory, and its output.

    `memory_bytes` counts a page that processes share in each of them, `proportional_bytes` once; both are highest.
    """

    seconds: float
    cpu_seconds: float
    memory_bytes: int
    proportional_bytes: int
    output: str


def tree_bytes(process: psutil.Process) -> int:
    """The resident memory of a process and all that it started; shared pages count in each."""
    total = 0
    with suppress(psutil.Error):
        for member in (process, *process.children(recursive=True)):
            with suppress(psutil.Error):
                total += member.memory_info().rss
    return total


def proportional_bytes(process: psutil.Process) -> int:
    """The same with shared pages counted once (PSS); 0 where the system does not tell it."""
    total = 0
    with suppress(psutil.Error):
        for member in (process, *process.children(recursive=True)):
            with suppress(psutil.Error, OSError, AttributeError):
                total += member.memory_full_info().pss
    return total


def run_tree(command: list[str], watch: Callable[[int], None] = lambda _memory_bytes: None) -> Usage:
    """Run a command to its end; raises SystemExit when it fails. `watch` gets the memory at each sample."""
    began = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        ended, peak = threading.Event(), [0, 0]

        def sample() -> None:
            tree = psutil.Process(process.pid)
            while not ended.wait(SAMPLE_SECONDS):
                memory_bytes = tree_bytes(tree)
                peak[0] = max(peak[0], memory_bytes)
                peak[1] = max(peak[1], proportional_bytes(tree))
                watch(memory_bytes)

        sampler = threading.Thread(target=sample)
        sampler.start()
        output = process.stdout.read() if process.stdout else ""
        _, status, usage = os.wait4(process.pid, 0)
        ended.set()
        sampler.join()
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command[:6])} failed with {process.returncode}")
    seconds = time.perf_counter() - began
    return Usage(seconds, usage.ru_utime + usage.ru_stime, *peak, output)
