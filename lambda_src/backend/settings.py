"""The function's settings from its environment, read and checked once, in the init phase."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PACKAGE_ROOT = Path(__file__).resolve().parent.parent
VERIFICATIONS = ("trusted", "provider")
LEVELS = {"DEBUG": 10, "INFO": 20, "WARNING": 30, "ERROR": 40, "CRITICAL": 50}


class SettingsError(ValueError):
    """A variable is missing or wrong; the function must not start with it."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Times are whole seconds."""

    environment: str
    sessions_table: str
    user_index: str
    verification: str
    lifetime: int
    idle: int
    max_sessions: int
    cors_origins: frozenset[str]
    log_level: int
    build: str
    function_version: str
    # Provisioned environments are started ahead of their first request: it meets no cold start.
    is_prewarmed: bool
    google_client_ids: frozenset[str]
    github_client_id: str
    github_api_url: str
    secrets_parameter: str


def read_settings(environ: Mapping[str, str], build: str) -> Settings:
    """Settings from `environ`; raises SettingsError naming the variable that is wrong."""
    # Left out by mistake, the mode is the safe one.
    verification = environ.get("TOKEN_VERIFICATION", "provider")
    if verification not in VERIFICATIONS:
        raise SettingsError(f"TOKEN_VERIFICATION must be one of {', '.join(VERIFICATIONS)}, not {verification!r}")
    level = environ.get("LOG_LEVEL", "INFO").upper()
    if level not in LEVELS:
        raise SettingsError(f"LOG_LEVEL must be one of {', '.join(LEVELS)}, not {level!r}")
    return Settings(
        environment=_require(environ, "ENVIRONMENT"),
        sessions_table=_require(environ, "SESSIONS_TABLE"),
        user_index=environ.get("SESSIONS_USER_INDEX", "by_user"),
        verification=verification,
        lifetime=_positive(environ, "SESSION_LIFETIME_SECONDS", 2_592_000),
        idle=_positive(environ, "SESSION_IDLE_SECONDS", 604_800),
        max_sessions=_positive(environ, "MAX_SESSIONS_PER_USER", 20),
        cors_origins=_list(environ, "CORS_ORIGINS", "origins"),
        log_level=LEVELS[level],
        build=build,
        function_version=environ.get("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        is_prewarmed=environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "provisioned-concurrency",
        google_client_ids=_client_ids(environ, one="GOOGLE_CLIENT_ID", several="GOOGLE_CLIENT_IDS"),
        github_client_id=environ.get("GITHUB_CLIENT_ID", ""),
        github_api_url=_api_url(environ, "GITHUB_API_URL", "https://api.github.com"),
        secrets_parameter=environ.get("OAUTH_SECRETS_PARAMETER", ""),
    )


def read_build(root: Path = PACKAGE_ROOT) -> str:
    """The id which the build wrote beside the package; "dev" where none did."""
    try:
        build = json.loads((root / "build.json").read_text(encoding="utf-8"))["build"]
    except FileNotFoundError:
        return "dev"
    return str(build)


def _require(environ: Mapping[str, str], name: str) -> str:
    value = environ.get(name, "")
    if not value:
        raise SettingsError(f"{name} is not set")
    return value


def _positive(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name, str(default))
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise SettingsError(f"{name} must be a whole number above 0, not {text!r}")
    return int(text)


def _api_url(environ: Mapping[str, str], name: str, default: str) -> str:
    """Tokens and a secret are sent there, so in clear only within this machine, to a stand-in of a rehearsal."""
    text = environ.get(name, default)
    if not re.fullmatch(r"https://[a-z0-9.-]+(:\d{1,5})?(/[\w.-]+)*|http://localhost:\d{1,5}", text, re.ASCII):
        raise SettingsError(f"{name} must be https://HOST or https://HOST/PATH, not {text!r}")
    return text


def _client_ids(environ: Mapping[str, str], *, one: str, several: str) -> frozenset[str]:
    """An application has an id for each platform; an empty one would match a token that names none."""
    ids = _list(environ, several, "client ids")
    if "" in ids:
        raise SettingsError(f"{several} must not have an empty client id")
    return ids | {environ[one]} if environ.get(one) else ids


def _list(environ: Mapping[str, str], name: str, of: str) -> frozenset[str]:
    try:
        members = json.loads(environ.get(name, "[]"))
    except ValueError as cause:
        raise SettingsError(f"{name} must be a JSON list of {of}") from cause
    if not isinstance(members, list) or not all(isinstance(member, str) for member in members):
        raise SettingsError(f"{name} must be a JSON list of {of}")
    return frozenset(members)
