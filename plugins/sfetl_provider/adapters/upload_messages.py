"""What a task and its upload processes say to each other: errors as plain values."""

from __future__ import annotations

from sfetl_provider.core import errors
from sfetl_provider.core.errors import SfetlError, StatementError

Message = dict[str, str | int]


def to_message(error: BaseException) -> Message:
    """Give the parts of an error; one that is not ours only by its class, since its text may hold an address."""
    if not isinstance(error, SfetlError):
        return {"kind": "UploadError", "what": f"The upload process failed: {type(error).__name__}."}
    message: Message = {
        "kind": type(error).__name__,
        "what": error.what,
        "safe": error.safe,
        "next_step": error.next_step,
    }
    if isinstance(error, StatementError):
        message |= {"code": error.code, "query_id": error.query_id}
    return message


def from_message(message: Message) -> SfetlError:
    """Make the error again."""
    parts: dict[str, str | int] = dict(message)
    kind: type[SfetlError] = getattr(errors, str(parts.pop("kind")))
    return kind(str(parts.pop("what")), **parts)  # type: ignore[arg-type]  # the parts of that very kind
