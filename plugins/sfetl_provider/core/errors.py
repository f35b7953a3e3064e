"""One tree of errors with two axes: the stage that failed, and whether a retry can help.

The stage is a class attribute, or a field where one class serves several stages. `is_retryable` is mapped to
Airflow's retry policy in one place (`operators/retry_policy.py`). A message says what failed, what is safe
and what to do next; none of them ever holds a secret.
"""

from __future__ import annotations

from collections.abc import Sequence


class SfetlError(Exception):
    """A failure that says what failed, what is safe and what to do next."""

    stage: str = "sfetl"
    is_retryable: bool = False

    def __init__(self, what: str, *, safe: str = "", next_step: str = "", stage: str | None = None) -> None:
        super().__init__(" ".join(part for part in (what, safe, next_step) if part))
        self.what = what
        self.safe = safe
        self.next_step = next_step
        if stage is not None:
            self.stage = stage

    def reword(
        self, *, what: str | None = None, safe: str | None = None, next_step: str | None = None
    ) -> None:
        """Replace parts of the message, for a caller who knows more than the one who raised it."""
        self.what = self.what if what is None else what
        self.safe = self.safe if safe is None else safe
        self.next_step = self.next_step if next_step is None else next_step
        self.args = (" ".join(part for part in (self.what, self.safe, self.next_step) if part),)


class TransientError(SfetlError):
    """A failure that may pass by itself: network, proxy, a warehouse that resumes."""

    is_retryable = True


class ConfigError(SfetlError):
    """A feed's configuration is not usable."""

    stage = "config"


class MonthError(SfetlError):
    """The run's month is missing, unreadable or contradictory."""

    stage = "plan"


class ConnectionMissingError(SfetlError):
    """An Airflow connection that the feed names does not exist or lacks a field."""

    stage = "connect"


class ProxySettingsError(SfetlError):
    """A connection of type sfetl proxy is filled in wrongly; `faults` names every field and what is wrong."""

    stage = "connect"

    def __init__(self, conn_id: str, faults: Sequence[str]) -> None:
        super().__init__(
            f"The proxy connection {conn_id} cannot be used: {'; '.join(faults)}.",
            safe="Nothing was sent.",
            next_step="Correct these fields of that Airflow connection, then clear this task.",
        )
        self.faults = tuple(faults)


class LoginSettingsError(SfetlError):
    """A Snowflake connection cannot log in as it is filled in; `faults` names every field and what is wrong."""

    stage = "connect"

    def __init__(self, conn_id: str, faults: Sequence[str]) -> None:
        super().__init__(
            f"The Snowflake connection{f' {conn_id}' if conn_id else ''} cannot be used: {'; '.join(faults)}.",
            safe="Nothing was sent.",
            next_step="Correct these fields of that Airflow connection, then clear this task.",
        )
        self.faults = tuple(faults)


class TargetTableError(SfetlError):
    """The target table is missing, or its columns do not fit the feed's."""

    stage = "plan"


class ResultMissingError(SfetlError):
    """A task before this one has left no result."""


class FilesMissingError(SfetlError):
    """No complete set of files came for the month."""

    stage = "wait"


class SourceFileError(SfetlError):
    """A source file cannot be read, is empty, or changed while it was read."""

    stage = "stage"


class QcFailedError(SfetlError):
    """The file's content did not pass quality control."""

    stage = "qc"


class UploadError(TransientError):
    """A chunk did not arrive on the stage as it was sent."""

    stage = "stage"


class UploadDeniedError(SfetlError):
    """The stage's storage refused a chunk: its credentials, a network policy or a firewall does not allow it."""

    stage = "stage"


class StageUnusableError(SfetlError):
    """The stage that chunks go to does not exist, takes no files, or holds others' files in the run's folder."""

    stage = "stage"


class ChunkSetError(SfetlError):
    """A set of chunks that was carried here is not whole, or is not the one that was asked for."""

    stage = "stage"


class LeftOutListError(SfetlError):
    """The list of the records that QC left out is gone, was changed, or is not of this file."""

    stage = "stage"


