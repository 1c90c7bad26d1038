"""Execution environments that Lambda keeps warm for the alias."""

from dataclasses import dataclass

_ALLOCATING = "IN_PROGRESS"
_ALLOCATED = "READY"


@dataclass(frozen=True, slots=True)
class Provisioned:
    """The alias's provisioned concurrency: how many environments were requested, and how many are ready.

    `state` is IN_PROGRESS, READY, or the reason why the allocation failed.
    """

    wanted: int
    ready: int
    state: str

    @property
    def is_allocating(self) -> bool:
        return self.state == _ALLOCATING

    @property
    def has_failed(self) -> bool:
        return self.state not in (_ALLOCATING, _ALLOCATED)
