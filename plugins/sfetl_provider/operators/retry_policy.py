"""The one place where an error's `is_retryable` becomes Airflow's decision."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import Context, RetryDecision, RetryPolicy

from sfetl_provider.core.errors import SfetlError

_LONGEST_SECONDS = 15 * 60.0
# By name: importing the operator's module costs every task a second.
_NEVER_RETRIED = frozenset({"HITLTimeoutError"})


class SfetlRetryPolicy(RetryPolicy):
    """Retries what can pass, with a delay that doubles up to 15 minutes; fails what cannot, at once.

    Exceptions that are not ours keep Airflow's default. A killed worker never reaches a policy; Airflow
    retries it as usual and the task resumes from its checkpoints.
    """

    def __init__(self, first_delay_seconds: float = 30.0) -> None:
        self.first_delay_seconds = first_delay_seconds

    def evaluate(
        self, exception: BaseException, try_number: int, max_tries: int, context: Context | None = None
    ) -> RetryDecision:
        """Decide by the error's type."""
        if type(exception).__name__ in _NEVER_RETRIED:
            return RetryDecision.fail(reason="nobody answered in time; asking again would surprise")
        if not isinstance(exception, SfetlError):
            return RetryDecision.default()
        if not exception.is_retryable:
            return RetryDecision.fail(reason=f"{type(exception).__name__}: a retry cannot help")
        delay_seconds = min(self.first_delay_seconds * 2.0 ** (try_number - 1), _LONGEST_SECONDS)
        return RetryDecision.retry(
            delay=timedelta(seconds=delay_seconds), reason=f"{type(exception).__name__}: may pass by itself"
        )

    def serialize(self) -> dict[str, Any]:
        """Give the form that goes into the serialized DAG."""
        return {"__type": "SfetlRetryPolicy", "first_delay_seconds": self.first_delay_seconds}

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> SfetlRetryPolicy:
        """Read that form."""
        return cls(float(data["first_delay_seconds"]))
