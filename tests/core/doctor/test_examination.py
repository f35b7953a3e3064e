"""What an examination says is said for whoever stands before it, not for a task that will be cleared."""

from __future__ import annotations

import pytest

from sfetl_provider.core.doctor.examination import (
    Examination,
    ExaminedStep,
    StepState,
    remedy_of,
    render_examination,
)
from sfetl_provider.core.errors import SfetlError


@pytest.mark.parametrize(
    ("next_step", "remedy"),
    [
        ("Correct user or password, then clear this task.", "Correct user or password."),
        ("Airflow tries again; if it goes on, check the port.", "Check the port."),
        ("Grant it. Then clear this task.", "Grant it."),
        ("", ""),
    ],
)
def test_remedies(next_step: str, remedy: str) -> None:
    assert remedy_of(SfetlError("x", next_step=next_step)) == remedy


def test_the_text_names_slow_failed_and_skipped_steps() -> None:
    steps = (
        ExaminedStep(name="tunnel", state=StepState.SLOW, seconds=2.5, target_seconds=2, found="open"),
        ExaminedStep(
            name="TLS", state=StepState.FAILED, seconds=0.1, found="x.", error="XError", remedy="Do y."
        ),
        ExaminedStep(name="login", state=StepState.SKIPPED),
    )
    found = Examination(snowflake_conn_id="sf", proxy_conn_id="corp", steps=steps)

    assert render_examination(found).splitlines() == [
        "Snowflake connection sf, proxy connection corp",
        "  slow    tunnel       2.50 s of 2 s   open",
        "  FAILED  TLS          0.10 s          x.",
        "          What to do: Do y.",
        "  skipped login",
        "Failed at: TLS (XError)",
    ]
    assert Examination.from_json(found.to_json()) == found
