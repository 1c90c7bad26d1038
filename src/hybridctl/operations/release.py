"""The part of a release that moves traffic: prove, shift, verify, and the way back. All that moves the alias shares it.

A release that fails gives the traffic back to the version that served before. A rollback never does: the version that
it leaves gets no traffic again, whatever happens after the move.
"""

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeVar

from hybridctl.domain.api_event import Gateway
from hybridctl.domain.outputs import Outputs
from hybridctl.domain.patience import Patience
from hybridctl.domain.provisioned import Provisioned
from hybridctl.domain.release import Alias, Outcome
from hybridctl.domain.smoke import VERSION_HEADER, SmokePlan, SmokeReport, direct_event
from hybridctl.errors import (
    AliasMoved,
    AllocationFailed,
    AwsRefused,
    FunctionBusy,
    HybridctlError,
    Interrupted,
    NoAnswer,
    NotDeployed,
    OutcomeUnknown,
    ReleaseTakenBack,
    Unanswered,
    VersionNotFound,
)
from hybridctl.operations.smoke import Expected, Public, must_be_green, read_gateway, smoke_public, smoke_version
from hybridctl.operations.warming import find_kept, warm_up
from hybridctl.ports import Backend, Clock, Functions, HttpApis, HttpProbe, Progress, StepNotes

_PULSE_SECONDS = 30.0
_LOOK_SECONDS = 2.0
_MOVES = 5
_ATTEMPTS = 4
_DENIED = ("AccessDenied", "is not authorized to perform")

T = TypeVar("T")


