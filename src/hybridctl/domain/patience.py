"""How long hybridctl waits for slow or missing answers."""

from hybridctl.values import dataclass


@dataclass(frozen=True, slots=True)
class Patience:
    """The maximum waits, in seconds. Each is a key of `[patience]` in hybridctl.toml; HYBRIDCTL_PATIENCE_NAME overrides
    it.

    A shorter wait never changes what a command does after the wait.
    """

    silence: int = 60
    """Nobody answers: a new API, a new permission and a resolver take seconds, a proxy's restart a minute."""

    settle: int = 20
    """The alias has moved and another version still answers: it reaches API Gateway's fleet within seconds."""

    busy: int = 180
    """Lambda refuses to move the alias while it works on the function (ResourceConflictException)."""

    allocation: int = 900
    """Lambda allocates provisioned concurrency; hashicorp/aws waits as long (internal/service/lambda/alias.go)."""

    permission: int = 30
    """A permission that was just given is denied: IAM/latest/UserGuide/troubleshoot.html, eventual consistency."""

    lock: int = 20
    """Someone else holds the lock of Terraform's state."""
