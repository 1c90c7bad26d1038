"""What an environment must be: reachable, allowed, whole, and not left half way."""

from collections.abc import Callable, Sequence
from datetime import timedelta

from hybridctl.domain.agreement import FunctionSettings
from hybridctl.domain.diagnosis import Finding, fail, ok, warn
from hybridctl.domain.engine import Engine
from hybridctl.domain.environment import Consent, Environment, Names
from hybridctl.domain.function import UNRESERVED_MINIMUM, AccountLimits
from hybridctl.domain.iam.permissions import needs
from hybridctl.domain.identity import Identity
from hybridctl.domain.stored_state import StateKind
from hybridctl.errors import AwsRefused, EngineMissing, HybridctlError, NotDeployed, WrongAccount
from hybridctl.operations.doctor_check import Check
from hybridctl.operations.doctor_deployed import deployed_checks
from hybridctl.operations.doctor_settings import look_at_settings
from hybridctl.operations.recorded import close_dead
from hybridctl.operations.tfstate import find_lock, how_to_unlock
from hybridctl.ports import Backend, Checkout, Clock

SKEW = timedelta(seconds=60)
REFUSED_SKEW = timedelta(minutes=4)  # AWS refuses what is signed more than five minutes off
OLD_LOCK = timedelta(minutes=15)
_FULL = 0.9
_NETWORK = "check the network, the VPN, and HTTPS_PROXY"
_CONCURRENCY_QUOTA = "L-B99A9384"


def environment_checks(
    environment: Environment,
    names: Names,
    open_backend: Callable[[], Backend],
    checkout: Checkout,
    clock: Clock,
    function: FunctionSettings,
) -> tuple[Sequence[Finding], Sequence[Check]]:
    """What reaching the environment showed, and what to look at there: nothing, where it cannot be reached."""
    name = environment.name
    try:
        backend = open_backend()
        identity = backend.caller.identity()
    except NotDeployed as error:
        return [warn("account", str(error), error.hint or "")], []
    except HybridctlError as error:
        hint = error.hint or ""
        fix = _NETWORK if hint.startswith("hybridctl doctor") else hint
        return [fail("account", str(error), fix)], []
    reached = [_clock(identity, clock)]
    try:
        place = backend.place
    except WrongAccount as error:
        return [fail("account", str(error), error.hint or ""), *reached], []
    where = "the sandbox" if place.endpoint else _short(identity)
    reached.insert(0, ok("account", f"{place.account} in {place.region}, {where}"))
    if place.elsewhere:
        told = f"calls do not go to AWS itself: {', '.join(place.elsewhere)}"
        reached.append(warn("endpoint", told, f"unset {place.elsewhere[0].partition('=')[0]}, if that is not meant"))
    looks = _Environment(backend, environment, names, identity, checkout, clock)
    checks = [
        Check("permissions", looks.permissions),
        Check("bucket", looks.bucket, looks.make_bucket if environment.consent is Consent.NONE else None),
        Check("state", looks.state),
        Check("lock", looks.lock),
        Check("release", looks.release, looks.give_up_dead_release),
        Check("quota", looks.quota),
    ]
    try:
        outputs = backend.state.outputs()
        laid_down = backend.state.laid_down() if outputs else None
    except HybridctlError:
        return reached, checks  # the check of the state says why
    if outputs is None or laid_down is None:
        hint = f"hybridctl deploy {name}"
        return [*reached, warn("deployed", f"{name} is not deployed yet", hint)], checks
    settings = Check("settings", lambda: look_at_settings(backend, function, outputs))
    return reached, [*checks, settings, *deployed_checks(backend, clock, outputs, laid_down)]