@dataclass
class Traffic:
    """The ports and facts that moving traffic needs; `user` is the smoke suite's own user id."""

    environment: str
    functions: Functions
    probe: HttpProbe
    outputs: Outputs
    clock: Clock
    progress: Progress
    user: str
    plan: SmokePlan
    http_apis: HttpApis
    patience: Patience
    _gateway: Gateway | None = field(default=None, init=False)

    @classmethod
    def of(cls, backend: Backend, outputs: Outputs, clock: Clock, progress: Progress, user: str) -> "Traffic":
        return cls(
            backend.place.environment,
            backend.functions,
            backend.probe,
            outputs,
            clock,
            progress,
            user,
            backend.smoke_plan,
            backend.http_apis,
            backend.patience,
        )

    @property
    def gateway(self) -> Gateway:
        """What the API adds to a request, read once."""
        if self._gateway is None:
            self._gateway = read_gateway(self.http_apis, self.outputs, self.clock)
        return self._gateway

    def live(self) -> Alias:
        alias = self.functions.live()
        if alias is None:
            raise NotDeployed(f"{self.outputs.function} has no alias to move", hint="hybridctl deploy")
        return alias

    def find_allocation(self, alias: Alias) -> Provisioned | None:
        """What Lambda allocates while it keeps the alias's traffic at the version before; None when it does not."""
        found = find_kept(self.functions) if alias.held_at is not None else None
        return found if alias.is_allocating(found) else None

    def serving(self) -> Alias:
        """The alias as it is served: a move that Lambda has not carried out yet is left out."""
        alias = self.live()
        if alias.held_at is None or self.find_allocation(alias) is None:
            return alias
        return replace(alias, version=alias.held_at, weights={})

    def prove(self, version: int, build: str | None, *, doubt: str = "") -> SmokeReport:
        """Invoke the version directly, with the whole suite, before it takes any traffic.

        Asked again while the log says that a permission is missing: one that was just given takes seconds to arrive.
        `doubt` is why a red proof may not be the code's fault.
        """
        with self.progress.step("prove") as step:
            step.now(f"waiting for version {version} to become active")
            self.functions.wait_until_ready(version, direct_event(self.plan.pulse, self.gateway))
            step.now(f"asking version {version}")
            began, tries = self.clock.monotonic(), 1
            while True:
                report = self._ask_directly(version, build)
                elapsed = self.clock.monotonic() - began
                if report.ok or elapsed >= self.patience.permission or not _is_denied(report):
                    break
                step.now("a permission is missing or has not arrived yet; asking again")
                self.clock.sleep(_LOOK_SECONDS)
                tries += 1
            waited = f" at try {tries} after {elapsed:.0f} s: a permission had not arrived" if tries > 1 else ""
            step.done(f"version {version}: {report.summary}{waited}")
            next_step = doubt or "correct the code and deploy again"
            return must_be_green(report, hint=f"the alias was not moved; {next_step}")

    def release(self, version: int, build: str | None) -> SmokeReport:
        """Shift all traffic to a proven version and verify it through the public endpoint, or put the alias back."""
        before = self.serving()
        return self.complete(before, self.live(), version, build)

    def complete(self, before: Alias, alias: Alias, version: int, build: str | None) -> SmokeReport:
        """Shift what `alias` serves now to the version alone and verify it, or put back what was `before`."""
        try:
            if alias.version != version:
                self.warm_up(version)
            self._shift(alias, version)
            self._await_allocation(version)
            return self._verify(version, build)
        except BaseException as cause:
            self.take_back(before, version, cause)
            raise

    def warm_up(self, version: int) -> None:
        """Open environments of a version that is about to take traffic, where the alias keeps any warm."""
        warm_up(self.functions, self.progress, version, direct_event(self.plan.deep_pulse, self.gateway))

    def return_to(self, version: int) -> Alias:
        """Give all traffic to a version at once and for good, and re-read the alias.

        Weights that Lambda sets until the version is warm are cleared: a cold good version is better than a warm bad
        one. Once the alias may have moved, an interruption or a failure does not stop the move.
        """
        found = self._read_patiently(self.live)
        allowed = (found.version, *found.weights, version)
        try:
            return self.give_all_to(version, allowed)
        except BaseException as cause:
            now = self._try_to_read()
            if now is not None and _same_traffic(now, found):
                raise  # nothing has moved
            alias = self._insist(version, allowed, cause)
            if isinstance(cause, KeyboardInterrupt):
                raise Interrupted(
                    f"interrupted: {alias.name} serves version {version}, which is not verified",
                    hint=self._how_to_verify(),
                ) from cause
            return alias

    def give_all_to(self, version: int, allowed: Collection[int]) -> Alias:
        """The alias, once it is read to serve that version alone; AliasMoved when it serves what is not `allowed`."""
        stale, moves = "", 0
        deadline = self.clock.monotonic() + self.patience.settle
        while True:
            found = self.live()
            if found.serves_only(version):
                return found
            must_serve(found, allowed)
            if found.revision == stale and self.clock.monotonic() < deadline:
                self.clock.sleep(0.5)  # Lambda may answer with the revision before our move for a moment
                continue
            if moves >= _MOVES:
                raise OutcomeUnknown(
                    f"{found.name} still shares its traffic after {moves} moves to version {version}",
                    hint=f"hybridctl status, then hybridctl rollback {self.environment} --version {version}",
                )
            self.move(found, to=version, weights={})
            moves, stale = moves + 1, found.revision

    def move(self, alias: Alias, *, to: int, weights: Mapping[int, float]) -> Alias:
        """Move the alias, patient while Lambda is busy with the function; raises what `Functions.move` does.

        Lambda's own work on the alias changes its revision too: then the move is made again, from what it is now.
        """
        deadline = self.clock.monotonic() + self.patience.busy
        moves = 0
        while True:
            try:
                return self.functions.move(alias, to=to, weights=weights)
            except FunctionBusy:
                if self.clock.monotonic() >= deadline:
                    raise
                self.clock.sleep(_LOOK_SECONDS)
            except AliasMoved:
                moves += 1
                now = self.live()
                is_ours = now.version == alias.version and (
                    now.weights == alias.weights or self.find_allocation(alias) is not None
                )
                if not is_ours or moves >= _MOVES:
                    raise
                alias = now
            except AwsRefused:  # the answer may be lost, and the move made
                now = self.live()
                if (now.version, now.weights) != (to, dict(weights)) and not (
                    now.version == to and self.find_allocation(now)
                ):
                    raise
                return now

    def verify_return(self, alias: Alias, build: str | None = None) -> SmokeReport:
        """Ask the public endpoint after `return_to`: a red report is shown, not raised."""
        with self.progress.step("verify") as step:
            self._wait_until_served(alias.version, step, at_once=True)
            report = self.ask_publicly(Expected(alias.version, build), step)
            step.done(report.summary)
        if (found := find_kept(self.functions)) and found.ready < found.wanted:
            with self.progress.step("allocate") as step:
                step.done(f"{found.ready} of {found.wanted} environments are warm: cold starts until the rest are")
        return report

    def take_back(self, before: Alias, version: int, cause: BaseException) -> None:
        """Put the alias where it was, re-read it, and raise what the caller must know.

        Returns when there is nothing to take back: somebody else moved the alias, nothing has moved, or nobody
        answered, which says nothing about the version.
        """
        if isinstance(cause, AliasMoved | Unanswered) or before.serves_only(version):
            return
        if not isinstance(cause, KeyboardInterrupt) and (now := self._try_to_read()) and _same_traffic(now, before):
            return
        found = self._insist(before.version, (before.version, version), cause)
        if isinstance(cause, KeyboardInterrupt):
            raise Interrupted(f"interrupted: {found.name} serves version {found.version} again") from cause
        raise ReleaseTakenBack(
            f"version {version} was taken back, version {found.version} serves again: {describe(cause)}",
            hint="hybridctl logs --since 5m",
            result=getattr(cause, "result", None),
        ) from cause

    def _insist(self, version: int, allowed: Collection[int], cause: BaseException) -> Alias:
        """Give all traffic to a version in spite of further failures and Ctrl-C; OutcomeUnknown when it cannot be."""
        with self.progress.step("take back") as step:
            for attempt in range(1, _ATTEMPTS + 1):
                step.now(f"giving all traffic to version {version}; Ctrl-C does not stop this")
                try:
                    found = self.give_all_to(version, allowed)
                    break
                except BaseException as failed:
                    if attempt == _ATTEMPTS or isinstance(failed, AliasMoved | VersionNotFound | NotDeployed):
                        raise OutcomeUnknown(
                            f"{describe(cause)}; giving all traffic to version {version} failed too: "
                            f"{describe(failed)}",
                            hint=f"hybridctl status, then hybridctl rollback {self.environment} --version {version}",
                        ) from failed
                    with suppress(KeyboardInterrupt):
                        self.clock.sleep(_LOOK_SECONDS)
            step.done(f"{found.name} serves version {found.version} again")
            return found

    def _shift(self, alias: Alias, version: int) -> None:
        with self.progress.step("shift") as step:
            if alias.serves_only(version):
                step.done(f"{alias.name} already serves version {version}")
            elif alias.version == version and self.find_allocation(alias):
                step.done(f"{alias.name} was moved to version {version} before")
            else:
                self.move(alias, to=version, weights={})
                step.done(f"{alias.name}: version {alias.version} → {version}")

    def _await_allocation(self, version: int) -> None:
        """Return once Lambda gives the traffic to a version whose environments it had to allocate first."""
        alias = self._read_patiently(self.live)
        if self.find_allocation(alias) is None:
            return
        with self.progress.step("allocate") as step:
            began = self.clock.monotonic()
            pulse = began + _PULSE_SECONDS
            while found := self.find_allocation(alias):
                must_serve(alias, (version, alias.held_at or version))
                if found.has_failed:
                    raise AllocationFailed(
                        f"Lambda cannot keep version {version} warm: {found.state}", hint="hybridctl logs --since 15m"
                    )
                if self.clock.monotonic() - began >= self.patience.allocation:
                    raise AllocationFailed(
                        f"after {self.patience.allocation} s {found.ready} of {found.wanted} environments of "
                        f"version {version} are ready",
                        hint="hybridctl troubleshoot cold-starts",
                    )
                if self.clock.monotonic() >= pulse:
                    pulse += _PULSE_SECONDS
                    must_be_green(self._ask_directly(version, None))
                step.now(
                    f"{found.ready} of {found.wanted} environments are ready; version {alias.held_at} serves until then"
                )
                self.clock.sleep(_LOOK_SECONDS)
                alias = self._read_patiently(self.live)
            step.done(f"version {version} is warm")

    def _verify(self, version: int, build: str | None) -> SmokeReport:
        with self.progress.step("verify") as step:
            self._wait_until_served(version, step)
            report = self.ask_publicly(Expected(version, build), step)
            step.done(report.summary)
            try:
                must_be_green(report)
            except NoAnswer as silence:
                raise self._unanswered(version, silence) from silence
            found = self._read_patiently(lambda: self._settled(version))
            if not found.serves_only(version):
                raise AliasMoved(
                    f"{found.name} serves version {found.version} now: somebody else moved it", hint="hybridctl status"
                )
            return report

    def _settled(self, version: int) -> Alias:
        """The alias as it reads now; Lambda may answer with what it was before our move for a moment."""
        deadline = self.clock.monotonic() + self.patience.settle
        found = self.live()
        while not found.serves_only(version) and self.clock.monotonic() < deadline:
            self.clock.sleep(0.5)
            found = self.live()
        return found

    def _wait_until_served(self, version: int, step: StepNotes, *, at_once: bool = False) -> None:
        """Return once the version answers publicly, or after a while in which another one, or nobody, did.

        `at_once` clears weights that Lambda set after the move.
        """
        public = Public(self.probe, self.outputs.endpoint)
        deadline = self.clock.monotonic() + self.patience.settle
        while True:
            served = None
            with suppress(NoAnswer):
                served = public(self.plan.pulse).headers.get(VERSION_HEADER)
            if served in (None, str(version)):
                return  # whoever asks next is patient with nobody
            if self.clock.monotonic() >= deadline:
                return
            step.now(f"version {served} still answers")
            self.clock.sleep(0.5)
            if at_once:
                alias = self._read_patiently(self.live)
                self._read_patiently(partial(self.give_all_to, version, (version, alias.held_at or version)))
            elif self.find_allocation(self._read_patiently(self.live)):
                self._await_allocation(version)
                deadline = self.clock.monotonic() + self.patience.settle

    def ask_publicly(self, expected: Expected, step: StepNotes) -> SmokeReport:
        return smoke_public(
            self.functions,
            self.probe,
            self.outputs,
            user=self.user,
            expected=expected,
            plan=self.plan,
            clock=self.clock,
            seconds=self.patience.silence,
            read_gateway=lambda: self.gateway,
            say=step.now,
        )

    def _ask_directly(self, version: int, build: str | None) -> SmokeReport:
        return smoke_version(self.functions, version, gateway=self.gateway, user=self.user, build=build, plan=self.plan)

    def _unanswered(self, version: int, silence: HybridctlError) -> Unanswered:
        return Unanswered(
            f"version {version} has all traffic and was proven, but could not be verified: {silence}",
            hint=self._how_to_verify(),
            result=silence.result,
        )

    def _how_to_verify(self) -> str:
        name = self.environment
        return f"hybridctl deploy {name} verifies it and records it; hybridctl smoke {name} only asks"

    def _read_patiently(self, read: Callable[[], T]) -> T:
        """What is read, in spite of a network that is away for a minute; Unanswered when it is for longer."""
        deadline = self.clock.monotonic() + self.patience.silence
        while True:
            try:
                return read()
            except AwsRefused as cause:
                if self.clock.monotonic() >= deadline:
                    raise Unanswered(f"the alias could not be read: {cause}", hint=self._how_to_verify()) from cause
                self.clock.sleep(_LOOK_SECONDS)

    def _try_to_read(self) -> Alias | None:
        try:
            return self.live()
        except BaseException:
            return None


def must_serve(alias: Alias, expected: Collection[int]) -> None:
    """Return if all that the alias serves is expected; AliasMoved when it was moved elsewhere."""
    if {alias.version, *alias.weights} <= set(expected):
        return
    raise AliasMoved(
        f"{alias.name} serves version {alias.version} now: somebody else moved it", hint="hybridctl status"
    )


def describe(cause: BaseException) -> str:
    """What happened, for a message: a mistake of hybridctl's own is named as one."""
    if isinstance(cause, HybridctlError):
        return str(cause)
    return "interrupted" if isinstance(cause, KeyboardInterrupt) else f"unexpected: {type(cause).__name__}: {cause}"


def _is_denied(report: SmokeReport) -> bool:
    said = (*report.log, *(check.detail for check in report.failed))
    return any(word in line for line in said for word in _DENIED)


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
