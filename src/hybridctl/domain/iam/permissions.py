"""The AWS calls of each command and their resources, so that `doctor` can find denied calls in advance."""

from collections.abc import Iterator
from dataclasses import dataclass

from hybridctl.domain.environment import Names, Place
from hybridctl.domain.iam.grants import Grant, Reach, grants

_OWN_STEP = ("destroy", "bootstrap", "bootstrap --ci", "doctor")  # these commands report denied calls themselves


@dataclass(frozen=True, slots=True)
class Need:
    """Actions that are called on these resources. `context` contains the condition keys of the call that a policy
    checks.

    A release succeeds without the actions that are not `for_release`.
    """

    what: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    context: tuple[tuple[str, str], ...] = ()
    for_release: bool = True


def needs(names: Names, place: Place) -> Iterator[Need]:
    """Return everything that a release calls, and the additional calls for operating an environment."""
    return (_need(grant) for grant in grants(names, place, bounded=True) if grant.part not in _OWN_STEP)


def _need(grant: Grant) -> Need:
    context = tuple(pair for test in grant.condition.values() for pair in test.items())
    resources = tuple(resource.example for resource in grant.resources)
    return Need(grant.part, grant.called, resources, context, for_release=grant.reach is not Reach.OPERATE)