class _Environment:
    """The looks at one environment that was reached."""

    def __init__(
        self,
        backend: Backend,
        environment: Environment,
        names: Names,
        identity: Identity,
        checkout: Checkout,
        clock: Clock,
    ) -> None:
        self._backend = backend
        self._environment = environment
        self._names = names
        self._identity = identity
        self._checkout = checkout
        self._clock = clock
        self._deploy = f"hybridctl deploy {environment.name}"

    def permissions(self) -> Finding:
        if self._backend.place.endpoint:
            return ok("permissions", "the sandbox allows everything")
        if self._identity.is_root:
            return warn("permissions", "these are the root user's credentials", "work as a role or a user of your own")
        try:
            missing = [
                (need, denied)
                for need in needs(self._names, self._backend.place)
                if (denied := self._backend.caller.denied(self._identity, need))
            ]
        except AwsRefused as error:
            return warn("permissions", f"cannot be simulated ({error}); the reads beside this were tried instead")
        if not missing:
            return ok("permissions", "what a release calls is allowed, as far as policies tell")
        told = "; ".join(f"{need.what}: {', '.join(actions)}" for need, actions in missing)
        fix = f"allow them to {self._identity.arn}"
        if any(need.for_release for need, _ in missing):
            return fail("permissions", f"denied: {told}", fix)
        return warn("permissions", f"what a release calls is allowed; denied: {told}", fix)

    def bucket(self) -> Finding:
        found = self._backend.foundation.look()
        if not found.missing:
            return ok("bucket", found.bucket)
        fix = f"hybridctl bootstrap {self._environment.name}"
        if len(found.missing) > 1 and found.missing[0].value == "bucket":
            # Before the first deploy that is as it should be; where a function serves, its state is lost.
            judge = warn if self._backend.functions.live() is None else fail
            return judge("bucket", f"there is no state bucket {found.bucket}", fix)
        return warn("bucket", f"{found.bucket} lacks: {', '.join(part.value for part in found.missing)}", fix)

    def make_bucket(self) -> str:
        found = self._backend.foundation.look()
        for part in found.missing:
            self._backend.foundation.make(part)
        return f"made: {', '.join(part.value for part in found.missing)}"

    def state(self) -> Finding:
        left = self._backend.terraform.errored_state()
        if left is not None:
            return fail(
                "state",
                f"an apply could not write its state and left it in {left}",
                f"hybridctl state push {self._environment.name}",
            )
        deploy = f"hybridctl deploy {self._environment.name}"
        stored = self._backend.state.look()
        if stored.kind is StateKind.ABSENT:
            return ok("state", "none yet")
        if stored.kind is StateKind.WITHOUT_OUTPUTS:
            return fail("state", f"{stored.resources} resources and no outputs: the first apply did not finish", deploy)
        self._backend.state.position()  # of a state that cannot be understood it says why and what to do
        written, engine = stored.engine, self._engine()
        if written and engine and engine.name == "terraform" and _numbers(written) > _numbers(engine.version):
            return fail(
                "state",
                f"was written by Terraform {written}, and {engine} refuses newer ones",
                f"install Terraform {written} or newer",
            )
        return ok("state", f"serial {stored.serial}")

    def _engine(self) -> Engine | None:
        """The engine; None where there is none, which a look of its own tells."""
        try:
            return self._backend.terraform.engine()
        except EngineMissing:
            return None

    def lock(self) -> Finding:
        lock = find_lock(self._backend)
        if lock is None:
            return ok("lock", "the state is free")
        holder = f"an unknown holder: {lock.unreadable}" if lock.unreadable else f"{lock.who} ({lock.work})"
        held = f"held for {lock.age / 60:.0f} min by {holder}{', whose engine is dead' if lock.is_dead else ''}"
        is_bad = lock.is_dead or bool(lock.unreadable) or timedelta(seconds=lock.age) > OLD_LOCK
        return (fail if is_bad else warn)("lock", held, how_to_unlock(lock, self._environment.name))

    def release(self) -> Finding:
        claim = self._backend.journal.claim()
        if claim is None:
            return ok("release", "none is under way")
        release, name = claim.release, self._environment.name
        told = f"{release.kind} {release.id} of {release.actor} on {release.host}"
        if release.rollout is not None:
            fix = f"hybridctl promote {name}, or hybridctl abort {name}"
            return warn("release", f"{told} shares the traffic ({release.rollout.strategy})", fix)
        if claim.orphaned:
            return fail("release", f"{told} has died half way", f"hybridctl doctor {name} --fix, then {self._deploy}")
        return warn("release", f"{told} is under way", f"hybridctl status {name}")

    def give_up_dead_release(self) -> str:
        closed = close_dead(self._backend)
        return f"gave up {closed.id}" if closed else "nothing: it is not known to be dead"

    def quota(self) -> Finding:
        """Whether the account has room for what the environment reserves: 100 must stay with nobody."""
        limits = self._backend.function_settings.limits()
        function = self._backend.function_settings.function()
        own = (function.reserved if function else None) or 0
        values = self._checkout.values(self._environment.name)
        wanted = values.get("lambda_reserved_concurrency", -1)
        wanted = wanted if isinstance(wanted, int) and wanted > 0 else 0
        room = limits.unreserved + own - UNRESERVED_MINIMUM
        told = f"{limits.unreserved} of {limits.concurrency} executions unreserved"
        if wanted and wanted > room:
            needed = limits.concurrency + wanted - room
            return fail(
                "quota",
                f"{self._environment.name} reserves {wanted} executions, and only {max(0, room)} can be: {told}, "
                f"{UNRESERVED_MINIMUM} must stay so",
                f"{_more(needed)}; until then: {self._deploy} "
                f"--var lambda_reserved_concurrency={room if room > 0 else -1}",
            )
        if limits.concurrency < UNRESERVED_MINIMUM and not self._backend.place.endpoint:
            return warn("quota", f"{told}: that is a new account's", _more(1000))
        return _storage(limits, self._environment.name) or ok("quota", told)


def _clock(identity: Identity, clock: Clock) -> Finding:
    if identity.at is None:
        return ok("clock", "AWS's answer told no time")
    ahead = clock.now() - identity.at
    told = f"{abs(ahead.total_seconds()):.0f} s {'ahead of' if ahead > timedelta() else 'behind'} AWS's"
    fix = "let the system set its clock: timedatectl set-ntp true"
    if abs(ahead) >= REFUSED_SKEW:
        return fail("clock", f"{told}: AWS refuses what is signed five minutes off", fix)
    return warn("clock", told, fix) if abs(ahead) >= SKEW else ok("clock", f"within {SKEW.seconds} s of AWS's")


def _more(executions: int) -> str:
    """The command that asks AWS for a higher quota of concurrent executions."""
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
