"""The lock that Terraform keeps beside its state."""

from dataclasses import dataclass
from datetime import datetime

from hybridctl.domain.stored_state import read_object


@dataclass(frozen=True, slots=True)
class StateLock:
    """The holder of the state, as Terraform wrote it to the lock. `age` is in seconds.

    `unreadable` says why the lock names no holder. `is_dead` is true if the engine that took the lock is known to have
    died.
    """

    id: str
    operation: str
    who: str
    created: datetime
    age: float
    unreadable: str = ""
    is_dead: bool = False

    @property
    def work(self) -> str:
        """The locked operation, such as "apply" for Terraform's "OperationTypeApply"."""
        return self.operation.removeprefix("OperationType").lower() or "an operation"


def read_lock(body: bytes, written: datetime, age: float) -> StateLock:
    """Parse the bytes of a lock. If the format is not Terraform's, `unreadable` says why.

    Format: https://github.com/hashicorp/terraform/blob/main/internal/states/statemgr/locker.go (LockInfo).
    """
    content, why = read_object(body)
    if content is None:
        return StateLock("", "", "", written, age, unreadable=why)
    texts = (content.get(name) for name in ("ID", "Operation", "Who"))
    identity, operation, who = (text if isinstance(text, str) else "" for text in texts)
    unreadable = "" if identity else "it has no ID"
    return StateLock(identity, operation, who or "somebody", written, age, unreadable=unreadable)
