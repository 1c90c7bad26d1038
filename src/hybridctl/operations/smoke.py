"""Run the end-to-end checks, positive and negative, by HTTP or by direct invocation."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Protocol

from hybridctl.domain.api_event import DEFAULT, Gateway
from hybridctl.domain.counting import count_noun
from hybridctl.domain.outputs import Outputs
from hybridctl.domain.smoke import (
    Answer,
    Call,
    Check,
    SmokePlan,
    SmokeReport,
    difference,
    direct_event,
    read_invocation,
)
from hybridctl.errors import CheckFailed, HybridctlError, NoAnswer, NotDeployed, VersionNotFound
from hybridctl.operations.asking import Persistent
from hybridctl.ports.release import Functions, HasFunctions, HasPlace, HasProbe, HasRules, HttpProbe
from hybridctl.ports.resources import HasHttpApis, HttpApis
from hybridctl.ports.run import Clock
from hybridctl.ports.terraform import HasState

_LOG_LINES = 20


class PublicPorts(HasFunctions, HasHttpApis, HasProbe, Protocol):
    """The ports that a request to the public endpoint uses."""


class SmokePorts(PublicPorts, HasPlace, HasRules, HasState, Protocol):
    """The ports that the smoke suite uses."""


@dataclass
class Direct:
    """Calls to one version by direct invocation; `log` keeps the function's output of failed calls."""

    functions: Functions
    version: int
    gateway: Gateway
    log: list[str] = field(default_factory=list)

    def __call__(self, call: Call) -> Answer:
        ran = self.functions.invoke(self.version, direct_event(call, self.gateway))
        answer = read_invocation(call, ran)
        if (ran.error or answer.status >= 500) and not self.log:  # the first says it; the others repeat it
            self.log.extend(ran.log)
        return answer


@dataclass
class Public:
    """Calls that take the users' path: the public endpoint, or the alias if there is no endpoint.

    An event always goes through the alias.
    """

    probe: HttpProbe
    functions: Functions
    outputs: Outputs
    read_gateway: Callable[[], Gateway]

    def __call__(self, call: Call) -> Answer:
        if self.outputs.has_api and call.event is None:
            return self.probe.call(self.outputs.endpoint, call)
        event = direct_event(call, self.read_gateway())
        return read_invocation(call, self.functions.invoke_alias(event))


def public_of(backend: PublicPorts, outputs: Outputs, clock: Clock) -> Public:
    gateway = cache(lambda: read_gateway(backend.http_apis, outputs, clock))
    return Public(backend.probe, backend.functions, outputs, gateway)


@dataclass(frozen=True, slots=True)
class Expected:
    """The version and build that must answer; None accepts any version."""

    version: int | None = None
    build: str | None = None


def run_suite(
    target: str,
    ask: Callable[[Call], Answer],
    *,
    user: str,
    expected: Expected,
    plan: SmokePlan,
    open_session: Callable[[Call], Answer] | None = None,
) -> SmokeReport:
    """Run every check, even after a failure; `open_session` creates the session if `ask` must not."""
    suite = _Suite(ask, expected, plan)
    if plan.questions:
        for one in plan.questions:
            suite.check(one.name, one.call, one.status, one.expect)
        return suite.report(target)
    suite.check("health", Call("GET", "/health"), 200, {"status": "healthy", "version": str})
    suite.check("table health", Call("GET", "/health?deep=1"), 200, {"status": "healthy"})
    suite.check("unknown route returns 404", Call("GET", "/no-such-route"), 404, {"error": dict})
    session = _open(suite, open_session or ask, user)
    missing = "" if session else "skipped: there is no session"
    bearer = {"authorization": f"Bearer {session}"}
    known = Call("POST", "/auth/validate", {"session_id": session})
    suite.check("session is valid", known, 200, {"valid": True, "user_id": user}, missing=missing)
    forged = Call("POST", "/auth/validate", {"session_id": "A" * 43})
    suite.check("forged session is not valid", forged, 200, {"valid": False})
    suite.check("device list", Call("GET", "/auth/sessions", headers=bearer), 200, {"sessions": list}, missing=missing)
    suite.check("log out", Call("DELETE", "/auth/session", headers=bearer), None, {}, missing=missing)
    suite.check("session is invalid after logout", known, 200, {"valid": False}, missing=missing)
    return suite.report(target)


def _open(suite: "_Suite", ask: Callable[[Call], Answer], user: str) -> str:
    body = {
        "user_id": user,
        "provider": "google",
        "oauth_tokens": {"access_token": "smoke"},
        "user_info": {"email": "smoke@example.com"},
    }
    created = suite.check(
        "session is created",
        Call("POST", "/auth/session", body),
        201,
        {"session_id": str, "user_id": user, "expires_at": int},
        ask=ask,
    )
    found = created.json() if created else None
    return str(found.get("session_id", "")) if isinstance(found, dict) else ""


