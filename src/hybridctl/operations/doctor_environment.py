"""Check that an environment is reachable, allowed, complete, and not left half way."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Generic, Protocol, TypeVar

from hybridctl.domain.agreement import ConfiguredFunction
from hybridctl.domain.diagnosis import Finding, fail, ok, warn
from hybridctl.domain.engine import Engine
from hybridctl.domain.environment import Consent, Environment, Names
from hybridctl.domain.function import UNRESERVED_MINIMUM, AccountLimits
from hybridctl.domain.iam.permissions import needs
from hybridctl.domain.identity import Identity
from hybridctl.errors import AwsRefused, EngineMissing, HybridctlError, NotDeployed, WrongAccount
from hybridctl.operations.doctor_check import DoctorCheck
from hybridctl.operations.doctor_settings import look_at_settings
from hybridctl.ports.machine import Checkout
from hybridctl.ports.release import HasFunctions, HasPlace
from hybridctl.ports.resources import HasCaller, HasFunctionSettings
from hybridctl.ports.run import Clock
from hybridctl.ports.terraform import HasFoundation, HasState, HasTerraform

SKEW = timedelta(seconds=60)
REFUSED_SKEW = timedelta(minutes=4)  # AWS refuses what is signed more than five minutes off
_FULL = 0.9
_NETWORK = "check the network, the VPN, and HTTPS_PROXY"
_RESERVED, _PROVISIONED = _TAKES = ("lambda_reserved_concurrency", "lambda_provisioned_concurrency")
_CONCURRENCY_QUOTA = "L-B99A9384"


class EnvironmentPorts(
    HasCaller, HasFoundation, HasFunctions, HasPlace, HasState, HasTerraform, HasFunctionSettings, Protocol
):
    """The ports that the account's check uses."""


Reachable = TypeVar("Reachable", bound=EnvironmentPorts)


@dataclass(frozen=True, slots=True)
class Reached(Generic[Reachable]):
    """The findings of connecting, further checks, and the ports; None if the connection failed."""

    findings: Sequence[Finding]
    checks: Sequence[DoctorCheck] = ()
    backend: Reachable | None = None


def environment_checks(
    environment: Environment,
    names: Names,
    open_backend: Callable[[], Reachable],
    checkout: Checkout,
    clock: Clock,
    function: ConfiguredFunction,
) -> Reached[Reachable]:
    """Return the findings of connecting and the checks to run there: none if it cannot be reached."""
    try:
        backend = open_backend()
        identity = backend.caller.identity()
    except NotDeployed as error:
        return Reached([warn("account", str(error), error.hint or "")])
    except HybridctlError as error:
        hint = error.hint or ""
        fix = _NETWORK if hint.startswith("hybridctl doctor") else hint
        return Reached([fail("account", str(error), fix)])
    reached = [_clock(identity, clock)]
    try:
        place = backend.place
    except WrongAccount as error:
        return Reached([fail("account", str(error), error.hint or ""), *reached])
    where = "the sandbox" if place.endpoint else _short(identity)
    reached.insert(0, ok("account", f"{place.account} in {place.region}, {where}"))
    if place.elsewhere:
        summary = f"calls go to custom endpoints, not to AWS: {', '.join(place.elsewhere)}"
        reached.append(
            warn("endpoint", summary, f"if that is not intended: unset {place.elsewhere[0].partition('=')[0]}")
        )
    looks = _Environment(backend, environment, names, identity, checkout, clock)
    checks = [
        DoctorCheck("permissions", looks.permissions),
        DoctorCheck("bucket", looks.bucket, looks.make_bucket if environment.consent is Consent.NONE else None),
        DoctorCheck("engine's age", looks.engine_age),
        DoctorCheck("settings", lambda: look_at_settings(backend, function)),
        DoctorCheck("quota", looks.quota),
    ]
    return Reached(reached, checks, backend)


