"""How long hybridctl waits for slow or missing answers."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Patience:
    """The maximum waits, in seconds. Each is a key of `[patience]` in hybridctl.toml; HYBRIDCTL_PATIENCE_NAME overrides
    it.

    A shorter wait never changes what a command does after the wait.
    """

    silence: int = 60
    """For any answer: a new API, a new permission and DNS take seconds, the restart of a proxy takes a minute."""

    settle: int = 20
    """For the new version to answer after the alias has moved: API Gateway's fleet follows within seconds."""

    busy: int = 180
    """For Lambda to accept a move of the alias while it updates the function (ResourceConflictException)."""

    allocation: int = 900
    """For Lambda to allocate provisioned concurrency; as long as hashicorp/aws (internal/service/lambda/alias.go)."""

    permission: int = 30
    """For a new permission to take effect: IAM/latest/UserGuide/troubleshoot.html, eventual consistency."""

    lock: int = 20
    """For someone else to release the lock of Terraform's state."""
