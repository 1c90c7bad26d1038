"""CORS origins: what a browser sends, what the API allows, and why they do not match.

Sources: fetch.spec.whatwg.org/#cors-preflight-fetch, html.spec.whatwg.org/#ascii-serialisation-of-an-origin.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from hybridctl.domain.troubles.answer import Remedy, TroubleAnswer, TroubleEvidence, remedy_by_deploy, remedy_by_look
from hybridctl.errors import UsageInvalid

ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:[1-9][0-9]{0,4})?")  # like the HCL, which also rejects default ports
NO_ORIGIN = "null"  # the origin of a page from a file or in a sandboxed frame
_DEFAULT_PORTS = {"http": 80, "https": 443}
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
_METHODS_OF_ANY = ("GET", "POST")
_SENT = {  # headers for the built-in handler's routes (lambda_src/backend/routes.py)
    "GET /health": (),
    "POST /auth/session": ("content-type",),
    "DELETE /auth/session": ("authorization",),
    "POST /auth/validate": ("content-type",),
    "GET /auth/sessions": ("authorization",),
    "DELETE /auth/sessions": ("authorization",),
}


@dataclass(frozen=True, slots=True)
class PreflightQuestion:
    """A browser's preflight question: may these routes be called with this method and these headers?"""

    method: str
    headers: tuple[str, ...]
    routes: tuple[str, ...]

    @property
    def path(self) -> str:
        """A path of the first route, with example values for its variables."""
        return re.sub(r"\{[^}]*\}", "x", self.routes[0].partition(" ")[2]) or "/"

    @property
    def name(self) -> str:
        return " ".join([self.method, *(["with", " and ".join(self.headers)] if self.headers else [])])


@dataclass(frozen=True, slots=True)
class Preflight:
    """The API's answer to a preflight request. Fields are empty if the answer does not contain them."""

    status: int
    allowed: str = ""
    methods: str = ""
    headers: str = ""

    def allows_origin(self, origin: str) -> bool:
        return 200 <= self.status < 300 and self.allowed in (origin, "*")

    def lacks(self, method: str, headers: Iterable[str]) -> list[str]:
        """Return the method and headers that the answer does not allow."""
        methods = {one.strip().upper() for one in self.methods.split(",")}
        named = {one.strip().lower() for one in self.headers.split(",")}
        # "*" does not include Authorization, and the method of a simple request does not have to be listed.
        lacking = [] if {method, "*"} & methods or method in ("GET", "HEAD", "POST") else [method]
        return lacking + [one for one in headers if one not in named and ("*" not in named or one == "authorization")]


@dataclass(frozen=True, slots=True)
class Configured:
    """The API's CORS settings in Terraform's state."""

    origins: Sequence[str] = ()
    methods: Sequence[str] = ()
    headers: Sequence[str] = ()

    def has(self, wanted: Sequence[str]) -> bool:
        known = {one.lower() for one in (*self.methods, *self.headers)}
        return "*" in known or all(one.lower() in known for one in wanted)


def questions_for(routes: Iterable[str]) -> list[PreflightQuestion]:
    """Return one question for each distinct method and set of headers of the API's routes, such as "POST
    /auth/session".

    For routes that are not the built-in handler's, pages are assumed to send a content type with a body and no other
    header.
    """
    routes_by_request: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for route in sorted(routes) or sorted(_SENT):
        method, _, path = route.partition(" ")
        for one in _METHODS_OF_ANY if method in ("ANY", "$default") else (method,):
            headers = _SENT.get(route, ("content-type",) if one in _WITH_BODY else ())
            if one != "OPTIONS":
                routes_by_request.setdefault((one, headers), []).append(f"{one} {path or '/'}")
    return [PreflightQuestion(method, headers, tuple(of)) for (method, headers), of in routes_by_request.items()]


def check_origin(text: str) -> str:
    """Return the origin if a browser sends it in this form. Raises UsageInvalid, which shows the form that a browser
    sends.
    """
    sent = _as_sent(text)
    if sent == text:
        return text
    hint = f"a browser would send {sent}" if sent else "for example https://app.example.com"
    raise UsageInvalid(f"--origin {text}: an origin is scheme://host[:port], as browsers send it", hint=hint)


