"""CORS origins: what a browser sends, what the API allows, and why the one is not among the other."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from hybridctl.domain.troubles.answer import Answer, Evidence, deployed, looked
from hybridctl.errors import UsageInvalid

ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?")  # as the HCL's own rule


@dataclass(frozen=True, slots=True)
class Preflight:
    """What the API answered to a browser's question; empty where it said nothing."""

    status: int
    allowed: str = ""
    methods: str = ""
    headers: str = ""

    def lets(self, origin: str, method: str, header: str) -> bool:
        methods = {one.strip().upper() for one in self.methods.split(",")}
        headers = {one.strip().lower() for one in self.headers.split(",")}
        return self.allowed in (origin, "*") and bool({method, "*"} & methods) and bool({header, "*"} & headers)


def checked_origin(text: str) -> str:
    """The origin as a browser sends it; UsageInvalid says what it would be."""
    if ORIGIN.fullmatch(text):
        return text
    parts = urlsplit(text if "://" in text else f"https://{text}")
    meant = f"{parts.scheme.lower()}://{parts.netloc.lower()}"
    hint = f"a browser would send {meant}" if ORIGIN.fullmatch(meant) else "like https://app.example.com"
    raise UsageInvalid(f"--origin {text}: an origin is scheme://host[:port], nothing more", hint=hint)


def judge_cors(environment: str, origin: str, configured: Sequence[str], preflight: Preflight, method: str) -> Answer:
    lets = preflight.lets(origin, method, "content-type")
    listed = origin in configured
    evidence = (
        Evidence("preflight", f"{preflight.status}, allow-origin {preflight.allowed or 'missing'}", bad=not lets),
        Evidence("methods", preflight.methods or "none told", bad=not lets),
        Evidence("configured", ", ".join(configured) or "no origin: CORS is off", bad=not listed),
    )
    if lets and listed:
        remedy = looked(
            f"hybridctl logs {environment} --access --since 15m",
            "the API lets it; see what the requests themselves met",
        )
        return Answer("cors", environment, False, f"{origin} may call the API", evidence, remedy)
    if listed:
        why = "the HCL has it and the API does not: it was changed by hand, and a deploy puts it back"
        return Answer("cors", environment, True, f"{origin} is refused", evidence, deployed(environment, why))
    why = near(origin, configured) or "it is not in the list; the others stay"
    remedy = deployed(environment, why, cors_origins=[*configured, origin])
    return Answer("cors", environment, True, f"{origin} is refused", evidence, remedy)


def near(origin: str, configured: Sequence[str]) -> str | None:
    """The configured origin that somebody may have taken for this one, and in what they differ."""
    scheme, _, rest = origin.partition("://")
    for other in configured:
        other_scheme, _, other_rest = other.partition("://")
        if rest == other_rest:
            return f"{other} is allowed, and {scheme} is another origin than {other_scheme}"
        if rest.partition(":")[0] == other_rest.partition(":")[0]:
            return f"{other} is allowed, and another port is another origin"
        if rest.removeprefix("www.") == other_rest.removeprefix("www."):
            return f"{other} is allowed, and with or without www. is another origin"
    return None
