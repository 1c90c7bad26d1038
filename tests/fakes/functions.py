import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from fakes.clock import NOON, FakeClock
from hybridctl.domain.api_event import Gateway
from hybridctl.domain.invocation import Invocation
from hybridctl.domain.package import sha256_of
from hybridctl.domain.provisioned import Provisioned
from hybridctl.domain.release import Alias, Version
from hybridctl.domain.smoke import Answer, direct_event
from hybridctl.domain.smoke_plan import Call
from hybridctl.errors import AliasMoved, AwsRefused, FunctionBusy, HybridctlError, NoAnswer, VersionNotFound

BUILD = "b" * 16


def publish_version(number: int) -> Version:
    return Version(number, f"sha-{number}", 48_000, datetime(2026, 3, 1, tzinfo=UTC), 512)


def _read_request(event: Mapping[str, Any]) -> tuple[str, str]:
    """Method and path of a request, without the stage that API Gateway puts in front."""
    http = event["requestContext"]["http"]
    return http["method"], str(http["path"]).removeprefix(f"/{event['requestContext']['stage']}")


@dataclass
class FakeHandler:
    """The backend's answers, for one version: good ones, unless a route is named in `broken`."""

    version: int
    build: str = BUILD
    broken: set[str] = field(default_factory=set)
    sessions: dict[str, str] = field(default_factory=dict)

    def answer(self, event: Mapping[str, Any]) -> dict[str, Any]:
        method, path = _read_request(event)
        status, body = self._route(method, path, json.loads(event.get("body") or "{}"), event["headers"])
        headers = {"x-function-version": str(self.version), "x-build": self.build}
        return {"statusCode": status, "headers": headers, "body": json.dumps(body)}

    def _route(self, method: str, path: str, body: Any, headers: Mapping[str, str]) -> tuple[int, Any]:
        if f"{method} {path}" in self.broken:
            return 500, {"error": {"code": "internal", "message": "broken"}}
        bearer = headers.get("authorization", "").removeprefix("Bearer ")
        match method, path:
            case "GET", "/health":
                return 200, {"status": "healthy", "version": "0.1.0"}
            case "POST", "/auth/session":
                self.sessions["s1"] = body["user_id"]
                return 201, {"session_id": "s1", "user_id": body["user_id"], "expires_at": 1}
            case "POST", "/auth/validate" if body["session_id"] in self.sessions:
                return 200, {"valid": True, "user_id": self.sessions["s1"], "expires_at": 1}
            case "POST", "/auth/validate":
                return 200, {"valid": False}
            case "GET", "/auth/sessions":
                return 200, {"sessions": []}
            case "DELETE", "/auth/session":
                self.sessions.pop(bearer, None)
                return 200, {}
        return 404, {"error": {"code": "not_found", "message": "no such route"}}


@dataclass
class FakeAllocation:
    """Lambda's allocation of provisioned concurrency after a move, in the time of `clock`.

    `harsh`: it also keeps the traffic at a version that had only just been moved away from.
    """

    clock: FakeClock
    seconds: float = 90.0
    wanted: int = 2
    fails: bool = False
    harsh: bool = False
    warm: int = 1
    until: datetime | None = None

    def read_after_move(self, alias: Alias, before: Alias) -> Alias:
        """What the alias reads right after a move: Lambda's weights, where its version is not warm."""
        if alias.version == before.version:
            return alias
        if alias.version == self.warm and not self.harsh:
            self.until = None
            return alias
        self.until = self.clock.now() + timedelta(seconds=self.seconds)
        return replace(alias, weights={before.version: 1.0})

    @property
    def is_done(self) -> bool:
        return self.until is None or (not self.fails and self.clock.now() >= self.until)

    @property
    def state(self) -> Provisioned:
        if self.is_done:
            return Provisioned(self.wanted, self.wanted, "READY")
        failed = self.fails and self.until is not None and self.clock.now() >= self.until
        return Provisioned(self.wanted, 0, "FUNCTION_ERROR_INIT_FAILURE" if failed else "IN_PROGRESS")