@dataclass(eq=False, repr=False)
class _Environment:
    """The checks of one environment that was reached."""

    backend: EnvironmentPorts
    environment: Environment
    names: Names
    identity: Identity
    checkout: Checkout
    clock: Clock

    def permissions(self) -> Finding:
        if self.backend.place.endpoint and self.identity.is_root:
            return ok(
                "permissions",
                "everything is allowed: the sandbox does not evaluate IAM (hybridctl sandbox start --enforce-iam)",
            )
        if self.identity.is_root:
            return warn("permissions", "these are the root user's credentials", "use an IAM role or user instead")
        try:
            missing = [
                (need, denied)
                for need in needs(self.names, self.backend.place)
                if (denied := self.backend.caller.find_denied(self.identity, need))
            ]
        except AwsRefused as error:
            return warn("permissions", f"cannot be simulated ({error}); the reads listed here were tried instead")
        if not missing:
            return ok("permissions", "all actions that a release needs are allowed by the policies")
        refused = "; ".join(f"{need.what}: {', '.join(actions)}" for need, actions in missing)
        fix = f"allow them for {self.identity.arn}"
        if any(need.for_release for need, _ in missing):
            return fail("permissions", f"denied: {refused}", fix)
        return warn("permissions", f"release actions are allowed; denied: {refused}", fix)

    def bucket(self) -> Finding:
        foundation = self.backend.foundation.look()
        if not foundation.missing:
            return ok("bucket", foundation.bucket)
        fix = f"hybridctl bootstrap {self.environment.name}"
        if len(foundation.missing) > 1 and foundation.missing[0].value == "bucket":
            # This is normal before the first deploy. If a function serves, its state is lost.
            judge = warn if self.backend.functions.live() is None else fail
            return judge("bucket", f"there is no state bucket {foundation.bucket}", fix)
        return warn("bucket", f"{foundation.bucket} lacks: {', '.join(part.value for part in foundation.missing)}", fix)

    def make_bucket(self) -> str:
        return f"created: {', '.join(part.value for part in self.backend.foundation.complete())}"

    def engine_age(self) -> Finding:
        """Check that the engine is not older than the one that wrote the state: Terraform refuses such a state."""
        written, engine = self.backend.state.look().engine, self._engine()
        if written and engine and engine.name == "terraform" and _numbers(written) > _numbers(engine.version):
            return fail(
                "engine's age",
                f"the state was written by Terraform {written}, and {engine} cannot read newer states",
                f"install Terraform {written} or newer",
            )
        return ok("engine's age", "at least as new as the state's")

    def _engine(self) -> Engine | None:
        """Return the engine; None if there is none, which a check of its own reports."""
        try:
            return self.backend.terraform.engine()
        except EngineMissing:
            return None

    def quota(self) -> Finding:
        """Check that the account's concurrency covers what the environment reserves and keeps warm."""
        limits = self.backend.function_settings.limits()
        function = self.backend.function_settings.function()
        values = self.checkout.values(self.environment.name)
        wanted = {name: max(0, value) for name in _TAKES if isinstance(value := values.get(name), int)}
        # Provisioned concurrency counts against the reserved one, or else against the account's pool.
        most = max(wanted.values(), default=0)
        minimum = min(UNRESERVED_MINIMUM, limits.concurrency)
        room = limits.room_for(function)
        summary = f"{limits.unreserved} of {limits.concurrency} executions unreserved"
        if most > room:
            needed = limits.concurrency + most - room
            return fail(
                "quota",
                f"{self.environment.name} needs {_needs(wanted)}, and only {room} are "
                f"available: {summary}, and {minimum} must stay unreserved",
                f"{_more(needed)}; until then: hybridctl deploy {self.environment.name} {_within(wanted, room)}",
            )
        if limits.concurrency < UNRESERVED_MINIMUM and not self.backend.place.endpoint:
            return warn("quota", f"{summary}: the limit of a new account", _more(1000))
        return _storage(limits, self.environment.name) or ok("quota", summary)


def _needs(wanted: Mapping[str, int]) -> str:
    words = {_RESERVED: "reserved", _PROVISIONED: "warm"}
    return " and ".join(f"{count} {words[name]}" for name, count in wanted.items() if count)


def _within(wanted: Mapping[str, int], room: int) -> str:
    """Return the project's variables with values that fit."""
    fits = {
        _RESERVED: wanted.get(_RESERVED, 0) if 0 < wanted.get(_RESERVED, 0) <= room else room or -1,
        _PROVISIONED: min(wanted.get(_PROVISIONED, 0), room),
    }
    return " ".join(f"--var {name}={fits[name]}" for name, count in wanted.items() if count)


def _clock(identity: Identity, clock: Clock) -> Finding:
    if identity.at is None:
        return ok("clock", "AWS's response had no date")
    ahead = clock.now() - identity.at
    summary = f"{abs(ahead.total_seconds()):.0f} s {'ahead of' if ahead > timedelta() else 'behind'} AWS's"
    fix = "let the system set the clock: timedatectl set-ntp true"
    if abs(ahead) >= REFUSED_SKEW:
        return fail("clock", f"{summary}: AWS rejects signatures that are five minutes off", fix)
    return warn("clock", summary, fix) if abs(ahead) >= SKEW else ok("clock", f"within {SKEW.seconds} s of AWS's")


def _more(executions: int) -> str:
    """Return the command that requests a higher quota of concurrent executions."""
    return (
        "aws service-quotas request-service-quota-increase --service-code lambda "
        f"--quota-code {_CONCURRENCY_QUOTA} --desired-value {executions}"
    )


def _storage(limits: AccountLimits, environment: str) -> Finding | None:
    if not limits.code_bytes or limits.code_used < _FULL * limits.code_bytes:
        return None
    share = limits.code_used / limits.code_bytes
    fix = f"hybridctl releases prune {environment}"
    return warn("quota", f"{share:.0%} of the account's code storage is used", fix)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("-", maxsplit=1)[0].split(".") if part.isdigit())


def _short(identity: Identity) -> str:
    return f"as {identity.role or identity.arn.rpartition('/')[2].rpartition(':')[2]}"