class ScratchSpaceError(SfetlError):
    """The scratch folder cannot take the next chunk."""

    stage = "stage"


class CopyFailedError(SfetlError):
    """COPY INTO refused the data or the statement."""

    stage = "copy"


class CopyLostError(TransientError):
    """A submitted COPY ended without an answer that can be trusted."""

    stage = "copy"


class ReconciliationError(SfetlError):
    """Two counts that must be equal differ; nothing is published."""

    stage = "reconcile"


class AuditFailedError(SfetlError):
    """The load table did not pass the checks before publication."""

    stage = "audit"


class GenerationConflictError(SfetlError):
    """Another run changed the month since this one was planned."""

    stage = "publish"


class PublishRefusedError(SfetlError):
    """The month's rows must not be published as they are."""

    stage = "publish"


class SmallerReplacementError(PublishRefusedError):
    """A month would be replaced by fewer files or rows, and nobody has confirmed that."""


class DropRefusedError(SfetlError):
    """The month must not be deleted as asked."""

    stage = "drop"


class RestoreRefusedError(SfetlError):
    """A change must not, or can no longer, be undone as asked."""

    stage = "restore"


class CommitUnclearError(TransientError):
    """The connection was lost at COMMIT; only the ledger knows whether the change was made."""

    stage = "ledger"


class TransactionEndedError(TransientError):
    """Snowflake ended a transaction under its writer, as it does to one that blocks others and rests."""

    stage = "ledger"


class BatchedLoadError(SfetlError):
    """A load that a batch started has failed, or cannot be started."""

    stage = "batch"


class LedgerError(SfetlError):
    """The ledger does not hold what it must."""

    stage = "ledger"


class StatementError(SfetlError):
    """Snowflake refused a statement; `code` is Snowflake's error number, `query_id` may be empty."""

    stage = "warehouse"

    def __init__(
        self, what: str, *, code: int, query_id: str = "", safe: str = "", next_step: str = ""
    ) -> None:
        super().__init__(what, safe=safe, next_step=next_step)
        self.code = code
        self.query_id = query_id


class PrivilegeMissingError(StatementError):
    """The connection's role sees an object and may not do this with it; the message names the GRANT."""


class ObjectMissingError(StatementError):
    """A table, stage, schema or database does not exist, or the connection's role may not see it."""


class ComputeUnavailableError(StatementError):
    """No virtual warehouse computes: none is named, it is suspended and stays so, or its quota is used up."""


class WarehouseUnavailableError(TransientError):
    """Snowflake could not be reached or did not answer in time."""

    stage = "warehouse"


class WarehouseBusyError(TransientError):
    """A lock or a queue in Snowflake took longer than the session waits."""

    stage = "warehouse"


class ProxyUnreachableError(WarehouseUnavailableError):
    """The proxy itself does not answer: it is down, its name or port is wrong, or a firewall is before it."""

    stage = "connect"


class HostUnknownError(WarehouseUnavailableError):
    """A host name could not be resolved."""

    stage = "connect"


class ThrottledError(WarehouseUnavailableError):
    """Snowflake, or a proxy, asks for fewer requests."""


class ServerFaultError(WarehouseUnavailableError):
    """Snowflake answered with a fault of its own."""


class ConnectionLostError(WarehouseUnavailableError):
    """A connection that stood was cut."""


class LoginDeniedError(SfetlError):
    """Snowflake refused the user, the key or the role; a retry could lock the account."""

    stage = "connect"


class ProxyDeniedError(SfetlError):
    """The proxy's policy does not allow the destination."""

    stage = "connect"


class ProxyAuthenticationError(SfetlError):
    """The proxy refused the credentials; a retry could lock the account."""

    stage = "connect"


class TlsUntrustedError(SfetlError):
    """Nobody who is trusted vouches for the certificate that was presented: mostly a proxy that opens TLS."""

    stage = "connect"


class TlsHostNameError(TlsUntrustedError):
    """The certificate that was presented belongs to another host."""


class TlsExpiredError(TlsUntrustedError):
    """The certificate that was presented is no longer, or not yet, valid."""
