"""Give a proven version all traffic: shift, wait, verify, and roll back after a failure."""

from hybridctl.domain.release import Alias
from hybridctl.domain.smoke import SmokeReport
from hybridctl.operations.allocation import await_allocation
from hybridctl.operations.move_alias import move_alias
from hybridctl.operations.proof import warm_version
from hybridctl.operations.take_back import take_back
from hybridctl.operations.traffic import Traffic
from hybridctl.operations.verification import verify_release


def release_version(traffic: Traffic, version: int, build: str | None) -> SmokeReport:
    """Shift all traffic to a proven version and verify it through the public endpoint, or put the alias back."""
    alias = traffic.live()
    return complete_release(traffic, traffic.without_allocation(alias), alias, version, build)


def complete_release(traffic: Traffic, before: Alias, alias: Alias, version: int, build: str | None) -> SmokeReport:
    """Shift all traffic from what `alias` serves to the version and verify it, or restore `before`."""
    try:
        if alias.version != version:
            warm_version(traffic, version)
        _shift(traffic, alias, version)
        await_allocation(traffic, version)
        return verify_release(traffic, version, build)
    except BaseException as cause:
        take_back(traffic, before, version, cause)
        raise


def _shift(traffic: Traffic, alias: Alias, version: int) -> None:
    with traffic.progress.step("shift") as step:
        if alias.serves_only(version):
            step.done(f"{alias.name} already serves version {version}")
        elif alias.version == version and traffic.find_allocation(alias):
            step.done(f"{alias.name} had already been moved to version {version}")
        else:
            move_alias(traffic, alias, to=version, weights={})
            step.done(f"{alias.name}: version {alias.version} → {version}")
