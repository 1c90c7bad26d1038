"""Between the protocol's messages and the engine's values."""

import json
from collections.abc import Iterable
from functools import cache

from tf.gen import tfplugin_pb2 as pb

from hybridctl.sandbox.provider import registry
from hybridctl.sandbox.provider.engine import ResourceEngine
from hybridctl.sandbox.provider.resource import Path, Problem
from hybridctl.sandbox.provider.schema import SchemaBlock, message, read_vendored
from hybridctl.sandbox.provider.values import Values, pack, unpack


def decode(block: SchemaBlock, value: pb.DynamicValue) -> Values | None:
    raw = json.loads(value.json) if value.json else unpack(value.msgpack) if value.msgpack else None
    return None if raw is None else block.conform(raw)


def encode(block: SchemaBlock, values: Values | None) -> pb.DynamicValue:
    return pb.DynamicValue(msgpack=pack(None if values is None else block.conform(values, outgoing=True)))


def at(path: Path) -> pb.AttributePath:
    steps = [
        pb.AttributePath.Step(element_key_int=step)
        if isinstance(step, int)
        else pb.AttributePath.Step(attribute_name=step)
        for step in path
    ]
    return pb.AttributePath(steps=steps)


def diagnostics(problems: Iterable[Problem]) -> list[pb.Diagnostic]:
    return [
        pb.Diagnostic(
            severity=pb.Diagnostic.ERROR,
            summary=problem.summary,
            detail=problem.detail,
            attribute=at(problem.path) if problem.path else None,
        )
        for problem in problems
    ]


@cache
def provider_schema() -> pb.GetProviderSchema.Response:
    """Return the answer to GetProviderSchema, built once: the types that are vendored and implemented."""
    facts = read_vendored()
    return pb.GetProviderSchema.Response(
        provider=message(facts.provider),
        provider_meta=pb.Schema(block=pb.Schema.Block()),
        resource_schemas={name: message(facts.resources[name]) for name in registry.resources()},
        data_source_schemas={name: message(facts.data_sources[name]) for name in registry.data_sources()},
        server_capabilities=pb.ServerCapabilities(get_provider_schema_optional=True),
    )


@cache
def engine(type_name: str) -> ResourceEngine:
    return ResourceEngine(registry.resources()[type_name], read_vendored().resources[type_name].block)
