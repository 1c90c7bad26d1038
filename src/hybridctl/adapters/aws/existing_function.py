"""Everything that AWS knows about one Lambda function and its callers."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from hybridctl.adapters.aws.errors import explain_failures
from hybridctl.adapters.aws.existing_role import read_group, read_role
from hybridctl.adapters.aws.function_reader import FunctionReader, leave_out_aws
from hybridctl.adapters.aws.partition import partition_of
from hybridctl.domain.existing.function import LATEST, NEW_ALIAS, Api, LiveAlias, LiveFunction, must_be_zip
from hybridctl.domain.existing.statements import Statement, qualifier_of, read_statements
from hybridctl.domain.invocation import Invocation
from hybridctl.errors import CheckFailed, NotFound, UsageInvalid


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
        return _Reading(self, FunctionReader(self.open_client, name)).read(alias)

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
    reader: FunctionReader
    unmanaged: list[str] = field(default_factory=list)
    callers: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.reader.name

    def read(self, wanted_alias: str | None) -> LiveFunction:
        latest = self._latest()
        must_be_zip(latest["Configuration"])
        self.reader.name = latest["Configuration"]["FunctionName"]
        where = {"FunctionName": self.name}
        versions = [
            one["Version"] for one in self.reader.pages("lambda", "list_versions_by_function", "Versions", **where)
        ]
        aliases = [_alias(one) for one in self.reader.pages("lambda", "list_aliases", "Aliases", **where)]
        apis = list(self._apis([*self._policy(""), *(one for each in aliases for one in self._policy(each.name))]))
        alias = self._choose(aliases, wanted_alias, apis)
        serving = self.reader.call("lambda", "get_function", **where, Qualifier=alias.name) if alias else latest
        configuration = {**serving["Configuration"], "CodeSigningConfigArn": self._code_signing()}
        statements = list(self._statements(alias, apis))
        role, why = read_role(self.reader, configuration["Role"])
        self.unmanaged += [f"role {role.name}: {why}"] if why else []
        self._look_at_triggers(alias)
        default_group = f"/aws/lambda/{self.name}"
        return LiveFunction(
            account=self.world.account,
            partition=partition_of(self.world.region),
            region=self.world.region,
            configuration=configuration,
            code=self.world.download(serving["Code"]["Location"]),
            tags=leave_out_aws(latest.get("Tags", {})),
            alias=alias,
            versions=tuple(one for one in versions if one != LATEST),
            latest_sha256=latest["Configuration"]["CodeSha256"],
            role=role,
            group=read_group(self.reader, configuration.get("LoggingConfig", {}).get("LogGroup") or default_group),
            reserved=latest.get("Concurrency", {}).get("ReservedConcurrentExecutions"),
            provisioned=self._read_provisioned(alias),
            statements=tuple(statements),
            apis=tuple(apis),
            callers=tuple(self.callers),
            unmanaged=tuple(self.unmanaged),
        )

    def _latest(self) -> Mapping[str, Any]:
        found = self.reader.find("lambda", "get_function", FunctionName=self.name)
        if found is None:
            names = [one["FunctionName"] for one in self.reader.pages("lambda", "list_functions", "Functions")]
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
        policy = self.reader.find("lambda", "get_policy", **where)
        return list(read_statements(json.loads(policy["Policy"]), qualifier)) if policy else []

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
            api = self.reader.find("apigatewayv2", "get_api", ApiId=identity)
            if api is None or api.get("ProtocolType") != "HTTP":
                self.unmanaged.append(f"API {identity}: it is not an HTTP API that can be read here")
                continue
            integrations = list(self.reader.pages("apigatewayv2", "get_integrations", "Items", ApiId=identity))
            routes = list(self.reader.pages("apigatewayv2", "get_routes", "Items", ApiId=identity))
            stages = sorted(
                self.reader.pages("apigatewayv2", "get_stages", "Items", ApiId=identity),
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
            yield Api(api, stages[0], ours, mine, foreign)

    def _read_provisioned(self, alias: LiveAlias | None) -> int | None:
        if alias is None:
            return None
        where = {"FunctionName": self.name, "Qualifier": alias.name}
        configuration = self.reader.find("lambda", "get_provisioned_concurrency_config", **where)
        return configuration["RequestedProvisionedConcurrentExecutions"] if configuration else None

    def _code_signing(self) -> str | None:
        answer = self.reader.find("lambda", "get_function_code_signing_config", FunctionName=self.name)
        return (answer or {}).get("CodeSigningConfigArn") or None

    def _look_at_triggers(self, alias: LiveAlias | None) -> None:
        """Note event sources and function URLs, which stay unmanaged."""
        qualifiers = ["", *([alias.name] if alias else [])]
        seen = set()
        for qualifier in qualifiers:
            which = f"{self.name}:{qualifier}" if qualifier else self.name
            listed = self.reader.pages(
                "lambda", "list_event_source_mappings", "EventSourceMappings", FunctionName=which
            )
            for one in listed:
                if one["UUID"] in seen:
                    continue
                seen.add(one["UUID"])
                trigger = f"event source mapping {one['UUID']} of {one.get('EventSourceArn', 'its source')}"
                self.unmanaged.append(trigger)
                if not qualifier_of(str(one.get("FunctionArn", ""))):
                    self.callers.append(trigger)
            where = {"FunctionName": self.name} | ({"Qualifier": qualifier} if qualifier else {})
            url = self.reader.find("lambda", "get_function_url_config", **where)
            if url:
                self.unmanaged.append(f"function URL {url['FunctionUrl']}")
                self.callers += [] if qualifier else [f"function URL {url['FunctionUrl']}"]


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
