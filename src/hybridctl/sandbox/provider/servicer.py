"""Plugin protocol 6 over the engine: decode, ask, encode."""

import json
import threading
from functools import cache, partial
from typing import Any

from tf.gen import tfplugin_pb2 as pb

from hybridctl.sandbox.key import Key
from hybridctl.sandbox.own_calls import Send
from hybridctl.sandbox.provider import configuration, registry, validation
from hybridctl.sandbox.provider.aws import Clients, ProviderConfiguration, Running
from hybridctl.sandbox.provider.engine import ProviderRefused, explain_failures, read_data
from hybridctl.sandbox.provider.resource import DataSource, Problem, ResourceType
from hybridctl.sandbox.provider.schema import SchemaBlock, read_vendored
from hybridctl.sandbox.provider.values import Values
from hybridctl.sandbox.provider.wire import at, decode, diagnostics, encode, engine, provider_schema

SERVICES = ("sts", "dynamodb", "iam", "logs", "lambda", "apigatewayv2", "cloudwatch", "sns", "application-autoscaling")
Context = Any  # grpc.ServicerContext, which has no stubs


def _validate(entry: ResourceType | DataSource, block: SchemaBlock, config: Values) -> list[Problem]:
    try:
        with explain_failures("validating", entry.type_name, ""):
            return list(validation.problems(entry, block, config))
    except Problem as problem:
        return [problem]


