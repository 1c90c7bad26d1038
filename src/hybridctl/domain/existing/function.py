"""An existing Lambda function, as AWS describes it: the input of `init --from-function`."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hybridctl.domain.existing.statements import Statement, qualifier_of
from hybridctl.domain.function import find_unread_variables
from hybridctl.domain.secrets import hide_secrets
from hybridctl.errors import UsageInvalid

LATEST = "$LATEST"
NEW_ALIAS = "live"
_ZIP = "Zip"
_PYTHON = re.compile(r"python3\.\d+")
_HANDLER = re.compile(r"[\w./-]+\.\w+")
_SECRET_NAME = re.compile(
    r"(?i)secret|passw(or)?d|passphrase|token|credential|api_?key|private_?key|access_?key|auth_?key|signing_?key|"
    r"encryption_?key|webhook|(^|_)(dsn|pwd|pat)(_|$)"
)
_SECRET_VALUE = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY|https://hooks\.slack\.com/|glpat-")
# Variables with these endings contain the location of a secret, such as a table or a parameter, not the secret.
_PLACE = re.compile(r"(?i)_(table|arn|name|path|parameter|param|id|ttl|seconds|expiry|url|uri|bucket|prefix|header)$")


@dataclass(frozen=True, slots=True)
class LiveAlias:
    """An alias. `weights` are those of a canary in progress."""

    name: str
    version: str
    description: str = ""
    weights: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class InlinePolicy:
    name: str
    document: str


@dataclass(frozen=True, slots=True)
class Role:
    """The function's role. `users` are other functions in the region with the same role; `attached` are policy ARNs."""

    arn: str
    name: str
    path: str = "/"
    trust: str = ""
    description: str = ""
    max_session: int = 3600
    boundary: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    inline: tuple[InlinePolicy, ...] = ()
    attached: tuple[str, ...] = ()
    users: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """The function's log group. `retention` is in days, 0 if events never expire."""

    name: str
    exists: bool
    retention: int = 0
    kms_key: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Api:
    """An HTTP API that calls the function, as raw responses of API Gateway. `stage` is the stage in use.

    `foreign` says why Terraform cannot manage the whole API; "" if it can.
    """

    api: Mapping[str, Any]
    stage: Mapping[str, Any]
    integrations: Sequence[Mapping[str, Any]]
    routes: Sequence[Mapping[str, Any]]
    foreign: str = ""

    @property
    def id(self) -> str:
        return str(self.api["ApiId"])

    @property
    def route_keys(self) -> tuple[str, ...]:
        return tuple(str(one["RouteKey"]) for one in self.routes)

    @property
    def reads(self) -> tuple[str, ...]:
        """Paths of GET routes without variables and without authorization."""
        open_keys = [str(one["RouteKey"]) for one in self.routes if one.get("AuthorizationType", "NONE") == "NONE"]
        paths = [key.partition(" ")[2] for key in open_keys if re.fullmatch(r"(GET|ANY) /[^{]*", key)]
        if not paths and any(key == "$default" or key.endswith("{proxy+}") for key in open_keys):
            paths = ["/"]
        return tuple(sorted(set(paths), key=lambda path: ("health" not in path, len(path), path)))


