"""Wait until Lambda has allocated provisioned concurrency and moves the traffic."""

from hybridctl.domain.counting import count_noun
from hybridctl.errors import AllocationFailed
from hybridctl.operations.smoke_suite import must_be_green
from hybridctl.operations.traffic import LOOK_SECONDS, Traffic, must_serve

_PULSE_SECONDS = 30.0  # between two questions to the version that waits


def await_allocation(traffic: Traffic, version: int) -> None:
    """Return when Lambda sends the traffic to a version that had to be allocated first."""
    alias = traffic.read_patiently(traffic.live)
    if traffic.find_allocation(alias) is None:
        return
    with traffic.progress.step("allocate") as step:
        began = traffic.clock.monotonic()
        pulse = began + _PULSE_SECONDS
        while allocation := traffic.find_allocation(alias):
            must_serve(alias, (version, alias.held_at or version))
            if allocation.has_failed:
                raise AllocationFailed(
                    f"Lambda cannot keep version {version} warm: {allocation.state}", hint="hybridctl logs --since 15m"
                )
            if traffic.clock.monotonic() - began >= traffic.patience.allocation:
                raise AllocationFailed(
                    f"after {traffic.patience.allocation} s, {allocation.ready} of "
                    f"{count_noun(allocation.wanted, 'environment')} of version {version} are ready",
                    hint="hybridctl troubleshoot cold-starts",
                )
            if traffic.clock.monotonic() >= pulse:
                pulse += _PULSE_SECONDS
                must_be_green(traffic.ask_directly(version, None))
            step.now(
                f"{allocation.ready} of {count_noun(allocation.wanted, 'environment')} "
                f"ready; version {alias.held_at} serves meanwhile"
            )
            traffic.clock.sleep(LOOK_SECONDS)
            alias = traffic.read_patiently(traffic.live)
        step.done(f"version {version} is warm")
