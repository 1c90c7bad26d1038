"""Verify through the public endpoint that a version serves, and that the alias still says so."""

from contextlib import suppress
from functools import partial

from hybridctl.domain.counting import count_noun
from hybridctl.domain.release import Alias
from hybridctl.domain.smoke import VERSION_HEADER, SmokeReport
from hybridctl.errors import HybridctlError, NoAnswer, Unanswered
from hybridctl.operations.allocation import await_allocation
from hybridctl.operations.move_alias import give_all_to
from hybridctl.operations.smoke_suite import Expected, must_be_green
from hybridctl.operations.traffic import SOON_SECONDS, Traffic, must_serve
from hybridctl.operations.warm_up import find_kept
from hybridctl.ports.run import StepNotes


def verify_release(traffic: Traffic, version: int, build: str | None) -> SmokeReport:
    with traffic.progress.step("verify") as step:
        _wait_until_served(traffic, version, step)
        report = traffic.ask_publicly(Expected(version, build), step.now)
        step.done(report.summary)
        try:
            must_be_green(report)
        except NoAnswer as silence:
            raise _explain_silence(traffic, version, silence) from silence
        must_serve(traffic.read_patiently(lambda: _read_settled(traffic, version)), (version,))
        return report


def verify_return(traffic: Traffic, alias: Alias, build: str | None = None) -> SmokeReport:
    """Test the public endpoint after `return_to`: a failed report is returned, not raised."""
    with traffic.progress.step("verify") as step:
        _wait_until_served(traffic, alias.version, step, at_once=True)
        report = traffic.ask_publicly(Expected(alias.version, build), step.now)
        step.done(report.summary)
    if (kept := find_kept(traffic.functions)) and kept.ready < kept.wanted:
        with traffic.progress.step("allocate") as step:
            step.done(f"{kept.ready} of {count_noun(kept.wanted, 'environment')} warm: cold starts until all are ready")
    return report


def _wait_until_served(traffic: Traffic, version: int, step: StepNotes, *, at_once: bool = False) -> None:
    """Return when the version answers publicly, or after a time in which another version or nobody did.

    `at_once` clears weights that Lambda set after the move.
    """
    deadline = traffic.clock.monotonic() + traffic.patience.settle
    while True:
        served = None
        with suppress(NoAnswer):
            served = traffic.ask(traffic.plan.pulse).headers.get(VERSION_HEADER)
        if served in (None, str(version)):
            return  # whoever asks next is patient with nobody
        if traffic.clock.monotonic() >= deadline:
            return
        step.now(f"version {served} still answers")
        traffic.clock.sleep(SOON_SECONDS)
        if at_once:
            alias = traffic.read_patiently(traffic.live)
            traffic.read_patiently(partial(give_all_to, traffic, version, (version, alias.held_at or version)))
        elif traffic.find_allocation(traffic.read_patiently(traffic.live)):
            await_allocation(traffic, version)
            deadline = traffic.clock.monotonic() + traffic.patience.settle


def _read_settled(traffic: Traffic, version: int) -> Alias:
    """Read the alias; for a moment Lambda may still return its state before our move."""
    deadline = traffic.clock.monotonic() + traffic.patience.settle
    alias = traffic.live()
    while not alias.serves_only(version) and traffic.clock.monotonic() < deadline:
        traffic.clock.sleep(SOON_SECONDS)
        alias = traffic.live()
    return alias


def _explain_silence(traffic: Traffic, version: int, silence: HybridctlError) -> Unanswered:
    return Unanswered(
        f"version {version} serves all traffic and passed its smoke test, but could not be verified: {silence}",
        hint=traffic.how_to_verify,
        result=silence.result,
    )
