"""The end-to-end suite: positive and negative questions, whoever is asked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hybridctl.domain.counting import count_noun
from hybridctl.domain.smoke import Answer, Check, SmokeReport, difference
from hybridctl.domain.smoke_plan import Call, SmokePlan
from hybridctl.errors import CheckFailed, NoAnswer


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
    session = created.json() if created else None
    return str(session.get("session_id", "")) if isinstance(session, dict) else ""


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
            answered = all(check.answered for check in self._checks)  # otherwise a check that got no answer left it out
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
            value = answer.headers.get(header)
            if value is not None:
                self._seen.setdefault(what, value)
            elif not self._plan.names_version:
                continue  # it was compared with the alias, and with CodeSha256, before
            if wanted is not None and value != str(wanted):
                return f"answered by {what} {value or 'unknown'}, expected {wanted}"
        return ""


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