@dataclass
class FakeFunctions:
    """Published versions with a handler each, and one alias whose revision counts its moves.

    `code` is the CodeSha256 of versions that do not run the package; with `stuck_code` no upload changes it.
    `cold_starts` are those that a version's next calls of its health will meet; `throttled_after` counts invocations.
    """

    alias: Alias | None = None
    handlers: dict[int, FakeHandler] = field(default_factory=dict)
    moves: list[tuple[int, dict[int, float]]] = field(default_factory=list)
    moved_by_others: bool = False
    busy: int = 0
    stale_reads: int = 0
    before: Alias | None = None
    packages: dict[int, Mapping[str, bytes]] = field(default_factory=dict)
    warm: Provisioned | None = None
    cold_starts: dict[int, int] = field(default_factory=dict)
    answered: int = 0
    throttled_after: int | None = None
    code: dict[int, str] = field(default_factory=dict)
    stuck_code: str | None = None
    allocation: FakeAllocation | None = None
    served: list[tuple[datetime, int]] = field(default_factory=list)
    payloads: list[Any] = field(default_factory=list)

    def live(self) -> Alias | None:
        self._settle()
        if self.before and self.stale_reads:
            self.stale_reads -= 1
            return self.before
        return self.alias

    def read_provisioned(self) -> Provisioned | None:
        self._settle()
        return self.allocation.state if self.allocation else self.warm

    def serving(self) -> int:
        """The version that requests reach now."""
        self._settle()
        assert self.alias is not None
        return self.alias.served

    def _settle(self) -> None:
        allocation = self.allocation
        if allocation and self.alias and allocation.until and allocation.is_done:
            allocation.until, allocation.warm = None, self.alias.version
            self.alias = replace(self.alias, weights={}, revision=f"{self.alias.revision}-warm")
            self._note()

    def _note(self) -> None:
        if self.allocation and self.alias:
            self.served.append((self.allocation.clock.now(), self.alias.served))

    def versions(self) -> Sequence[Version]:
        return [publish_version(number) for number in sorted(self.handlers)]

    def read_version(self, version: int) -> Version:
        if version not in self.handlers:
            raise VersionNotFound(f"reading version {version}: no such version")
        return replace(publish_version(version), sha256=self.code.get(version, sha256_of(b"zip")))

    def upload(self, content: bytes) -> Version:
        number = max(self.handlers) + 1
        self.handlers[number] = FakeHandler(number)
        self.code[number] = self.stuck_code or sha256_of(content)
        return self.read_version(number)

    def wait_until_ready(self, version: int, wake: Mapping[str, Any]) -> None:
        assert version in self.handlers

    def move(self, alias: Alias, *, to: int, weights: Mapping[int, float]) -> Alias:
        assert self.alias is not None
        if to not in self.handlers:
            raise VersionNotFound(f"moving the alias to version {to}: no such version")
        if self.busy:
            self.busy -= 1
            raise FunctionBusy("moving the alias: another change of the function is in progress", hint="wait")
        if self.moved_by_others or alias.revision != self.alias.revision:
            raise AliasMoved("moving the alias live: someone else moved it at the same time", hint="hybridctl status")
        self.moves.append((to, dict(weights)))
        self.before = self.alias
        self.alias = replace(self.alias, version=to, weights=dict(weights), revision=f"r{len(self.moves)}")
        if self.allocation:
            self.alias = self.allocation.read_after_move(self.alias, self.before)
        self._note()
        return self.alias

    def package(self, version: int) -> Mapping[str, bytes]:
        return self.packages[version]

    def remove(self, version: int) -> None:
        assert self.alias is None or version not in (self.alias.version, *self.alias.weights)
        self.handlers.pop(version, None)

    def invoke_once(self, version: int, payload: Any) -> Invocation:
        """As `invoke`; an event that is not a request makes the function fail as Lambda reports it."""
        if isinstance(payload, dict) and "requestContext" in payload:
            return self.invoke(version, payload)
        self.payloads.append(payload)
        failure = {"errorMessage": "'requestContext'", "errorType": "KeyError"}
        return Invocation(str(version), failure, 0.012, "Unhandled", ("[ERROR] KeyError: 'requestContext'",))

    def invoke_alias(self, event: Mapping[str, Any]) -> Invocation:
        return self.invoke(self.serving(), event)

    def invoke(self, version: int, event: Mapping[str, Any]) -> Invocation:
        if self.answered == self.throttled_after:
            raise AwsRefused("invoking: TooManyRequestsException: Rate Exceeded.")
        self.answered += 1
        payload = self.handlers[version].answer(event)
        metrics = '{"_aws": {"CloudWatchMetrics": []}, "ColdStarts": 1}'
        said = ["START RequestId: 1", '{"level":"ERROR","message":"broken"}', metrics]
        log = said if payload["statusCode"] >= 500 else []
        if _read_request(event) == ("GET", "/health") and (left := self.cold_starts.get(version)):
            self.cold_starts[version] = left - 1
            log.append("REPORT RequestId: 1\tDuration: 3.10 ms\tInit Duration: 212.00 ms\t")
        return Invocation(str(version), payload, 0.004, None, tuple(log))


@dataclass
class FakeProbe:
    """The public endpoint: the live version's answers, but for the routes in `broken`."""

    functions: FakeFunctions
    broken: dict[int, set[str]] = field(default_factory=dict)
    interrupt: bool = False
    down: bool = False
    calls: list[Call] = field(default_factory=list)
    allows: set[str] = field(default_factory=set)
    lost: set[int] = field(default_factory=set)
    is_silent: bool = False
    trouble: Callable[[Call], None] | None = None
    prepared: list[str | None] = field(default_factory=list)
    unusable: HybridctlError | None = None

    def prepare(self, base: str | None = None) -> None:
        self.prepared.append(base)
        if self.unusable:
            raise self.unusable

    def call(self, base: str, call: Call) -> Answer:
        assert base.startswith("http")
        self.calls.append(call)
        if self.trouble:
            self.trouble(call)
        if len(self.calls) in self.lost:
            raise NoAnswer(f"{call.method} {base}{call.path}: no response: Temporary failure in name resolution")
        if call.method == "OPTIONS":
            return self._preflight(call.headers["origin"])
        if self.is_silent:
            raise NoAnswer(f"{call.method} {base}{call.path}: no response: Connection refused")
        alias = self.functions.alias
        if self.down or alias is None or alias.version not in self.functions.handlers:
            return Answer(503, {"apigw-requestid": "r"}, '{"message":"Service Unavailable"}', 0.004)
        if self.interrupt:
            raise KeyboardInterrupt
        version = self.functions.serving()
        handler = self.functions.handlers[version]
        broken = handler.broken | self.broken.get(version, set())
        payload = replace(handler, broken=broken).answer(direct_event(call, Gateway("local", NOON)))
        return Answer(payload["statusCode"], payload["headers"], payload["body"], 0.004)

    def _preflight(self, origin: str) -> Answer:
        """As an HTTP API: 204 for everybody, and headers for the origins it allows."""
        found = {"origin": origin, "methods": "DELETE,GET,POST", "headers": "authorization,content-type"}
        headers = {f"access-control-allow-{name}": value for name, value in found.items()}
        return Answer(204, headers if origin in self.allows else {}, "", 0.002)
