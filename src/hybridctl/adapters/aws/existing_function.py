"""Everything that AWS knows about one Lambda function and its callers."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any
from urllib.parse import unquote

from hybridctl.adapters.aws.errors import code, explain_failures
from hybridctl.adapters.aws.partition import partition_of
from hybridctl.domain.existing.function import (
    LATEST,
    NEW_ALIAS,
    Api,
    Group,
    InlinePolicy,
    LiveAlias,
    LiveFunction,
    Role,
    Statement,
    must_be_zip,
    qualifier_of,
    read_statements,
)
from hybridctl.domain.invocation import Invocation
from hybridctl.errors import CheckFailed, NotFound, UsageInvalid

_GONE = {
    "ResourceNotFoundException",
    "NotFoundException",
    "NoSuchEntity",
    "ProvisionedConcurrencyConfigNotFoundException",
}


@dataclass
class AwsExistingFunctions:
    """Functions of one account and region. `open_client` returns a client for a service name."""

    open_client: Callable[[str], Any]
    download: Callable[[str], bytes]
    account: str
    region: str
    where: str

    def read(self, name: str, alias: str | None) -> LiveFunction:
        """Read the function and everything related to it. Raises NotFound or UsageInvalid if it cannot be taken
        over.
        """
        return _Reading(self, name).read(alias)

    def ask(self, function: LiveFunction, event: Mapping[str, Any]) -> Invocation:
        """Invoke the live version once."""
        qualifier = function.alias.name if function.alias else LATEST
        with explain_failures(f"invoking {function.name}:{qualifier}"):
            answer = self.open_client("lambda").invoke(
                FunctionName=function.name, Qualifier=qualifier, Payload=json.dumps(event).encode()
            )
            raw = answer["Payload"].read()
        try:
            payload = json.loads(raw) if raw else None
        except ValueError as cause:
            raise CheckFailed(f"{function.name} answered with something that is not JSON") from cause
        return Invocation(answer.get("ExecutedVersion", ""), payload, 0.0, answer.get("FunctionError"))


@dataclass
class _Reading:
    """One reading of a function. `unmanaged` and `callers` collect what Terraform will not manage."""

    world: AwsExistingFunctions
    name: str
    unmanaged: list[str] = field(default_factory=list)
    callers: list[str] = field(default_factory=list)

    def read(self, wanted_alias: str | None) -> LiveFunction:
        latest = self._latest()
        must_be_zip(latest["Configuration"])
        self.name = latest["Configuration"]["FunctionName"]
        versions = [one["Version"] for one in self._pages("lambda", "list_versions_by_function", "Versions")]
        aliases = [_alias(one) for one in self._pages("lambda", "list_aliases", "Aliases")]
        apis = list(self._apis([*self._policy(""), *(one for each in aliases for one in self._policy(each.name))]))
        alias = self._choose(aliases, wanted_alias, apis)
        serving = (
            self._call("lambda", "get_function", FunctionName=self.name, Qualifier=alias.name) if alias else latest
        )
        configuration = {**serving["Configuration"], "CodeSigningConfigArn": self._code_signing()}
        statements = list(self._statements(alias, apis))
        self._look_at_triggers(alias)
        return LiveFunction(
            account=self.world.account,
            partition=partition_of(self.world.region),
            region=self.world.region,
            configuration=configuration,
            code=self.world.download(serving["Code"]["Location"]),
            tags=_own(latest.get("Tags", {})),
            alias=alias,
            versions=tuple(one for one in versions if one != LATEST),
            latest_sha256=latest["Configuration"]["CodeSha256"],
            role=self._role(configuration["Role"]),
            group=self._group(configuration.get("LoggingConfig", {}).get("LogGroup") or f"/aws/lambda/{self.name}"),
            reserved=latest.get("Concurrency", {}).get("ReservedConcurrentExecutions"),
            provisioned=self._read_provisioned(alias),
            statements=tuple(statements),
            apis=tuple(apis),
            callers=tuple(self.callers),
            unmanaged=tuple(self.unmanaged),
        )

    def _latest(self) -> Mapping[str, Any]:
        found = self._optional("lambda", "get_function", FunctionName=self.name)
        if found is None:
            names = [one["FunctionName"] for one in self._pages("lambda", "list_functions", "Functions", {})]
            near = get_close_matches(self.name, names, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(sorted(names)[:8]) or 'none'}"
            raise NotFound(f"there is no function {self.name!r} {self.world.where}", hint=hint)
        return found

    def _choose(self, aliases: Sequence[LiveAlias], wanted: str | None, apis: Sequence[Api]) -> LiveAlias | None:
        """Return the alias with the traffic: the requested one, the one that an API calls, the only one, or `live`."""
        named = {one.name: one for one in aliases}
        if wanted:
            if wanted in named or not aliases:
                return named.get(wanted)
            raise NotFound(f"{self.name} has no alias {wanted!r}", hint=f"it has {', '.join(named)}")
        called = {qualifier_of(one["IntegrationUri"]) for api in apis for one in api.integrations} & named.keys()
        for candidates in (called, named.keys(), named.keys() & {NEW_ALIAS}):
            if len(candidates) == 1:
                return named[next(iter(candidates))]
        if aliases:
            raise UsageInvalid(f"{self.name} has several aliases: {', '.join(named)}", hint="name one: --alias NAME")
        return None

    def _policy(self, qualifier: str) -> list[Statement | str]:
        where = {"FunctionName": self.name} | ({"Qualifier": qualifier} if qualifier else {})
        found = self._optional("lambda", "get_policy", **where)
        return list(read_statements(json.loads(found["Policy"]), qualifier)) if found else []

    def _statements(self, alias: LiveAlias | None, apis: Sequence[Api]) -> Iterator[Statement]:
        known = {api.id for api in apis}
        for one in [*self._policy(""), *(self._policy(alias.name) if alias else ())]:
            if isinstance(one, str):
                self.unmanaged.append(
                    f"statement {one} of its resource policy: Terraform's resource cannot describe it"
                )
                continue
            if not one.qualifier and _api_of(one.source_arn) not in known:
                self.callers.append(f"{one.principal} {one.source_arn}".strip())
            yield one

    def _apis(self, statements: Sequence[Statement | str]) -> Iterator[Api]:
        named = {_api_of(one.source_arn) for one in statements if isinstance(one, Statement) and one.source_arn}
        for identity in sorted(named - {""}):
            found = self._optional("apigatewayv2", "get_api", ApiId=identity)
            if found is None or found.get("ProtocolType") != "HTTP":
                self.unmanaged.append(f"API {identity}: it is not an HTTP API that can be read here")
                continue
            where = {"ApiId": identity}
            integrations = list(self._pages("apigatewayv2", "get_integrations", "Items", where))
            routes = list(self._pages("apigatewayv2", "get_routes", "Items", where))
            stages = sorted(
                self._pages("apigatewayv2", "get_stages", "Items", where),
                key=lambda one: (one["StageName"] != "$default", one["StageName"]),
            )
            ours = [one for one in integrations if f":function:{self.name}:" in _plain(one.get("IntegrationUri", ""))]
            if not ours or not stages:
                continue
            for stage in stages[1:]:
                self.unmanaged.append(f"stage {stage['StageName']} of the API {identity}")
            targets = {f"integrations/{one['IntegrationId']}" for one in ours}
            mine = [one for one in routes if one.get("Target") in targets]
            foreign = "it serves other functions too" if len(ours) < len(integrations) else ""
            if foreign:
                self.unmanaged.append(f"API {identity}: {foreign}")
            yield Api(found, stages[0], ours, mine, foreign)

    def _role(self, arn: str) -> Role:
        name = arn.rpartition("/")[2]
        users = [
            one["FunctionName"]
            for one in self._pages("lambda", "list_functions", "Functions", {})
            if one["Role"] == arn and one["FunctionName"] != self.name
        ]
        found = self._optional("iam", "get_role", RoleName=name)
        if found is None or users:
            why = f"also that of {', '.join(users[:4])}" if users else "it cannot be read"
            self.unmanaged.append(f"role {name}: {why}")
            return Role(arn, name, users=tuple(users))
        role, where = found["Role"], {"RoleName": name}
        inline = [
            InlinePolicy(
                one, _document(self._call("iam", "get_role_policy", **where, PolicyName=one)["PolicyDocument"])
            )
            for one in self._pages("iam", "list_role_policies", "PolicyNames", where)
        ]
        attached = [
            one["PolicyArn"] for one in self._pages("iam", "list_attached_role_policies", "AttachedPolicies", where)
        ]
        tags = self._optional("iam", "list_role_tags", **where) or {}
        return Role(
            arn,
            name,
            role["Path"],
            _document(role["AssumeRolePolicyDocument"]),
            role.get("Description", ""),
            role.get("MaxSessionDuration", 3600),
            role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", ""),
            _own({tag["Key"]: tag["Value"] for tag in tags.get("Tags", ())}),
            tuple(inline),
            tuple(attached),
        )

    def _group(self, name: str) -> Group:
        pages = self._pages("logs", "describe_log_groups", "logGroups", {"logGroupNamePrefix": name})
        found = next((one for one in pages if one["logGroupName"] == name), None)
        if found is None:
            return Group(name, exists=False)
        arn = str(found["arn"]).removesuffix(":*")
        tags = (self._optional("logs", "list_tags_for_resource", resourceArn=arn) or {}).get("tags", {})
        return Group(name, True, found.get("retentionInDays", 0), found.get("kmsKeyId", ""), _own(tags))

    def _read_provisioned(self, alias: LiveAlias | None) -> int | None:
        if alias is None:
            return None
        where = {"FunctionName": self.name, "Qualifier": alias.name}
        found = self._optional("lambda", "get_provisioned_concurrency_config", **where)
        return found["RequestedProvisionedConcurrentExecutions"] if found else None

    def _code_signing(self) -> str | None:
        found = self._optional("lambda", "get_function_code_signing_config", FunctionName=self.name)
        return (found or {}).get("CodeSigningConfigArn") or None

    def _look_at_triggers(self, alias: LiveAlias | None) -> None:
        """Note event sources and function URLs, which stay unmanaged."""
        qualifiers = ["", *([alias.name] if alias else [])]
        seen = set()
        for qualifier in qualifiers:
            which = f"{self.name}:{qualifier}" if qualifier else self.name
            for one in self._pages(
                "lambda", "list_event_source_mappings", "EventSourceMappings", {"FunctionName": which}
            ):
                if one["UUID"] in seen:
                    continue
                seen.add(one["UUID"])
                told = f"event source mapping {one['UUID']} of {one.get('EventSourceArn', 'its source')}"
                self.unmanaged.append(told)
                if not qualifier_of(str(one.get("FunctionArn", ""))):
                    self.callers.append(told)
            where = {"FunctionName": self.name} | ({"Qualifier": qualifier} if qualifier else {})
            url = self._optional("lambda", "get_function_url_config", **where)
            if url:
                self.unmanaged.append(f"function URL {url['FunctionUrl']}")
                self.callers += [] if qualifier else [f"function URL {url['FunctionUrl']}"]

    def _call(self, service: str, operation: str, **asked: Any) -> Mapping[str, Any]:
        with explain_failures(f"reading {self.name}: {operation}"):
            found: Mapping[str, Any] = getattr(self.world.open_client(service), operation)(**asked)
            return found

    def _optional(self, service: str, operation: str, **asked: Any) -> Mapping[str, Any] | None:
        """Return the answer, or None if the object does not exist or the credentials may not read it from IAM."""
        from botocore.exceptions import ClientError

        with explain_failures(f"reading {self.name}: {operation}"):
            try:
                found: Mapping[str, Any] = getattr(self.world.open_client(service), operation)(**asked)
            except ClientError as cause:
                if code(cause) in _GONE:
                    return None
                if service == "iam" and "AccessDenied" in code(cause):
                    return None
                raise
        return found

    def _pages(
        self, service: str, operation: str, member: str, asked: Mapping[str, Any] | None = None
    ) -> Iterator[Any]:
        where = {"FunctionName": self.name} if asked is None else asked
        with explain_failures(f"reading {self.name}: {operation}"):
            for page in self.world.open_client(service).get_paginator(operation).paginate(**where):
                yield from page.get(member, ())


def _alias(raw: Mapping[str, Any]) -> LiveAlias:
    weights = raw.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
    return LiveAlias(raw["Name"], raw["FunctionVersion"], raw.get("Description", ""), weights)


def _api_of(arn: str) -> str:
    """Return the API's id from an execute-api ARN, or "" for other ARNs."""
    parts = arn.split(":", 5)
    return parts[5].partition("/")[0] if len(parts) == 6 and parts[2] == "execute-api" else ""


def _plain(uri: str) -> str:
    """Return the URI with a colon at its end, so that a function's name does not match the start of a longer name."""
    return f"{uri.removesuffix('/invocations')}:".replace("::", ":")


def _document(found: Any) -> str:
    return json.dumps(found) if isinstance(found, dict) else unquote(found)


def _own(tags: Mapping[str, str]) -> dict[str, str]:
    """Return the tags without those that AWS sets."""
    return {name: value for name, value in tags.items() if not name.startswith("aws:")}