class _Suite:
    def __init__(self, ask: Callable[[Call], Answer], expected: Expected, plan: SmokePlan) -> None:
        self._ask = ask
        self._expected = expected
        self._plan = plan
        self._checks: list[Check] = []
        self._seen: dict[str, str] = {}

    def check(
        self,
        name: str,
        call: Call,
        status: int | None,
        members: Mapping[str, Any],
        *,
        ask: Callable[[Call], Answer] | None = None,
        missing: str = "",
    ) -> Answer | None:
        """Make a call, judge the answer, and remember who answered; a `status` of None accepts any success.

        If something needed for the call is `missing`, the check fails without a call. AwsRefused (denied, throttled,
        disconnected) says nothing about the function, and ends the suite.
        """
        if missing:
            answered = all(check.answered for check in self._checks)  # else it is missing for want of an answer
            self._checks.append(Check(name, ok=False, milliseconds=0, detail=missing, answered=answered))
            return None
        try:
            answer = (ask or self._ask)(call)
        except CheckFailed as error:
            answered = not isinstance(error, NoAnswer)
            self._checks.append(Check(name, ok=False, milliseconds=0, detail=str(error), answered=answered))
            return None
        wanted = status if status is not None else (answer.status if 200 <= answer.status < 300 else 200)
        wrong = difference(answer, wanted, members) or self._wrong_origin(answer)
        self._checks.append(Check(name, ok=not wrong, milliseconds=round(answer.seconds * 1000, 1), detail=wrong))
        return answer

    def report(self, target: str) -> SmokeReport:
        return SmokeReport(target, tuple(self._checks), self._seen.get("version"), self._seen.get("build"))

    def _wrong_origin(self, answer: Answer) -> str:
        """Return why the answer came from the wrong version or build; every answer carries both."""
        for what, header, wanted in (
            ("version", "x-function-version", self._expected.version),
            ("build", "x-build", self._expected.build),
        ):
            found = answer.headers.get(header)
            if found is not None:
                self._seen.setdefault(what, found)
            elif not self._plan.names_version:
                continue  # it was compared with the alias, and with CodeSha256, before
            if wanted is not None and found != str(wanted):
                return f"answered by {what} {found or 'unknown'}, expected {wanted}"
        return ""


def smoke_version(
    functions: Functions, version: int, *, gateway: Gateway, user: str, build: str | None, plan: SmokePlan
) -> SmokeReport:
    """Return a caller that invokes one version directly, with or without traffic."""
    ask = Direct(functions, version, gateway)
    report = run_suite(
        f"version {version}, invoked directly", ask, user=user, expected=Expected(version, build), plan=plan
    )
    lines = tuple(line for line in ask.log if line.strip())[-_LOG_LINES:]
    return SmokeReport(report.target, report.checks, report.version, report.build, lines)


def read_gateway(http_apis: HttpApis, outputs: Outputs, clock: Clock) -> Gateway:
    """Return what the API adds to a request. If the routes cannot be read, the proof guesses their keys."""
    api = str(outputs.values.get("api_id", ""))
    keys: tuple[str, ...] = ()
    with suppress(HybridctlError):
        keys = tuple(route.key for route in (http_apis.routes(api) if api else None) or ())
    account, region = (str(outputs.values.get(name, "")) for name in ("account_id", "region"))
    stage = outputs.text("api_stage") if outputs.has_api else DEFAULT
    return Gateway(stage, clock.now(), keys, api, account, region)


def must_be_green(report: SmokeReport, *, hint: str | None = None) -> SmokeReport:
    """Return the report; raises CheckFailed naming the first failed check."""
    if report.ok:
        return report
    first = report.failed[0]
    if report.is_silent:
        raise NoAnswer(f"smoke: {first.detail}", hint=hint or "hybridctl doctor", result=report)
    raise CheckFailed(
        f"smoke: {len(report.failed)} of {count_noun(len(report.checks), 'check')} failed, "
        f"first {first.name!r}: {first.detail}",
        hint=hint or "hybridctl logs --since 5m",
        result=report,
    )


def smoke_environment(backend: SmokePorts, clock: Clock, version: int | None, user: str) -> SmokeReport:
    """Run the suite on a deployed environment: on its public endpoint, or on one version of its function."""
    outputs = backend.state.outputs()
    name = backend.place.environment
    if outputs is None:
        raise NotDeployed(f"{name} is not deployed: there is nothing to test", hint=f"hybridctl deploy {name}")
    if version is not None:
        if version not in [one.number for one in backend.functions.versions()]:
            raise VersionNotFound(
                f"version {version} of {outputs.function} is not published", hint="hybridctl releases"
            )
        gateway = read_gateway(backend.http_apis, outputs, clock)
        return smoke_version(
            backend.functions, version, gateway=gateway, user=user, build=None, plan=backend.rules.smoke
        )
    return smoke_public(
        backend.functions,
        backend.probe,
        outputs,
        user=user,
        expected=Expected(),
        plan=backend.rules.smoke,
        clock=clock,
        seconds=backend.rules.patience.silence,
        read_gateway=lambda: read_gateway(backend.http_apis, outputs, clock),
    )


def smoke_public(
    functions: Functions,
    probe: HttpProbe,
    outputs: Outputs,
    *,
    user: str,
    expected: Expected,
    plan: SmokePlan,
    clock: Clock,
    seconds: float,
    read_gateway: Callable[[], Gateway],
    say: Callable[[str], None] = lambda _: None,
) -> SmokeReport:
    """Run the suite through the public endpoint, and retry unanswered calls for `seconds`.

    If a session requires a provider's token, it is created by direct invocation.
    """
    open_session = None
    if outputs.values.get("token_verification") == "provider":
        alias = functions.live()
        open_session = Direct(functions, alias.version, read_gateway()) if alias else None
    public = Public(probe, functions, outputs, read_gateway)
    ask = Persistent(public, clock, seconds, say, names_version=plan.names_version)
    report = run_suite(outputs.endpoint, ask, user=user, expected=expected, plan=plan, open_session=open_session)
    return replace(report, notes=tuple(ask.notes))
