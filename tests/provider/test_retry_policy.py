"""Typed errors decide about retries."""

from __future__ import annotations

from airflow.sdk import RetryAction

from sfetl_provider.core.errors import QcFailedError, WarehouseUnavailableError
from sfetl_provider.operators.retry_policy import SfetlRetryPolicy


def test_what_can_pass_is_retried_with_a_growing_delay_up_to_a_quarter_of_an_hour() -> None:
    policy = SfetlRetryPolicy(30)
    decisions = [policy.evaluate(WarehouseUnavailableError("x"), number, 9) for number in (1, 2, 3, 9)]

    assert {decision.action for decision in decisions} == {RetryAction.RETRY}
    seconds = [decision.retry_delay.total_seconds() for decision in decisions if decision.retry_delay]
    assert seconds == [30, 60, 120, 900]


def test_what_cannot_pass_fails_at_once_and_other_errors_keep_airflows_way() -> None:
    policy = SfetlRetryPolicy()

    assert policy.evaluate(QcFailedError("x"), 1, 9).action is RetryAction.FAIL
    assert policy.evaluate(RuntimeError("x"), 1, 9).action is RetryAction.DEFAULT


def test_it_survives_serialization() -> None:
    policy = SfetlRetryPolicy.deserialize(SfetlRetryPolicy(7).serialize())

    assert policy.first_delay_seconds == 7
