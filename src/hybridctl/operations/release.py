"""The part of a release that moves traffic: prove, shift, verify, and the way back. Deploy and rollback share it."""

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass

from hybridctl.domain.outputs import Outputs
from hybridctl.domain.release import Alias, Outcome
from hybridctl.domain.smoke import Answer, SmokePlan, SmokeReport, direct_event
from hybridctl.errors import (
    AliasMoved,
    FunctionBusy,
    HybridctlError,
    Interrupted,
    NotDeployed,
    OutcomeUnknown,
    ReleaseTakenBack,
)
from hybridctl.operations.smoke import Expected, Public, must_be_green, smoke_public, smoke_version
from hybridctl.operations.warming import see_allocated, warm_up
from hybridctl.ports import Backend, Clock, Functions, HttpProbe, Progress

_SETTLE_SECONDS = 20.0  # an alias update reaches all of API Gateway's fleet within seconds, not at once
_IMPATIENCE = 3
_BUSY_SECONDS = 180.0  # provisioned concurrency takes minutes to allocate; meanwhile its alias may not be moved
_LOOK_SECONDS = 2.0


@dataclass
class Traffic:
    """The ports and facts that moving traffic needs; `user` is the smoke suite's own user id."""

    functions: Functions
    probe: HttpProbe
    outputs: Outputs
    clock: Clock
    progress: Progress
    user: str
    plan: SmokePlan

    @classmethod
    def of(cls, backend: Backend, outputs: Outputs, clock: Clock, progress: Progress, user: str) -> "Traffic":
        return cls(backend.functions, backend.probe, outputs, clock, progress, user, backend.smoke_plan)

    @property
    def stage(self) -> str:
        return self.outputs.text("api_stage")

    def live(self) -> Alias:
        alias = self.functions.live()
        if alias is None:
            raise NotDeployed(f"{self.outputs.function} has no alias to move", hint="hybridctl deploy")
        return alias

    def prove(self, version: int, build: str | None, *, doubt: str = "") -> SmokeReport:
        """Invoke the version directly, with the whole suite, before it takes any traffic.

        `doubt` is why a red proof may not be the code's fault.
        """
        with self.progress.step("prove") as step:
            step.now(f"waiting for version {version} to become active")
            self.functions.wait_until_ready(version)
            step.now(f"asking version {version}")
            report = smoke_version(
                self.functions, version, stage=self.stage, user=self.user, build=build, plan=self.plan
            )
            step.done(f"version {version}: {report.summary}")
            next_step = doubt or "correct the code and deploy again"
            return must_be_green(report, hint=f"the alias was not moved; {next_step}")

    def release(self, version: int, build: str | None) -> SmokeReport:
        """Shift all traffic to a proven version and verify it through the public endpoint, or put the alias back."""
        before = self.live()
        return self.complete(before, before, version, build)

    def complete(self, before: Alias, alias: Alias, version: int, build: str | None) -> SmokeReport:
        """Shift what `alias` serves now to the version alone and verify it, or put back what was `before`."""
        try:
            if not alias.serves_only(version):
                self.warm_up(version)
            moved = self._shift(alias, version)
            report = self._verify(moved, build, stale=alias.revision)
        except (HybridctlError, KeyboardInterrupt) as cause:
            self.take_back(before, version, cause)
            raise
        if moved.revision != alias.revision:
            see_allocated(self.functions, self.clock, self.progress)
        return report

    def warm_up(self, version: int) -> None:
        """Open environments of a version that is about to take traffic, where the alias keeps any warm."""
        warm_up(self.functions, self.progress, version, direct_event(self.plan.deep_pulse, self.stage))

    def give_back(self, before: Alias, version: int) -> Alias:
        """Let the alias serve what it did before, and re-read it; an alias that does already is left alone.

        AliasMoved when it no longer serves the version that is to lose its traffic: somebody else has moved it.
        """
        found = self.live()
        if _same_traffic(found, before):
            return found
        must_serve(found, (before.version, version))
        moved = self.move(found, to=before.version, weights=before.weights)
        return self._seen(moved, stale=found.revision)

    def move(self, alias: Alias, *, to: int, weights: Mapping[int, float]) -> Alias:
        """Move the alias, patient while Lambda is busy with the function; raises what `Functions.move` does."""
        deadline = self.clock.monotonic() + _BUSY_SECONDS
        while True:
            try:
                return self.functions.move(alias, to=to, weights=weights)
            except FunctionBusy:
                if self.clock.monotonic() >= deadline:
                    raise
                self.clock.sleep(_LOOK_SECONDS)

    def verify_again(self, alias: Alias) -> SmokeReport:
        """Ask the public endpoint, after a way back: a red report is shown, not raised."""
        with self.progress.step("verify") as step:
            self._wait_until_served(alias)
            report = self.public_smoke(Expected(alias.version))
            step.done(report.summary)
            return report

    def public_smoke(self, expected: Expected) -> SmokeReport:
        """The suite through the public endpoint."""
        return smoke_public(self.functions, self.probe, self.outputs, user=self.user, expected=expected, plan=self.plan)

    def _shift(self, before: Alias, version: int) -> Alias:
        with self.progress.step("shift") as step:
            if before.serves_only(version):
                step.done(f"{before.name} already serves version {version}")
                return before
            moved = self.move(before, to=version, weights={})
            step.done(f"{before.name}: version {before.version} → {version}")
            return moved

    def _seen(self, moved: Alias, *, stale: str) -> Alias:
        """The alias as it reads now; Lambda may answer with the revision before our move for a moment."""
        deadline = self.clock.monotonic() + _SETTLE_SECONDS
        found = self.live()
        while found.revision == stale != moved.revision and self.clock.monotonic() < deadline:
            self.clock.sleep(0.5)
            found = self.live()
        return found

    def _verify(self, alias: Alias, build: str | None, *, stale: str) -> SmokeReport:
        with self.progress.step("verify") as step:
            self._wait_until_served(alias)
            report = self.public_smoke(Expected(alias.version, build))
            step.done(report.summary)
            must_be_green(report)
            found = self._seen(alias, stale=stale)
            if not found.serves_only(alias.version):
                raise AliasMoved(
                    f"{alias.name} serves version {found.version} now: somebody else moved it", hint="hybridctl status"
                )
            return report

    def _wait_until_served(self, alias: Alias) -> None:
        public = Public(self.probe, self.outputs.endpoint)
        deadline = self.clock.monotonic() + _SETTLE_SECONDS
        while self.clock.monotonic() < deadline:
            answer: Answer = public(self.plan.pulse)
            if answer.headers.get("x-function-version") in (None, str(alias.version)):
                return
            self.clock.sleep(0.5)

    def take_back(self, before: Alias, version: int, cause: BaseException) -> None:
        """Put the alias where it was, re-read it, and raise what the caller must know."""
        if isinstance(cause, AliasMoved) or before.serves_only(version):
            return
        if isinstance(cause, HybridctlError) and self._serves_as(before):
            return  # it was the move itself that failed
        with self.progress.step("take back") as step:
            try:
                found = self._undisturbed(before, version)
            except HybridctlError as failed:
                raise OutcomeUnknown(
                    f"{cause}; putting {before.name} back to version {before.version} failed too: {failed}",
                    hint=f"hybridctl status, then hybridctl rollback --version {before.version}",
                ) from failed
            step.done(f"{found.name} serves version {found.version} again")
        if isinstance(cause, KeyboardInterrupt):
            raise Interrupted(f"interrupted: {found.name} serves version {found.version} again") from cause
        raise ReleaseTakenBack(
            f"version {version} was taken back, version {found.version} serves again: {cause}",
            hint="hybridctl logs --since 5m",
            result=getattr(cause, "result", None),
        ) from cause

    def _serves_as(self, before: Alias) -> bool:
        try:
            return _same_traffic(self.live(), before)
        except HybridctlError:
            return False

    def _undisturbed(self, before: Alias, version: int) -> Alias:
        """Give back in spite of further Ctrl-C: an impatient one must not leave the bad version its traffic."""
        for _ in range(_IMPATIENCE):
            with suppress(KeyboardInterrupt):
                return self.give_back(before, version)
        return self.give_back(before, version)


def must_serve(alias: Alias, expected: Collection[int]) -> None:
    """Return if all that the alias serves is expected; AliasMoved when it was moved elsewhere."""
    if {alias.version, *alias.weights} <= set(expected):
        return
    raise AliasMoved(
        f"{alias.name} serves version {alias.version} now: somebody else moved it", hint="hybridctl status"
    )


def _same_traffic(one: Alias, other: Alias) -> bool:
    return (one.version, one.weights) == (other.version, other.weights)


def outcome_of(error: BaseException) -> Outcome:
    """How the record names what ended a release."""
    match error:
        case ReleaseTakenBack():
            return Outcome.TAKEN_BACK
        case OutcomeUnknown():
            return Outcome.UNKNOWN
        case Interrupted() | KeyboardInterrupt():
            return Outcome.INTERRUPTED
        case _:
            return Outcome.FAILED
