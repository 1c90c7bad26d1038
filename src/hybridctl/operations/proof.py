"""Prove a version before it takes traffic: run the whole smoke suite on it by direct invocation."""

from hybridctl.domain.smoke import SmokeReport, direct_event
from hybridctl.operations.smoke_suite import must_be_green
from hybridctl.operations.traffic import LOOK_SECONDS, Traffic
from hybridctl.operations.warm_up import warm_up

_DENIED = ("AccessDenied", "is not authorized to perform")


def prove_version(traffic: Traffic, version: int, build: str | None, *, doubt: str = "") -> SmokeReport:
    """Run the whole suite on the version by direct invocation, before it takes traffic.

    Retries while the log reports a missing permission: a new one takes seconds to apply. `doubt` is why a failed proof
    may not be the code's fault.
    """
    with traffic.progress.step("prove") as step:
        step.now(f"waiting for {traffic.name_version(version)} to become active")
        traffic.functions.wait_until_ready(version, direct_event(traffic.plan.pulse, traffic.gateway))
        step.now(f"asking {traffic.name_version(version)}")
        began, tries = traffic.clock.monotonic(), 1
        while True:
            report = traffic.ask_directly(version, build)
            elapsed = traffic.clock.monotonic() - began
            if report.ok or elapsed >= traffic.patience.permission or not _is_denied(report):
                break
            step.now("a permission is missing or not yet effective; retrying")
            traffic.clock.sleep(LOOK_SECONDS)
            tries += 1
        waited = f"on attempt {tries} after {elapsed:.0f} s: a permission was not yet effective" if tries > 1 else ""
        step.done(f"{traffic.name_version(version)}: {report.summary}{waited}")
        next_step = doubt or "fix the code and deploy again"
        return must_be_green(report, hint=f"the alias was not moved; {next_step}")


def warm_version(traffic: Traffic, version: int) -> None:
    """Open environments of a version that is about to take traffic, if the alias keeps any warm."""
    warm_up(traffic.functions, traffic.progress, version, direct_event(traffic.plan.deep_pulse, traffic.gateway))


def _is_denied(report: SmokeReport) -> bool:
    lines = (*report.log, *(check.detail for check in report.failed))
    return any(word in line for line in lines for word in _DENIED)
