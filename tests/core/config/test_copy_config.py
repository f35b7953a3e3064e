"""A limit of rejected rows and the policy that may reject them are of use together only."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from tests.core.load_samples import sample_config


@pytest.mark.parametrize(
    "load",
    [
        {"on_error": "continue"},
        {"on_error": "continue", "reject_limit": "0%"},
        {"reject_limit": 5},
        {"on_error": "abort", "reject_limit": "1%"},
    ],
)
def test_a_policy_without_its_limit_or_a_limit_without_its_policy_is_refused(load: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="belong together"):
        sample_config(load=load)


def test_both_together_are_taken() -> None:
    load = sample_config(load={"on_error": "continue", "reject_limit": "0.01%"}).load
    assert (load.on_error, load.reject_limit, load.batch_bytes) == ("continue", "0.01%", 10 * 1024**3)