def _as_sent(text: str) -> str | None:
    """Return the origin that a browser sends for a URL (lower case, no default port, ASCII), or None if it has none."""
    if text.strip().lower() == NO_ORIGIN:
        return NO_ORIGIN
    try:
        parts = urlsplit(text.strip() if "://" in text else f"https://{text.strip()}")
        host, port = (parts.hostname or "").encode("idna").decode(), parts.port
    except (ValueError, UnicodeError):
        return None
    shown = "" if port is None or port == _DEFAULT_PORTS.get(parts.scheme) else f":{port}"
    origin = f"{parts.scheme}://{host}{shown}"
    return origin if ORIGIN.fullmatch(origin) else None


def judge_cors(
    environment: str, origin: str, configured: Configured, asked: Sequence[tuple[PreflightQuestion, Preflight]]
) -> TroubleAnswer:
    """Judge the origin from one preflight answer for each question."""
    listed = origin in configured.origins or "*" in configured.origins
    evidence = (
        *(_judge(question, preflight, origin) for question, preflight in asked),
        TroubleEvidence("configured", ", ".join(configured.origins) or "no origin: CORS is off", bad=not listed),
    )
    allowed = all(preflight.allows_origin(origin) for _, preflight in asked)
    lacking = sorted({one for question, answer in asked for one in answer.lacks(question.method, question.headers)})
    if allowed and not lacking and listed:
        why = "the API allows every request; look at what happened to the requests themselves"
        remedy = remedy_by_look(f"hybridctl logs {environment} --access --since 15m", why)
        return TroubleAnswer("cors", environment, False, f"{origin} may call the API", evidence, remedy)
    if allowed and lacking:
        verdict = f"{origin} is allowed, but not with {', '.join(lacking)}"
        return TroubleAnswer("cors", environment, True, verdict, evidence, _name(environment, lacking, configured))
    verdict = f"{origin} is blocked"
    if listed:
        why = "the HCL allows it but the API does not: it was changed by hand, and a deploy restores it"
        return TroubleAnswer("cors", environment, True, verdict, evidence, remedy_by_deploy(environment, why))
    if origin == NO_ORIGIN:
        why = "a page from a file or a sandboxed frame has no origin that an API can allow: serve it over HTTP"
        return TroubleAnswer("cors", environment, True, verdict, evidence, Remedy(why, "python3 -m http.server 3000"))
    why = near(origin, configured.origins) or "it is not in the list; this adds it"
    remedy = remedy_by_deploy(environment, why, cors_origins=[*configured.origins, origin])
    return TroubleAnswer("cors", environment, True, verdict, evidence, remedy)


def _judge(question: PreflightQuestion, preflight: Preflight, origin: str) -> TroubleEvidence:
    lacking = preflight.lacks(question.method, question.headers)
    if not preflight.allows_origin(origin):
        summary = f"blocked: {preflight.status}, allow-origin {preflight.allowed or 'missing'}"
    elif lacking:
        summary = f"blocked: {', '.join(lacking)} not allowed"
    else:
        summary = "passes"
    return TroubleEvidence(
        question.name, f"{summary} ({', '.join(question.routes)})", bad=not summary.startswith("passes")
    )


def _name(environment: str, lacking: Sequence[str], configured: Configured) -> Remedy:
    if configured.has(lacking):
        why = "the HCL allows it but the API does not: it was changed by hand, and a deploy restores it"
        return remedy_by_deploy(environment, why)
    why = f"add {', '.join(lacking)} to allow_methods or allow_headers in the API's CORS configuration"
    return remedy_by_look(f"hybridctl plan {environment}", why)


def near(origin: str, configured: Sequence[str]) -> str | None:
    """Describe how an origin differs from a similar configured one, or return None."""
    scheme, _, rest = origin.partition("://")
    for other in configured:
        other_scheme, _, other_rest = other.partition("://")
        if rest == other_rest:
            return f"{other} is allowed, but {scheme} and {other_scheme} are different origins"
        if rest.partition(":")[0] == other_rest.partition(":")[0]:
            return f"{other} is allowed, but another port is a different origin"
        if rest.removeprefix("www.") == other_rest.removeprefix("www."):
            return f"{other} is allowed, but with and without www. are different origins"
    return None