class Servicer:
    """All calls of one Terraform run and the next; the last ConfigureProvider is the one in force.

    Over a unix socket a server cannot tell one run's connection from another's: runs with different provider blocks
    (default_tags, region) must not overlap. Terraform's state lock and the sandbox's own serialise them.
    """

    def __init__(self, endpoint: str, key: Key, region: str = "us-east-1", send: Send | None = None) -> None:
        self._endpoint = endpoint
        self._key = key
        self._region = region
        self._make_clients = cache(partial(Clients, endpoint, send=send))
        self._stopped = threading.Event()
        provider = read_vendored().provider.block
        self._configuration = configuration.configure(provider.conform({}), region, key, self._make_clients)

    def warm(self) -> None:
        """Makes the clients that any stack needs, so that no plan waits for botocore to read its models."""
        for service in SERVICES:
            if self._stopped.is_set():
                return
            self._configuration.clients[service]

    # --- schema and configuration -----------------------------------------------------------------------------------

    def GetMetadata(self, request: pb.GetMetadata.Request, context: Context) -> pb.GetMetadata.Response:  # noqa: N802
        return pb.GetMetadata.Response(
            server_capabilities=pb.ServerCapabilities(get_provider_schema_optional=True),
            resources=[pb.GetMetadata.ResourceMetadata(type_name=name) for name in registry.resources()],
            data_sources=[pb.GetMetadata.DataSourceMetadata(type_name=name) for name in registry.data_sources()],
        )

    def GetProviderSchema(  # noqa: N802
        self, request: pb.GetProviderSchema.Request, context: Context
    ) -> pb.GetProviderSchema.Response:
        return provider_schema()

    def ValidateProviderConfig(  # noqa: N802
        self, request: pb.ValidateProviderConfig.Request, context: Context
    ) -> pb.ValidateProviderConfig.Response:
        block = read_vendored().provider.block
        found = configuration.problems(block, decode(block, request.config) or {}, self._endpoint)
        return pb.ValidateProviderConfig.Response(diagnostics=diagnostics(found))

    def ConfigureProvider(  # noqa: N802
        self, request: pb.ConfigureProvider.Request, context: Context
    ) -> pb.ConfigureProvider.Response:
        config = decode(read_vendored().provider.block, request.config) or {}
        self._stopped.clear()
        self._configuration = configuration.configure(config, self._region, self._key, self._make_clients)
        problem = configuration.account_problem(config, self._configuration)
        return pb.ConfigureProvider.Response(diagnostics=diagnostics([problem] if problem else []))

    def StopProvider(self, request: pb.StopProvider.Request, context: Context) -> pb.StopProvider.Response:  # noqa: N802
        self._stopped.set()
        return pb.StopProvider.Response()

    # --- resources --------------------------------------------------------------------------------------------------

    def ValidateResourceConfig(  # noqa: N802
        self, request: pb.ValidateResourceConfig.Request, context: Context
    ) -> pb.ValidateResourceConfig.Response:
        entry = engine(request.type_name)
        found = _validate(entry.resource, entry.block, decode(entry.block, request.config) or {})
        return pb.ValidateResourceConfig.Response(diagnostics=diagnostics(found))

    def UpgradeResourceState(  # noqa: N802
        self, request: pb.UpgradeResourceState.Request, context: Context
    ) -> pb.UpgradeResourceState.Response:
        block = engine(request.type_name).block
        state = block.adopt(json.loads(request.raw_state.json))
        return pb.UpgradeResourceState.Response(upgraded_state=encode(block, state))

    def ReadResource(self, request: pb.ReadResource.Request, context: Context) -> pb.ReadResource.Response:  # noqa: N802
        entry = engine(request.type_name)
        call, tags = self._call()
        try:
            state = entry.read(call, decode(entry.block, request.current_state) or {}, tags)
        except Problem as problem:
            return pb.ReadResource.Response(
                new_state=request.current_state, private=request.private, diagnostics=diagnostics([problem])
            )
        return pb.ReadResource.Response(new_state=encode(entry.block, state), private=request.private)

    def PlanResourceChange(  # noqa: N802
        self, request: pb.PlanResourceChange.Request, context: Context
    ) -> pb.PlanResourceChange.Response:
        entry = engine(request.type_name)
        config = decode(entry.block, request.config)
        prior = decode(entry.block, request.prior_state)
        if config is None:  # a destroy
            return pb.PlanResourceChange.Response(
                planned_state=request.proposed_new_state, planned_private=request.prior_private
            )
        refused = list(validation.unknown_unimplemented(entry.resource, entry.block, config))
        if refused:
            return pb.PlanResourceChange.Response(diagnostics=diagnostics(refused), legacy_type_system=True)
        try:
            change = entry.plan(config, prior, self._call()[1])
        except Problem as problem:
            return pb.PlanResourceChange.Response(diagnostics=diagnostics([problem]), legacy_type_system=True)
        return pb.PlanResourceChange.Response(
            planned_state=encode(entry.block, change.planned),
            requires_replace=[at(path) for path in sorted(change.replace, key=repr)],
            planned_private=request.prior_private,
            legacy_type_system=True,
        )

    def ApplyResourceChange(  # noqa: N802
        self, request: pb.ApplyResourceChange.Request, context: Context
    ) -> pb.ApplyResourceChange.Response:
        entry = engine(request.type_name)
        prior, planned = decode(entry.block, request.prior_state), decode(entry.block, request.planned_state)
        call, tags = self._call()
        failed: list[Problem] = []
        state: Values | None = None
        try:
            if planned is None:
                entry.delete(call, prior or {})
            elif prior is None:
                state = entry.create(call, planned, tags)
            else:
                state = entry.update(call, prior, planned, tags)
        except ProviderRefused as refusal:
            failed, state = [refusal], refusal.state
        return pb.ApplyResourceChange.Response(
            new_state=encode(entry.block, state),
            private=request.planned_private,
            diagnostics=diagnostics(failed),
            legacy_type_system=True,
        )

    def ImportResourceState(  # noqa: N802
        self, request: pb.ImportResourceState.Request, context: Context
    ) -> pb.ImportResourceState.Response:
        entry = engine(request.type_name)
        try:
            state = entry.import_state(self._call()[0], request.id)
        except Problem as problem:
            return pb.ImportResourceState.Response(diagnostics=diagnostics([problem]))
        found = pb.ImportResourceState.ImportedResource(
            type_name=request.type_name, state=encode(entry.block, state), private=b"{}"
        )
        return pb.ImportResourceState.Response(imported_resources=[found])

    def MoveResourceState(  # noqa: N802
        self, request: pb.MoveResourceState.Request, context: Context
    ) -> pb.MoveResourceState.Response:
        problem = Problem(f"{request.source_type_name} cannot be moved to {request.target_type_name}")
        return pb.MoveResourceState.Response(diagnostics=diagnostics([problem]))

    # --- data sources and functions ---------------------------------------------------------------------------------

    def ValidateDataResourceConfig(  # noqa: N802
        self, request: pb.ValidateDataResourceConfig.Request, context: Context
    ) -> pb.ValidateDataResourceConfig.Response:
        source, block = (
            registry.data_sources()[request.type_name],
            read_vendored().data_sources[request.type_name].block,
        )
        found = _validate(source, block, decode(block, request.config) or {})
        return pb.ValidateDataResourceConfig.Response(diagnostics=diagnostics(found))

    def ReadDataSource(self, request: pb.ReadDataSource.Request, context: Context) -> pb.ReadDataSource.Response:  # noqa: N802
        source, block = (
            registry.data_sources()[request.type_name],
            read_vendored().data_sources[request.type_name].block,
        )
        try:
            state = read_data(source, block, self._call()[0], decode(block, request.config) or {})
        except Problem as problem:
            return pb.ReadDataSource.Response(diagnostics=diagnostics([problem]))
        return pb.ReadDataSource.Response(state=encode(block, state))

    def GetFunctions(self, request: pb.GetFunctions.Request, context: Context) -> pb.GetFunctions.Response:  # noqa: N802
        return pb.GetFunctions.Response()

    def CallFunction(self, request: pb.CallFunction.Request, context: Context) -> pb.CallFunction.Response:  # noqa: N802
        return pb.CallFunction.Response(error=pb.FunctionError(text=f"the sandbox has no function {request.name}"))

    def _call(self) -> tuple[Running, dict[str, str]]:
        current: ProviderConfiguration = self._configuration
        return Running(current, self._stopped), dict(current.default_tags)
