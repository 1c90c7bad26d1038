"""Plan, and import existing objects that the plan would create.

hybridctl looks for existing objects only if the plan creates something. It plans again with import blocks until it
finds nothing new, because the routes of an API can only be found once the API is imported.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from hybridctl.domain.adoption import Existing, find_managed_ids, find_wanted
from hybridctl.domain.engine import Plan, PlanRequest
from hybridctl.errors import NameTaken, NotFound
from hybridctl.ports.release import HasPlace
from hybridctl.ports.terraform import HasLeftovers, HasTerraform, Heard

_ROUNDS = 5  # role, API, then what hangs on them, and on that; one to find nothing more
_SHARED_NAMES = "aws_apigatewayv2_api"  # several may have one name, so someone else's is in nobody's way


class AdoptionPorts(HasLeftovers, HasPlace, HasTerraform, Protocol):
    """The ports that planning with imports uses."""


def plan_adopting(
    backend: AdoptionPorts,
    request: PlanRequest,
    adopts: Mapping[str, str | None],
    heard: Heard,
    *,
    forgets: bool = False,
) -> tuple[Plan, Sequence[str]]:
    """Return a plan that imports the environment's existing objects, and notes for the reader.

    A note names, for example, an object that exists twice because a call was repeated after its response was lost.
    Terraform cannot import to an address that the state still contains, even if that object is gone (an interrupted
    replacement). With `forgets`, the address is removed from the state first.

    `adopts` maps addresses to ids, which may be empty. Their objects are imported whoever owns them. Raises NameTaken
    if someone else owns an object, and NotFound if nothing exists for an address of `adopts`.
    """
    imports = {address: identity for address, identity in adopts.items() if identity}
    plan = backend.terraform.plan(replace(request, imports=imports), heard)
    surplus: list[str] = []
    for _ in range(_ROUNDS):
        try:
            fresh, more = _look(backend, plan, adopts)
        except BaseException:
            backend.terraform.discard(plan)
            raise
        surplus += more
        stuck = sorted(address for address, identity in fresh.items() if imports.get(address) == identity)
        if stuck and not forgets:
            surplus.append(f"{', '.join(stuck)} already exists; a deploy imports it")
        if not fresh or (stuck and not forgets):
            break
        if stuck:
            backend.terraform.forget(stuck)
        imports |= fresh
        backend.terraform.discard(plan)
        plan = backend.terraform.plan(replace(request, imports=imports), heard)
    if missing := [address for address in adopts if address not in imports]:
        backend.terraform.discard(plan)
        raise NotFound(
            f"no existing object was found for {', '.join(missing)}",
            hint="the plan must create it; or give its id: --adopt ADDRESS=ID",
        )
    return plan, surplus


def _look(backend: AdoptionPorts, plan: Plan, adopts: Mapping[str, str | None]) -> tuple[dict[str, str], list[str]]:
    """Return further ids to import by address, and notes about duplicates."""
    wanted = find_wanted(plan.content)
    if not wanted:
        return {}, []
    managed = find_managed_ids(plan.content)
    existing = [
        one
        for one in backend.leftovers.find(wanted)
        if not {(one.wanted.type, one.id), (one.wanted.type, one.id.rpartition("/")[2])} & managed
    ]
    taken = [
        one
        for one in existing
        if not one.is_ours and one.wanted.address not in adopts and one.wanted.type != _SHARED_NAMES
    ]
    if taken:
        raise _name_taken(backend.place.environment, taken)
    fresh: dict[str, str] = {}
    surplus = []
    for one in existing:
        if not one.is_ours and one.wanted.address not in adopts:
            continue
        if fresh.setdefault(one.wanted.address, one.id) != one.id:
            surplus.append(f"{one.id} is a duplicate that no state contains; if nothing uses it: {one.remove}")
    return fresh, surplus


def _name_taken(environment: str, taken: Sequence[Existing]) -> NameTaken:
    named = "; ".join(f"{one.wanted.address} ({one.id}): {one.whose}" for one in taken)
    adopt = " ".join(f"--adopt '{one.wanted.address}'" for one in taken)
    remove = "; ".join(one.remove for one in taken)
    return NameTaken(
        f"the plan would create objects that already exist and do not clearly belong to {environment}: {named}",
        hint=f"import it: hybridctl deploy {environment} {adopt}; or delete it: {remove}",
    )