@dataclass(frozen=True, slots=True)
class LiveFunction:
    """All data about the function. `configuration` and `code` belong to the alias's version, or to $LATEST without an
    alias.

    `callers` invoke the function instead of its alias, so a deploy reaches them before it is proven.
    """

    account: str
    partition: str
    region: str
    configuration: Mapping[str, Any]
    code: bytes
    tags: Mapping[str, str]
    alias: LiveAlias | None
    versions: tuple[str, ...]
    latest_sha256: str
    role: Role
    group: Group
    reserved: int | None = None
    provisioned: int | None = None
    statements: tuple[Statement, ...] = ()
    apis: tuple[Api, ...] = ()
    callers: tuple[str, ...] = ()
    unmanaged: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return str(self.configuration["FunctionName"])

    @property
    def alias_name(self) -> str:
        return self.alias.name if self.alias else NEW_ALIAS

    @property
    def api(self) -> Api | None:
        return self.apis[0] if self.apis else None

    @property
    def owns_role(self) -> bool:
        """Whether only this function uses the role, so that Terraform may manage it."""
        return bool(self.role.trust) and not self.role.users

    @property
    def owns_group(self) -> bool:
        """Whether only this function uses the log group. A group with a custom name may be shared."""
        return self.group.name == f"/aws/lambda/{self.name}"

    @property
    def owns_api(self) -> bool:
        return self.api is not None and not self.api.foreign

    @property
    def variables(self) -> Mapping[str, str]:
        return dict(self.configuration.get("Environment", {}).get("Variables", {}))

    @property
    def secrets(self) -> tuple[str, ...]:
        """Names of variables whose values look like secrets. Their values are not written to any file."""
        return tuple(name for name, value in sorted(self.variables.items()) if looks_secret(name, value))

    @property
    def handler(self) -> str:
        return str(self.configuration.get("Handler", ""))

    @property
    def runtime(self) -> str:
        return str(self.configuration.get("Runtime", ""))

    @property
    def architecture(self) -> str:
        return str(next(iter(self.configuration.get("Architectures", ())), "x86_64"))


def looks_secret(name: str, value: str) -> bool:
    """Return whether a variable contains a secret, judged by its name and value. A location of a secret does not
    count.
    """
    if _SECRET_VALUE.search(value) or hide_secrets(value) != value:
        return True
    is_place = _PLACE.search(name) or value.startswith(("arn:", "/"))
    is_plain = value.lower() in ("", "true", "false") or value.isdigit()
    return bool(_SECRET_NAME.search(name)) and not is_place and not is_plain


def must_be_zip(configuration: Mapping[str, Any]) -> None:
    """Raise UsageInvalid if hybridctl cannot build the function: a container image, another language, or an unsupported
    handler.
    """
    name = configuration["FunctionName"]
    if configuration.get("PackageType", _ZIP) != _ZIP:
        raise UsageInvalid(
            f"{name} is a container image, and hybridctl releases zip packages of Python",
            hint="package its code as a zip, or keep the tool that builds the image",
        )
    runtime = configuration.get("Runtime", "")
    if not _PYTHON.fullmatch(runtime):
        raise UsageInvalid(
            f"{name} runs on {runtime}, and hybridctl builds Python", hint="keep the tool that builds it"
        )
    handler = configuration.get("Handler", "")
    if not _HANDLER.fullmatch(handler):
        raise UsageInvalid(
            f"the handler of {name} is {handler!r}, and hybridctl takes module.function", hint="rename it"
        )


def must_be_taken_over(function: LiveFunction) -> None:
    """Raise UsageInvalid if the function cannot be taken over unchanged, or not released without moving traffic to
    unproven code.
    """
    if unread := find_unread_variables(function.configuration):
        raise UsageInvalid(
            f"the environment variables of {function.name} cannot be read, and a deploy would delete them: {unread}",
            hint="allow these credentials kms:Decrypt with the function's key",
        )
    alias = function.alias
    if alias and alias.weights:
        raise UsageInvalid(
            f"{function.name}:{alias.name} shares its traffic between two versions: a canary is in progress",
            hint="finish or abort it first",
        )
    if alias and alias.version == LATEST:
        raise UsageInvalid(
            f"the alias {alias.name} points to $LATEST, so that every change would be live before it is proven",
            hint=f"publish a version and point the alias to it: aws lambda publish-version --function-name "
            f"{function.name}",
        )
    for api in function.apis:
        for one in api.integrations:
            if str(one.get("PayloadFormatVersion", "2.0")) != "2.0":
                raise UsageInvalid(
                    f"the API {api.id} sends payload format 1.0, and a release is proven with 2.0",
                    hint="change the handler and the integration to 2.0, or leave the function as it is",
                )
            qualifier = qualifier_of(str(one.get("IntegrationUri", "")))
            if api.foreign and qualifier != function.alias_name:
                raise UsageInvalid(
                    f"the API {api.id} calls {function.name} without an alias, and {api.foreign}",
                    hint=f"create the alias and point integration {one['IntegrationId']} to it, then run this again",
                )
