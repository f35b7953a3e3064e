"""The steps of an examination and what came of each."""

from __future__ import annotations

from enum import StrEnum

from sfetl_provider.core.errors import SfetlError
from sfetl_provider.core.record import Record


class StepState(StrEnum):
    """What came of a step; `slow` worked, but took longer than it should."""

    OK = "ok"
    SLOW = "slow"
    FAILED = "failed"
    SKIPPED = "skipped"


class ExaminedStep(Record):
    """One step; `remedy` says what to do when it failed. No text of it holds a secret."""

    name: str
    state: StepState
    seconds: float = 0.0
    target_seconds: float | None = None
    found: str = ""
    error: str = ""
    remedy: str = ""


class Examination(Record):
    """All steps, in their order; those after a failed one are skipped."""

    snowflake_conn_id: str
    proxy_conn_id: str = ""
    steps: tuple[ExaminedStep, ...] = ()

    @property
    def failed_step(self) -> ExaminedStep | None:
        """The step that failed, if one did."""
        return next((step for step in self.steps if step.state is StepState.FAILED), None)


def remedy_of(error: SfetlError) -> str:
    """Give what to do about an error where no task is to be cleared and nobody tries again by himself."""
    text = error.next_step.replace(", then clear this task", "").replace(" Then clear this task.", "")
    for waiting in (
        "Airflow tries again; if it goes on, ",
        "It could not reach the host. Airflow tries again; ",
    ):
        text = text.removeprefix(waiting)
    return text[:1].upper() + text[1:]


def render_examination(found: Examination) -> str:
    """Give the examination as text, a line for each step and the remedy below the one that failed."""
    proxy = f", proxy connection {found.proxy_conn_id}" if found.proxy_conn_id else ", no proxy connection"
    lines = [f"Snowflake connection {found.snowflake_conn_id}{proxy}"]
    for step in found.steps:
        lines.append(_line(step))
        if step.state is StepState.FAILED:
            lines.append(f"{'':10}What to do: {step.remedy}")
    failed = found.failed_step
    lines.append(f"Failed at: {failed.name} ({failed.error})" if failed else "Everything works.")
    return "\n".join(lines)


def _line(step: ExaminedStep) -> str:
    state = step.state.upper() if step.state is StepState.FAILED else step.state
    if step.state is StepState.SKIPPED:
        return f"  {state:<8}{step.name}"
    target = f" of {step.target_seconds:g} s" if step.target_seconds is not None else ""
    took = f"{step.seconds:.2f} s{target}"
    return f"  {state:<8}{step.name:<13}{took:<16}{step.found}".rstrip()
